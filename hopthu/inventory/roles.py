"""The roles of hosts: one frozen record each; an inventory has a group for every role.

A package adds a role by an entry point in the group `hopthu.roles` that names its record.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points

from hopthu.errors import UsageError
from hopthu.i18n.message import Message

GROUP = "hopthu.roles"


@dataclass(frozen=True, slots=True)
class Role:
    """What a host is for.

    Hosts are changed in ascending `turn`: writers before readers, hosts that store mail before
    hosts that accept it.
    """

    name: str
    turn: int
    purpose: str


_OWN = (
    Role("operator", 50, "runs hopthu every day: what falls due, and the search for drift"),
    Role("monitor", 47, "asks every host how it is, and raises alarms"),
    Role("backup", 45, "keeps copies that no other host can change"),
    Role("edge", 40, "takes mail from outside, scans it"),
    Role("access", 30, "sign-in, submission, the proxy to the stores, the address book"),
    Role("store", 20, "keeps mailboxes"),
    Role("directory", 10, "who exists: the provider and its replicas"),
    Role("retired", 60, "serves nobody any more; what its former roles ran is stopped"),
)

ROLES = tuple(role.name for role in _OWN)
"""The names of hopthu's own roles; `roles` knows those of packages too."""


@cache
def roles() -> dict[str, Role]:
    """Return every role by its name; raise `UsageError` if two roles share a name."""
    found = [*_OWN, *(point.load() for point in entry_points(group=GROUP))]
    known = {role.name: role for role in found}
    if len(known) < len(found):
        names = ", ".join(sorted(role.name for role in found))
        raise UsageError(Message("two roles share a name: {names}", names=names))
    return known
