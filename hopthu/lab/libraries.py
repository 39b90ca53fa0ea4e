"""The Python packages that hopthu needs, for the Python of Debian: the operator's host runs hopthu.

They have the versions that this hopthu uses itself. Fetched once by pip, cached beside the images,
and shared by all labs, whose operator's hosts see the folder read-only. An installed hopthu is in
it as well; if it runs from a checkout, the host's own clone has it.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import distributions, requires
from pathlib import Path

from hopthu.errors import LabError
from hopthu.events.event import Emit, PhaseStarted
from hopthu.i18n.message import Message
from hopthu.lab import images
from hopthu.tool.resources import PACKAGE, checkout
from hopthu.tool.version import tool

PYTHON = "3.13"
"""The version of Python in the images' suite."""
LIBRARIES = "/srv/python"
"""Where the operator's host sees the folder."""

# Else each start of hopthu compiles them anew: hosts cannot write to the folder.
_COMPILE = (
    'mount --bind "$1" "$2/mnt" && '
    f'chroot "$2" python3 -m compileall -q -s /mnt -p {LIBRARIES} /mnt'
)


def ensure(built: Path, events: Emit) -> Path:
    """Return the folder of packages, fetching them if missing; `built` are the images.

    Raises `LabError` if pip cannot fetch them.
    """
    wanted, pinned = _wanted(), _pinned()
    folder = images.cache() / f"python-{_key(wanted, pinned)}"
    if folder.is_dir():
        return folder
    events(PhaseStarted(Message("fetching the Python packages of the operator's host")))
    staging = Path(tempfile.mkdtemp(prefix="python-", suffix=".building", dir=images.cache()))
    try:
        _fetch(staging / "made", wanted, pinned)
        if checkout() is None:
            shutil.copytree(PACKAGE, staging / "made" / "hopthu")
        enter = ("unshare", "--mount", "--propagation", "private")
        _run([*enter, "sh", "-c", _COMPILE, "sh", str(staging / "made"), str(built / "base")])
        try:
            (staging / "made").rename(folder)
        except OSError:
            if not folder.is_dir():  # else another lab was faster
                raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


def _wanted() -> list[str]:
    """Return what hopthu itself depends on, as pip takes it."""
    own = [line for line in requires("hopthu") or () if "extra ==" not in line]
    return [*own, "babel"] if checkout() else own  # a checkout compiles its translations itself


def _pinned() -> list[str]:
    """Return the versions that are installed here."""
    found = {(each.name.lower(), each.version) for each in distributions()}
    return sorted(f"{name}=={version}" for name, version in found if name != "hopthu")


def _key(wanted: Sequence[str], pinned: Sequence[str]) -> str:
    own = "" if checkout() else str(tool())
    text = "\n".join((PYTHON, platform.machine(), own, *wanted, *pinned))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _fetch(folder: Path, wanted: Sequence[str], pinned: Sequence[str]) -> None:
    constraints = folder.with_name("constraints")
    constraints.write_text("\n".join(pinned), encoding="utf-8")
    _run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--no-compile", "--only-binary=:all:", "--python-version", PYTHON),
            *("--target", str(folder), "--constraint", str(constraints), *wanted),
        ]
    )


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        reason = next(iter(reversed(done.stderr.strip().splitlines())), "")
        raise LabError(
            Message("the operator's host cannot be given hopthu: {reason}", reason=reason),
            fix=Message("is pip in this environment, and a package index reachable from here?"),
        )
