"""The address book of a day: whom it lists, in the order of Vietnamese lists. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from hopthu.desired.lists import MailList
from hopthu.desired.state import Desired, Mailbox
from hopthu.directory.entries import person_dn, suffix, unit_dn
from hopthu.i18n.vietnamese import sort_key, spelling


@dataclass(frozen=True, slots=True)
class Contact:
    """A person, a unit or a list of one as an address book lists it.

    `addresses` are full addresses at the domain, the one to write to first; `dn` is the name of the
    entry in the directory, with which a person signs in there. A unit belongs to itself.
    """

    id: str
    kind: Literal["person", "unit", "list"]
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
    """Return whom the address book lists, of those whose mailboxes are `listed`, and their lists.

    As in the directory, that is whoever receives mail; locked mailboxes do, closed ones do not.
    Units are in alphabetical order, each followed by the lists that it writes to, and by its people
    in that of their given names.
    """
    lists: dict[str, list[MailList]] = defaultdict(list)
    for each in desired.lists:
        if each.places:
            lists[each.unit].append(each)
    live = sorted((m for m in desired.live() if m.addresses and listed(m)), key=_order)
    found: list[Contact] = []
    for mailbox in live:
        found.append(_contact(mailbox, desired.domain))
        found += (_of_list(each, mailbox, desired.domain) for each in lists.get(mailbox.id, ()))
    return tuple(found)


def _of_list(each: MailList, unit: Mailbox, domain: str) -> Contact:
    """Return a list; the directory has no entry of it, but an export names it as if it had."""
    return replace(
        _contact(unit, domain),
        id=each.id,
        kind="list",
        name=each.name,
        addresses=(f"{each.address}@{domain}",),
        dn=f"ou={each.id},ou=lists,{suffix(domain)}",
    )


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
