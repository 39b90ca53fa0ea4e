"""Which hopthu this is: its version, and the commit it was made from."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hopthu.tool import resources

VERSION = "0.1.0"
"""Read by builds as well (pyproject.toml)."""

_CODE = ("hopthu", "deploys", "templates", "schemas")
_COMMIT = "commit"
"""The file in which a wheel says what it was built from; hatch_build.py writes it."""
_LETTERS = 12


@dataclass(frozen=True, slots=True)
class Tool:
    """`commit` is empty where nobody knows it; `dirty` is code that the commit does not hold."""

    version: str
    commit: str = ""
    dirty: bool = False

    def __str__(self) -> str:
        """Return `0.1.0 (1a2b3c4d5e6f)`, with `-dirty` as `git describe` has it."""
        if not self.commit:
            return self.version
        return f"{self.version} ({self.commit[:_LETTERS]}{'-dirty' if self.dirty else ''})"


def tool() -> Tool:
    """Return which hopthu this is; a checkout asks git."""
    checkout = resources.checkout()
    if checkout:
        return _of_checkout(checkout)
    said = _read(resources.resource(_COMMIT))
    return Tool(VERSION, said.removesuffix("-dirty"), dirty=said.endswith("-dirty"))


def _of_checkout(folder: Path) -> Tool:
    # A package in the commit, not merely below a repository: an unpacked archive has no commit.
    known = _git(folder, "rev-parse", "HEAD:./hopthu", "HEAD").split()
    if not known:
        return Tool(VERSION)
    status = _git(folder, "status", "--porcelain", "--untracked-files=normal", "--", *_CODE)
    return Tool(VERSION, known[-1], dirty=bool(status.strip()))


def _git(folder: Path, *arguments: str) -> str:
    """Return what git prints; nothing where it cannot say or is not there."""
    environment = {**os.environ, "LC_ALL": "C"}
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return "" if done.returncode else done.stdout


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
