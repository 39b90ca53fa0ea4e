"""Which mailboxes the directory marks to be moved to another store, and in which batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from hopthu.desired.state import Desired
from hopthu.directory.ldif import Entries
from hopthu.errors import HostFailed
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host

TOGETHER = 25
"""Mailboxes moved at once: small batches keep the time short in which a mailbox is unavailable."""

Kind = Literal["people", "units"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mailbox that is on `source` and should be on `target`; `dn` is its entry."""

    kind: Kind
    id: str
    dn: str
    source: Host
    target: Host

    @property
    def path(self) -> str:
        """Return the path of its folder on a store, by which hosts know it."""
        return f"{self.kind}/{self.id}"


@dataclass(frozen=True, slots=True)
class Batch:
    """Mailboxes that are moved from one store to another at once."""

    source: Host
    target: Host
    mailboxes: tuple[Waiting, ...]

    @property
    def paths(self) -> list[str]:
        """Return the paths by which hosts know the mailboxes."""
        return [mailbox.path for mailbox in self.mailboxes]


def waiting(entries: Entries, centre: Centre) -> tuple[Waiting, ...]:
    """Return the mailboxes that the `entries` found by `PENDING_FILTER` belong to.

    Raises `HostFailed` if one is on a host that is not, or no longer, a store of the centre.
    """
    stores = {host.fqdn: host for host in centre.stores}
    found = []
    for dn, attributes in entries.items():
        here, there = attributes["mailHost"][0], attributes["hopthuMoving"][0]
        if missing := sorted({here, there} - stores.keys()):
            raise HostFailed(
                Message(
                    "the mailbox of {dn} is to move from {source} to {target}, but the inventory "
                    "has no store {missing}",
                    dn=dn,
                    source=here,
                    target=there,
                    missing=joined(missing, Message(" or ")),
                ),
                fix=Message("put it back into the inventory until its mailboxes have moved"),
            )
        kind: Kind = "units" if ",ou=units," in dn else "people"
        found.append(Waiting(kind, attributes["uid"][0], dn, stores[here], stores[there]))
    return tuple(found)


def batches(found: Sequence[Waiting], desired: Desired) -> Iterator[Batch]:
    """Yield what is moved at once: each unit mailbox followed by those of its people."""
    units = {mailbox.id: mailbox.unit for mailbox in desired.mailboxes}

    def rank(one: Waiting) -> tuple[str, str, str, bool, str]:
        pair = one.source.name, one.target.name
        return (*pair, units.get(one.id, ""), one.kind == "people", one.id)

    ordered = sorted(found, key=rank)
    for (source, target), group in groupby(ordered, key=lambda one: (one.source, one.target)):
        mailboxes = tuple(group)
        for start in range(0, len(mailboxes), TOGETHER):
            yield Batch(source, target, mailboxes[start : start + TOGETHER])
