"""Who lives on a store right now: whom the data puts there, but for moves still to be made.

Dovecot serves a mailbox where it is, not where it should be: a folder made ahead of it would be in
its way, and rights taken too early would leave a unit's mailbox to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hopthu.desired.state import Desired, Mailbox
from hopthu.inventory.topology import Centre, Host
from hopthu.memoize import memoize_by_identity

Still = Mapping[str, str]
"""The mailboxes that wait to be moved: id → FQDN of the host each is still on."""


@dataclass(frozen=True, slots=True)
class Residents:
    """The mailboxes on one host; `people` and `units` are ids of live ones.

    `readers` has for each of the units its head and delegate (Art. 7.2), `may_sign_in` who may have
    a session: active people, on a mere store its own, on an access host everybody.
    """

    people: tuple[str, ...]
    units: tuple[str, ...]
    readers: Mapping[str, frozenset[str]]
    may_sign_in: frozenset[str]


def residents(desired: Desired, centre: Centre, host: Host, still: Still) -> Residents:
    """Return who lives on `host`."""
    return _residents(desired, centre, host, frozenset(still.items()))


@memoize_by_identity(4)
def _residents(
    desired: Desired, centre: Centre, host: Host, waiting: frozenset[tuple[str, str]]
) -> Residents:
    still = dict(waiting)
    hosts = {label: other.fqdn for other in centre.hosts for label in other.stores}
    here = [m for m in desired.live() if still.get(m.id, hosts.get(m.store)) == host.fqdn]
    units = tuple(m.id for m in here if m.kind == "unit")
    readers: dict[str, set[str]] = {unit: set() for unit in units}
    for access in desired.access:
        if access.unit in readers:
            readers[access.unit].add(access.person)
    return Residents(
        people=tuple(m.id for m in here if m.kind == "personal"),
        units=units,
        readers={unit: frozenset(people) for unit, people in readers.items()},
        may_sign_in=frozenset(_active(desired.mailboxes if host.has("access") else here)),
    )


def _active(mailboxes: tuple[Mailbox, ...] | list[Mailbox]) -> list[str]:
    return [m.id for m in mailboxes if m.kind == "personal" and m.state == "active"]
