"""The commit that is checked out, and whether there are changes that are not committed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from hopthu.errors import UsageError
from hopthu.history.record import UNKNOWN
from hopthu.i18n.message import Message
from hopthu.tool import resources
from hopthu.tool.version import tool

_CODE = ("deploys", "templates", "inventory")
_OF_TOOL = ("hopthu", "schemas")


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: `id` is its full hash, or `unknown`.

    `data` and `code` are true if files of that kind differ from it.
    """

    id: str
    data: bool = False
    code: bool = False

    @property
    def dirty(self) -> bool:
        """Return whether servers would get something that is not in the commit."""
        return self.data or self.code


def of(root: Path) -> Commit:
    """Return the commit of the checkout `root`; `unknown` if there is no git or no history.

    A folder that merely lies inside another repository is not a checkout: its data must be in the
    commit. Raises `UsageError` if git refuses to answer, as for a folder of another user.
    """
    name = head(root)
    if name == UNKNOWN:
        return Commit(name)
    return Commit(name, data=_differs(root, "data"), code=_code_differs(root))


def head(root: Path) -> str:
    """Return only the hash of the commit; raise as `of` does, also if a checkout is damaged."""
    try:
        known = git(root, "rev-parse", "HEAD:./data", "HEAD")
        if not known.returncode:
            return known.stdout.split()[-1]
        inside = git(root, "rev-parse", "--is-inside-work-tree")
        # HEAD of a repository without commits names none; a damaged one lacks what it names.
        commit = output(root, "rev-parse", "--verify", "--quiet", "HEAD")
        lacking = git(root, "cat-file", "-e", "HEAD^{tree}").stderr if commit else ""
    except FileNotFoundError as error:
        if not _in_repository(root):
            return UNKNOWN
        what = Message("git is not installed on this machine")
        raise UsageError(what, fix=Message("install git")) from error
    foreign = "not a git repository" in inside.stderr and not _in_repository(root)
    reason = "" if foreign else (inside.stderr or lacking).strip()
    if reason:
        raise UsageError(
            Message("git cannot determine which commit is checked out: {reason}", reason=reason),
            fix=Message("see with git status what is wrong with the clone, or clone it again"),
        )
    return UNKNOWN


def _in_repository(root: Path) -> bool:
    """Return whether a folder is meant to be part of a git repository, whole or not."""
    return any((folder / ".git").exists() for folder in (root.resolve(), *root.resolve().parents))


def uncommitted(root: Path) -> tuple[str, ...]:
    """Return the files of data and code that differ from HEAD, sorted."""
    return tuple(sorted(_changed(root, "data", *_own_code(root))))


def _own_code(root: Path) -> tuple[str, ...]:
    """Return the folders of code in a checkout, with the tool's own if it is run from there."""
    return (*_CODE, *_OF_TOOL) if resources.checkout() == root.resolve() else _CODE


def _code_differs(root: Path) -> bool:
    """Return whether code that is used, the tool's or the province's, is not committed."""
    of_tool = resources.checkout() != root.resolve() and tool().dirty
    return _differs(root, *_own_code(root)) or of_tool


def is_part(root: Path, commit: str) -> bool:
    """Return whether `commit` is the one checked out or an ancestor of it."""
    try:
        return git(root, "merge-base", "--is-ancestor", commit, "HEAD").returncode == 0
    except FileNotFoundError:
        return False


def has(root: Path, commit: str) -> bool:
    """Return whether the clone has `commit`, on any branch."""
    return named(root, commit) == commit


def named(root: Path, revision: str) -> str:
    """Return the commit that `revision` names, empty if there is none."""
    return output(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")


def shared(root: Path, commit: str) -> str:
    """Return the newest common ancestor of `commit` and HEAD, empty if there is none."""
    return output(root, "merge-base", commit, "HEAD")


def newest(root: Path, commits: Collection[str]) -> set[str]:
    """Return those of `commits` in the history checked out that no other one of them contains."""
    part = [commit for commit in sorted(commits) if is_part(root, commit)]
    return set(output(root, "merge-base", "--independent", *part).split()) if part else set()


def output(root: Path, *arguments: str) -> str:
    """Return the output of a git command, empty if it fails or there is no git."""
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
        raise UsageError(
            Message("git {command}: {reason}", command="status", reason=done.stderr.strip())
        )
    return [line[3:] for line in done.stdout.split("\0") if line]


def git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run git in a checkout and wait for it; raise `FileNotFoundError` if there is no git."""
    # In English whatever the locale, because its output is parsed.
    return subprocess.run(
        ["git", "-C", str(root), *arguments],
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
