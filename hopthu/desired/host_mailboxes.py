"""The mailboxes that are on a store now: those assigned to it, except for pending migrations.

Dovecot serves a mailbox where it is, not where it should be. A folder created before the migration
would be in its way, and rights revoked too early would leave a unit mailbox without users.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hopthu.desired.state import Desired, with_probes
from hopthu.inventory.topology import Centre
from hopthu.memoize import memoize_by_identity

Homes = Mapping[str, str]
"""Mailboxes kept for somebody, as `people/ID` and `units/ID`: each with the host it belongs on.

Hosts are named by their FQDN.
"""

FOLDERS = {"personal": "people", "unit": "units"}
"""The folder on stores that has the mailboxes of a kind."""

PendingMigrations = Mapping[str, str]
"""Mailboxes that are waiting to be moved: id → FQDN of the host each is still on."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A unit mailbox for its readers: the name of its folder, its quota, and who they are.

    That of a unit that has ended is `read_only`.
    """

    folder: str
    quota: int
    readers: frozenset[str] = frozenset()
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Residents:
    """The mailboxes on one host: ids of people and of units."""

    people: tuple[str, ...]
    units: tuple[str, ...]


@memoize_by_identity(2)
def homes(desired: Desired, centre: Centre) -> Homes:
    """Return the host of every mailbox that is kept for somebody, people before units."""
    hosts = {label: host.fqdn for host in reversed(centre.with_mail) for label in host.stores}
    kept = with_probes(desired).kept()
    return {
        f"{folder}/{mailbox.id}": hosts.get(mailbox.store, "")
        for kind, folder in FOLDERS.items()
        for mailbox in kept
        if mailbox.kind == kind
    }


@memoize_by_identity(2)
def shared(desired: Desired) -> Mapping[str, Shared]:
    """Return the unit mailboxes that are kept, with head and delegate as readers (Art. 7.2)."""
    readers: dict[str, set[str]] = {}
    every = with_probes(desired)
    for access in every.access:
        readers.setdefault(access.unit, set()).add(access.person)
    return {
        m.id: Shared(every.folders[m.id], m.quota, frozenset(readers.get(m.id, ())), m.read_only)
        for m in every.kept()
        if m.kind == "unit"
    }


@memoize_by_identity(2)
def active(desired: Desired) -> frozenset[str]:
    """Return the people who may sign in."""
    return frozenset(
        m.id for m in with_probes(desired).mailboxes if m.kind == "personal" and m.state == "active"
    )


def residents(homes: Homes, fqdn: str, still: PendingMigrations) -> Residents:
    """Return the mailboxes of `homes` that are on the host `fqdn` now."""
    return _residents(homes, fqdn, frozenset(still.items()))


@memoize_by_identity(4)
def _residents(homes: Homes, fqdn: str, waiting: frozenset[tuple[str, str]]) -> Residents:
    still = dict(waiting)
    found: dict[str, list[str]] = {"people": [], "units": []}
    for mailbox, home in homes.items():
        folder, _, key = mailbox.partition("/")
        if still.get(key, home) == fqdn:
            found[folder].append(key)
    return Residents(tuple(found["people"]), tuple(found["units"]))
