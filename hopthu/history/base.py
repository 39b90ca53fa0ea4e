"""The revision that data is compared with if none is named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hopthu.history import checkout
from hopthu.i18n.message import Message

_SHORT = 12
_USUAL = ("HEAD", "main", "master")


@dataclass(frozen=True, slots=True)
class Base:
    """A revision to compare with; `branch` is the remote branch that has it, empty for HEAD."""

    revision: str
    branch: str = ""

    def sentence(self) -> Message:
        """Say what the data was compared with, if that is not HEAD."""
        return Message(
            "compared with {commit}, the last commit in common with {branch}",
            commit=self.revision[:_SHORT],
            branch=self.branch,
        )


HEAD = Base("HEAD")


def base(root: Path) -> Base:
    """Return the newest commit that the checkout `root` shares with its remote's default branch.

    It is HEAD if there is no such branch, no common commit, as in a shallow clone, or no data in
    it. A commit that was not pushed is thus judged like an edit that was not committed.
    """
    branch = _default_branch(root)
    shared = checkout.shared(root, f"refs/remotes/{branch}") if branch else ""
    has_data = shared and checkout.output(root, "rev-parse", "--verify", "-q", f"{shared}:./data")
    return Base(shared, branch) if has_data else HEAD


def ahead(root: Path, found: Base) -> bool:
    """Return whether HEAD has commits that the base has not."""
    return bool(found.branch) and found.revision != checkout.named(root, "HEAD")


def _default_branch(root: Path) -> str:
    """Return the default branch of the remote, as in `origin/main`, empty if there is none."""
    here = checkout.output(root, "symbolic-ref", "--quiet", "--short", "HEAD")
    remote = checkout.output(root, "config", f"branch.{here}.remote") if here else ""
    if remote in {"", "."}:  # none, or another branch of this clone
        remote = "origin"
    for name in _USUAL:
        named = f"refs/remotes/{remote}/{name}"
        if checkout.named(root, named):
            # What HEAD of the remote stands for, by its name.
            target = checkout.output(root, "symbolic-ref", "--quiet", named) or named
            return target.removeprefix("refs/remotes/")
    return ""
