"""What a build adds: the files of hopthu that lie beside the package, and the commit.

A wheel carries them in `hopthu/_data`, where `hopthu.tool.resources` finds them; a source archive
has them as they are and only gets the commit. An editable install needs neither. All of them
get the catalogues of messages compiled.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CARRIED = (
    *("deploys", "schemas", "templates", "lab"),
    *("tests/rules", "docs/canh-bao.md"),
    *("inventory/lab.py", "inventory/production.py.example"),
    *(".ci", ".github/workflows", ".gitlab-ci.yml"),
)
"""What the tool needs of its checkout, pages of rules and alarms too; what `hopthu init` gives."""


class Carry(BuildHookInterface):  # type: ignore[type-arg]
    """hatchling's custom hook (hatch.pypa.io, "Build hook plugins")."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files; `version` is `editable` for an editable install."""
        root = Path(self.root)
        self._compile_catalogues(root)
        if version == "editable":
            return
        self._folder = tempfile.TemporaryDirectory(prefix="hopthu-build-")
        said = Path(self._folder.name) / "commit"
        said.write_text(commit(root), encoding="utf-8")
        included = build_data["force_include"]
        if self.target_name == "wheel":
            included.update({str(root / name): f"hopthu/_data/{name}" for name in CARRIED})
            included[str(said)] = "hopthu/_data/commit"
        elif said.stat().st_size:
            included[str(said)] = "COMMIT"

    def _compile_catalogues(self, root: Path) -> None:
        """Compile hopthu/locale/*.po; the project's own module does it, by itself."""
        module = root / "hopthu" / "i18n" / "compiling.py"
        subprocess.run([sys.executable, "-P", str(module)], check=True)

    def finalize(self, version: str, _build_data: dict[str, Any], _artifact: str) -> None:
        """Clear up."""
        if version != "editable":
            self._folder.cleanup()


def commit(root: Path) -> str:
    """Return the commit that is built, `-dirty` behind it where the checkout holds more."""
    kept = root / "COMMIT"  # an unpacked source archive
    if kept.is_file():
        return kept.read_text(encoding="utf-8")
    known = _git(root, "rev-parse", "HEAD:./hopthu", "HEAD").split()
    code = ("hopthu", "deploys", "templates", "schemas")
    dirty = known and _git(root, "status", "--porcelain", "--", *code).strip()
    return f"{known[-1]}{'-dirty' if dirty else ''}\n" if known else ""


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return "" if done.returncode else done.stdout
