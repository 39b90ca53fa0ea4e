"""Commits of the checkout that hosts do not have yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hopthu.errors import UsageError
from hopthu.history.checkout import git, of
from hopthu.history.host_records import Held
from hopthu.history.record import UNKNOWN

_APPLIED = ("data", "hopthu", "deploys", "templates", "schemas", "inventory", "requirements.txt")
"""What decides what servers get; a change of the documentation is not waiting for an apply.

A province's own repository names the hopthu it uses in requirements.txt.
"""


@dataclass(frozen=True, slots=True)
class Pending:
    """What `hosts`, which have the commit `since`, do not have: commit and subject, newest first.

    `ahead` are commits they have and the checkout does not; None where it does not know `since`.
    """

    since: str
    hosts: tuple[str, ...]
    commits: tuple[tuple[str, str], ...] = ()
    ahead: int | None = 0


def pending(root: Path, hosts: Sequence[Held]) -> tuple[Pending, ...]:
    """Return what is not deployed, for each commit that hosts have; nothing without git.

    Raises `UsageError` where git cannot read its own history.
    """
    since: dict[str, list[str]] = {}
    for each in hosts:
        if each.deployed and each.deployed.commit != UNKNOWN:
            since.setdefault(each.deployed.commit, []).append(each.host)
    if not since or of(root).id == UNKNOWN:
        return ()
    found = [_since(root, commit, tuple(names)) for commit, names in since.items()]
    return tuple(each for each in found if each.commits or each.ahead != 0)


def _since(root: Path, commit: str, hosts: tuple[str, ...]) -> Pending:
    if git(root, "cat-file", "-e", f"{commit}^{{commit}}").returncode:
        return Pending(commit, hosts, ahead=None)
    lines = _log(root, f"{commit}..HEAD")
    commits = tuple((line[:40], line[41:]) for line in lines)
    return Pending(commit, hosts, commits, len(_log(root, f"HEAD..{commit}")))


def _log(root: Path, commits: str) -> list[str]:
    done = git(root, "log", "--format=%H %s", commits, "--", *_APPLIED)
    if done.returncode:
        raise UsageError(f"git log: {done.stderr.strip()}")
    return done.stdout.splitlines()
