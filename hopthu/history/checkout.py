"""The commit a checkout stands on, and whether there is more in it than the commit holds."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hopthu.errors import UsageError
from hopthu.history.record import UNKNOWN
from hopthu.tool import resources
from hopthu.tool.version import tool

_CODE = ("deploys", "templates", "inventory")
_OF_TOOL = ("hopthu", "schemas")


@dataclass(frozen=True, slots=True)
class Commit:
    """`id` is the commit's whole name, or `unknown`; `data` and `code` tell what is not in it."""

    id: str
    data: bool = False
    code: bool = False

    @property
    def dirty(self) -> bool:
        """Tell whether servers would get what nobody can look up under `id`."""
        return self.data or self.code


def of(root: Path) -> Commit:
    """Return the commit of the checkout `root`; `unknown` where there is no git or no history.

    A folder that merely lies inside somebody's repository is no checkout: its data must be in the
    commit. Raises `UsageError` where git refuses to say, as for a folder of another user.
    """
    name = head(root)
    if name == UNKNOWN:
        return Commit(name)
    return Commit(name, data=_differs(root, "data"), code=_code_differs(root))


def head(root: Path) -> str:
    """Return the name of the commit alone; raise as `of` does."""
    try:
        known = git(root, "rev-parse", "HEAD:./data", "HEAD")
    except FileNotFoundError:
        return UNKNOWN
    if known.returncode:
        said = git(root, "rev-parse", "--is-inside-work-tree")
        if said.returncode and "not a git repository" not in said.stderr:
            raise UsageError(f"git does not say what is checked out here: {said.stderr.strip()}")
        return UNKNOWN
    return known.stdout.split()[-1]


def uncommitted(root: Path) -> tuple[str, ...]:
    """Return the files of data and code that are not as HEAD has them, sorted."""
    return tuple(sorted(_changed(root, "data", *_own_code(root))))


def _own_code(root: Path) -> tuple[str, ...]:
    """Return the folders of code that a checkout holds: the tool's own too if it is run from it."""
    return (*_CODE, *_OF_TOOL) if resources.checkout() == root.resolve() else _CODE


def _code_differs(root: Path) -> bool:
    """Tell whether code that is used, the tool's or laid over it, is not in a commit."""
    of_tool = resources.checkout() != root.resolve() and tool().dirty
    return _differs(root, *_own_code(root)) or of_tool


def is_part(root: Path, commit: str) -> bool:
    """Tell whether the commit `commit` is the one checked out or came before it."""
    try:
        return git(root, "merge-base", "--is-ancestor", commit, "HEAD").returncode == 0
    except FileNotFoundError:
        return False


def has(root: Path, commit: str) -> bool:
    """Tell whether the clone has the commit `commit`, on whatever branch."""
    return named(root, commit) == commit


def named(root: Path, revision: str) -> str:
    """Return the commit that `revision` names, empty where it names none."""
    return _said(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")


def shared(root: Path, commit: str) -> str:
    """Return the newest commit that `commit` and HEAD have in common, empty where there is none."""
    return _said(root, "merge-base", commit, "HEAD")


def _said(root: Path, *arguments: str) -> str:
    try:
        done = git(root, *arguments)
    except FileNotFoundError:
        return ""
    return "" if done.returncode else done.stdout.strip()


def _differs(root: Path, *folders: str) -> bool:
    return bool(_changed(root, *folders))


def _changed(root: Path, *folders: str) -> list[str]:
    """Return the files, and folders that are new as a whole, as `git status` lists them."""
    done = git(
        root, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=normal",
        "--", *folders,
    )  # fmt: skip
    if done.returncode:
        raise UsageError(f"git status: {done.stderr.strip()}")
    return [line[3:] for line in done.stdout.split("\0") if line]


def git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run git in a checkout to its end; raise `FileNotFoundError` where there is no git."""
    # In English whatever the locale: what it says is looked at.
    return subprocess.run(
        ["git", "-C", str(root), *arguments],
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
