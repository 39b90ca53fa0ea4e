"""The version of hopthu, and the commit it was built from."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from hopthu.tool import resources

VERSION = "0.1.0"
"""Read by builds as well (pyproject.toml)."""

_CODE = ("hopthu", "deploys", "templates", "schemas")
_COMMIT = "commit"
"""The file in a wheel with the commit it was built from; hatch_build.py writes it."""
_LETTERS = 12


@dataclass(frozen=True, slots=True)
class Tool:
    """Version and commit of the code; `commit` is empty if unknown, `dirty` if it was modified."""

    version: str
    commit: str = ""
    dirty: bool = False

    def __str__(self) -> str:
        """Return `0.1.0 (1a2b3c4d5e6f)`, with `-dirty` added as `git describe` does."""
        if not self.commit:
            return self.version
        return f"{self.version} ({self.commit[:_LETTERS]}{'-dirty' if self.dirty else ''})"


def tool() -> Tool:
    """Return the version in use; in a checkout the commit is read from git."""
    checkout = resources.checkout()
    if checkout:
        return _of_checkout(checkout)
    commit = _read(resources.resource(_COMMIT))
    return Tool(VERSION, commit.removesuffix("-dirty"), dirty=commit.endswith("-dirty"))


def _of_checkout(folder: Path) -> Tool:
    # The package must be in the commit, not merely in the folder of some repository: an unpacked
    # archive has no commit.
    known = _git(folder, "rev-parse", "HEAD:./hopthu", "HEAD").split()
    if not known:
        return Tool(VERSION)
    status = _git(folder, "status", "--porcelain", "--untracked-files=normal", "--", *_CODE)
    return Tool(VERSION, known[-1], dirty=bool(status.strip()))


def _git(folder: Path, *arguments: str) -> str:
    """Return the output of git, or an empty string if it fails or is not installed."""
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return "" if done.returncode else done.stdout


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
