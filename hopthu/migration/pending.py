"""Which mailboxes wait to be taken to another store, as the directory says, and in what company."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from hopthu.desired.state import Desired
from hopthu.directory.ldif import Entries
from hopthu.errors import HostFailed
from hopthu.inventory.topology import Centre, Host

TOGETHER = 25
"""How many are taken at once: nobody is without their mailbox for longer than that takes."""

Kind = Literal["people", "units"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mailbox that is on `source` and should be on `target`; `dn` is its entry."""

    kind: Kind
    id: str
    dn: str
    source: Host
    target: Host

    def __str__(self) -> str:
        """As the scripts on hosts read it."""
        return f"{self.kind} {self.id}"


@dataclass(frozen=True, slots=True)
class Batch:
    """Mailboxes that are taken from one store to another at once."""

    source: Host
    target: Host
    mailboxes: tuple[Waiting, ...]

    @property
    def lines(self) -> str:
        """A line for each mailbox, as the scripts on hosts read them."""
        return "".join(f"{mailbox}\n" for mailbox in self.mailboxes)


def waiting(entries: Entries, centre: Centre) -> tuple[Waiting, ...]:
    """Return the mailboxes that the `entries` found by `PENDING_FILTER` belong to.

    Raises `HostFailed` when one lies on a host that the centre does not have (any more).
    """
    stores = {host.fqdn: host for host in centre.with_role("store")}
    found = []
    for dn, attributes in entries.items():
        here, there = attributes["mailHost"][0], attributes["hopthuMoving"][0]
        if lost := sorted({here, there} - stores.keys()):
            raise HostFailed(
                f"the mail of {dn} is to go from {here} to {there}; the inventory has no store "
                f"{' or '.join(lost)}",
                fix="put it back into the inventory until its mailboxes have moved",
            )
        kind: Kind = "units" if ",ou=units," in dn else "people"
        found.append(Waiting(kind, attributes["uid"][0], dn, stores[here], stores[there]))
    return tuple(found)


def batches(found: Sequence[Waiting], desired: Desired) -> Iterator[Batch]:
    """Yield what is taken at once; a unit goes first, and its people with it."""
    homes = {mailbox.id: mailbox.unit for mailbox in desired.mailboxes}

    def company(one: Waiting) -> tuple[str, str, str, bool, str]:
        pair = one.source.name, one.target.name
        return (*pair, homes.get(one.id, ""), one.kind == "people", one.id)

    ordered = sorted(found, key=company)
    for (source, target), group in groupby(ordered, key=lambda one: (one.source, one.target)):
        mailboxes = tuple(group)
        for start in range(0, len(mailboxes), TOGETHER):
            yield Batch(source, target, mailboxes[start : start + TOGETHER])
