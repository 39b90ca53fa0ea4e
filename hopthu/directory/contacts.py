"""The address book of a day: whom it lists, in the order of Vietnamese lists. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hopthu.desired.state import Desired, Mailbox
from hopthu.directory.entries import person_dn, suffix, unit_dn
from hopthu.i18n.vietnamese import sort_key, spelling


@dataclass(frozen=True, slots=True)
class Contact:
    """A person or a unit as an address book lists it.

    `addresses` are full addresses at the domain, the one to write to first; `dn` is the name of the
    entry in the directory, with which a person signs in there. A unit belongs to itself.
    """

    id: str
    kind: Literal["person", "unit"]
    name: str
    family_name: str
    middle_name: str
    given_name: str
    title: str
    unit: str
    unit_name: str
    addresses: tuple[str, ...]
    dn: str


def contacts(desired: Desired, listed: Callable[[Mailbox], bool]) -> tuple[Contact, ...]:
    """Return whom the address book lists, of those whose mailboxes are `listed`.

    As in the directory, that is whoever receives mail; locked mailboxes do, closed ones do not.
    Units are in alphabetical order, each followed by its people in that of their given names.
    """
    live = (m for m in desired.live() if m.addresses and listed(m))
    return tuple(_contact(mailbox, desired.domain) for mailbox in sorted(live, key=_order))


def _order(mailbox: Mailbox) -> tuple[object, ...]:
    personal = mailbox.kind == "personal"
    unit = spelling(mailbox.unit_name), mailbox.unit_name, mailbox.unit
    return (*unit, personal, sort_key(mailbox.name) if personal else (), mailbox.id)


def _contact(mailbox: Mailbox, domain: str) -> Contact:
    personal = mailbox.kind == "personal"
    # The family name stands first, the given name last; whoever has one word has a given name.
    words = mailbox.name.split() if personal else []
    return Contact(
        id=mailbox.id,
        kind="person" if personal else "unit",
        name=mailbox.name,
        family_name=words[0] if len(words) > 1 else "",
        middle_name=" ".join(words[1:-1]),
        given_name=words[-1] if words else "",
        title=mailbox.title,
        unit=mailbox.unit,
        unit_name=mailbox.unit_name,
        addresses=tuple(f"{local}@{domain}" for local in mailbox.addresses),
        dn=(person_dn if personal else unit_dn)(mailbox.id, suffix(domain)),
    )
