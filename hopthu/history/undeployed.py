"""Commits of the checkout that are not deployed yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hopthu.errors import UsageError
from hopthu.history.checkout import git, of
from hopthu.history.host_records import HostRecords
from hopthu.history.record import UNKNOWN
from hopthu.i18n.message import Message

_APPLIED = ("data", "hopthu", "deploys", "templates", "schemas", "inventory", "requirements.txt")
"""The files that determine what servers get; documentation, for example, needs no apply.

A province's own repository names its version of hopthu in requirements.txt.
"""


@dataclass(frozen=True, slots=True)
class Pending:
    """Commits and subjects, newest first, that `hosts` with the commit `since` do not have.

    `ahead` is the number of commits that they have and the checkout lacks, or None if the clone
    does not have `since`.
    """

    since: str
    hosts: tuple[str, ...]
    commits: tuple[tuple[str, str], ...] = ()
    ahead: int | None = 0


def pending(root: Path, hosts: Sequence[HostRecords]) -> tuple[Pending, ...]:
    """Return what is not deployed, for each deployed commit; nothing without git.

    Raises `UsageError` if git cannot read its history.
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
        raise UsageError(
            Message("git {command}: {reason}", command="log", reason=done.stderr.strip())
        )
    return done.stdout.splitlines()
