"""Lists of a day (Art. 7.1): who is on them, by the queries of the policy and the tree of units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from hopthu.desired.mailbox import Mailbox
from hopthu.model.lifecycle import LIVE
from hopthu.model.organisation import OrganisationOnDate, Unit
from hopthu.model.policy import ListQuery, Policy

MARK = "_"
"""What follows the key in the address of a list; no address of a mailbox has it (Art. 4)."""


class Place(NamedTuple):
    """A mailbox on a list, and the record that puts it there: a person, or a unit and its head."""

    record: str
    mailbox: str


@dataclass(frozen=True, slots=True)
class MailList:
    """A list of one unit, whose mailbox alone writes to it; `address` is a local part.

    The address is the key of the list and the address of the unit, so no two lists share one.
    """

    id: str
    address: str
    name: str
    unit: str
    places: tuple[Place, ...]


def lists_on(
    units: Mapping[str, Unit], policy: Policy, day: OrganisationOnDate, mailboxes: Iterable[Mailbox]
) -> tuple[MailList, ...]:
    """Return the lists of a day, of each unit that has a mailbox then."""
    if not policy.lists:
        return ()
    tree = _Tree(units, policy, day, {m.id: m for m in mailboxes if m.state in LIVE})
    found = (
        tree.list_of(key, query, unit)
        for key, query in policy.lists.items()
        for unit in owners(units, policy, query)
        if unit in tree.live
    )
    return tuple(sorted(found, key=lambda each: each.id))


def owners(units: Mapping[str, Unit], policy: Policy, query: ListQuery) -> set[str]:
    """Return the units that a query gives a list, whether or not they have a mailbox."""
    alike = (
        key
        for key, unit in (units.items() if query.kinds else ())
        if policy.named_kind(unit.kind, query.kinds)
    )
    return {*units.keys() & query.units, *alike}


@dataclass(frozen=True)
class _Tree:
    """The units and people of a day, as lists look at them; `live` are open mailboxes by id."""

    units: Mapping[str, Unit]
    policy: Policy
    day: OrganisationOnDate
    live: Mapping[str, Mailbox]

    def list_of(self, key: str, query: ListQuery, unit: str) -> MailList:
        """Return the list of a unit that has a mailbox."""
        owner = self.live[unit]
        found = self._places(query, unit)
        return MailList(
            id=f"{key}/{unit}",
            address=f"{key}{MARK}{owner.addresses[0]}",
            name=f"{query.name} – {owner.name}",
            unit=unit,
            places=tuple(sorted({each for each in found if each.mailbox in self.live})),
        )

    def _places(self, query: ListQuery, unit: str) -> Iterator[Place]:
        if query.who == "members":
            yield from self._people[unit]
            return
        for each in self._at_or_below(query.top or unit, query.among):
            if query.who == "all":
                yield from self._people[each]
            elif query.who == "units":
                yield Place(each, each)
            elif each in self.day.head:
                yield Place(each, self.day.head[each])

    def _at_or_below(self, top: str, among: tuple[str, ...]) -> Iterator[str]:
        """Yield a unit and those below it, of the kinds that count."""
        found = dict.fromkeys([top] if top in self.units else [])
        pending = [*found]
        while pending:
            unit = pending.pop()
            if not among or self.policy.named_kind(self.units[unit].kind, among):
                yield unit
            new = dict.fromkeys(each for each in self._below[unit] if each not in found)
            found |= new
            pending += new

    @cached_property
    def _below(self) -> Mapping[str, list[str]]:
        """The units right below each unit."""
        found: dict[str, list[str]] = defaultdict(list)
        for unit in self.units.values():
            found[unit.parent or ""].append(unit.id)
        return found

    @cached_property
    def _people(self) -> Mapping[str, list[Place]]:
        """Who has a post in each unit, main or not."""
        found: dict[str, list[Place]] = defaultdict(list)
        for person, posts in self.day.posts.items():
            for post in posts:
                found[post.unit].append(Place(person, person))
        return found
