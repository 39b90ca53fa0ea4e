"""hopthu as it is installed: a wheel built from this checkout, in an environment of its own."""

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


@dataclass(frozen=True)
class Installed:
    """An installed hopthu; nothing of the checkout is on its search path."""

    wheel: Path
    prefix: Path

    def run(
        self, *arguments: str, root: Path, expect: int = 0, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `hopthu` in `root`; fail unless it exits with `expect`."""
        unset = {"PYTHONPATH", "VIRTUAL_ENV", "HOPTHU_LAB"}
        known = {key: value for key, value in os.environ.items() if key not in unset}
        done = subprocess.run(
            [str(self.prefix / "bin" / "hopthu"), *arguments],
            cwd=root,
            env={**known, "LC_ALL": "C.UTF-8", **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert expect == done.returncode, f"hopthu {arguments}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done


def build_wheel(source: Path, folder: Path) -> Path:
    """Build the wheel of a source tree into `folder`."""
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([*PIP, "wheel", *options, str(source)], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(folder: Path) -> Installed:
    """Build the wheel and install it, with the libraries of this environment; needs no network."""
    wheel = build_wheel(CHECKOUT, folder)
    prefix = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(prefix)], check=True)
    own = prefix / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
    into = ["--python", str(prefix / "bin" / "python"), "install", "--no-deps", "--no-index"]
    subprocess.run([*PIP, *into, str(wheel)], check=True)
    # Its libraries, but not what their .pth files add: one of those names this checkout.
    (own / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return Installed(wheel, prefix)
