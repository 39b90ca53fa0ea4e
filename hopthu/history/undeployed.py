"""Commits of the checkout that are not deployed yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hopthu.git.repository import UNKNOWN, Repository
from hopthu.history.host_records import HostRecords

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


def pending(repository: Repository, hosts: Sequence[HostRecords]) -> tuple[Pending, ...]:
    """Return what is not deployed, for each deployed commit; nothing without git.

    Raises `UsageError` if git cannot read its history.
    """
    since: dict[str, list[str]] = {}
    for each in hosts:
        if each.deployed and each.deployed.commit != UNKNOWN:
            since.setdefault(each.deployed.commit, []).append(each.host)
    if not since or repository.head() == UNKNOWN:
        return ()
    found = [_since(repository, commit, tuple(names)) for commit, names in since.items()]
    return tuple(each for each in found if each.commits or each.ahead != 0)


def _since(repository: Repository, commit: str, hosts: tuple[str, ...]) -> Pending:
    if not repository.has(commit):
        return Pending(commit, hosts, ahead=None)
    later = repository.log(f"{commit}..HEAD", *_APPLIED)
    lacking = repository.log(f"HEAD..{commit}", *_APPLIED)
    return Pending(commit, hosts, tuple(later), len(lacking))
