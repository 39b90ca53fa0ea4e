"""What mailboxes and rights are computed from, so that a plan computes only what can differ.

A mailbox is computed from its record, the units that its units refer to, directly or through each
other, the policy and the day; access to a unit mailbox from the unit and the people it names. Where
all these are equal, so is what is computed. Units are given to the former without their heads and
delegates, and so nothing of a mailbox follows from these.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from hopthu.desired.state import Desired, access_on, desired
from hopthu.memoize import memoize_by_identity
from hopthu.model.organisation import Organisation, Person, Tenure, Unit
from hopthu.model.policy import Policy

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Part:
    """The records whose mailboxes are computed, and the units whose access is."""

    mailboxes: frozenset[str]
    access: frozenset[str]

    def __and__(self, other: Part) -> Part:
        """Return what is in both parts."""
        return Part(self.mailboxes & other.mailboxes, self.access & other.access)


@memoize_by_identity(4)
def names_of(organisation: Organisation) -> Mapping[str, str]:
    """Return the name of each unit and person."""
    records: list[Unit | Person] = [*organisation.units.values(), *organisation.people.values()]
    return {record.id: record.name for record in records}


def differing(before: Organisation, after: Organisation) -> set[str]:
    """Return the ids of the units and people that differ."""
    found: set[str] = set()
    for old, new in ((before.units, after.units), (before.people, after.people)):
        found.update(key for key in new if key not in old)
        for key, record in old.items():
            # Records taken over from the other revision are the same objects.
            if (other := new.get(key)) is not record and other != record:
                found.add(key)
    return found


@dataclass(frozen=True, slots=True)
class Inputs:
    """Which records refer to which, in either of two revisions.

    `referring` has the units that refer to a unit, `working` the people with a post in it, and
    `naming` the units of which somebody is, was or will be head or delegate.
    """

    sides: tuple[Organisation, ...]
    referring: Mapping[str, set[str]]
    working: Mapping[str, set[str]]
    naming: Mapping[str, set[str]]

    def differing(self, before: Organisation, after: Organisation) -> Part:
        """Return the part of which an input differs between two revisions."""
        ids = differing(before, after)
        sides = (before.units, after.units)
        units = {key for key in ids if _differ(*(side.get(key) for side in sides))}
        reached = self._reaching(key for key in units if self._is_unit(key))
        people = {person for unit in reached for person in self.working.get(unit, ())}
        return Part(frozenset(reached | people | ids), frozenset(self._naming(ids) | reached))

    def turning(self, ids: Collection[str], begun: Collection[str]) -> Part:
        """Return the part that may change on a day on which something of the records `ids` turns.

        Others are concerned only by units among them that begin or end, or change: the `begun`.
        """
        reached = self._reaching(key for key in begun if self._is_unit(key))
        people = {person for unit in reached for person in self.working.get(unit, ())}
        return Part(frozenset(reached | people | {*ids}), frozenset(self._naming(ids) | reached))

    def _is_unit(self, key: str) -> bool:
        return any(key in side.units for side in self.sides)

    def _naming(self, ids: Iterable[str]) -> set[str]:
        """Return the units among `ids`, and those that name one of these people."""
        return {*ids}.union(*(self.naming.get(key, ()) for key in ids))

    def _reaching(self, units: Iterable[str]) -> set[str]:
        """Return the units from which one of `units` is reached by references."""
        found = {*units}
        pending = [*found]
        while pending:
            more = self.referring.get(pending.pop(), set()) - found
            found |= more
            pending += more
        return found


@memoize_by_identity(2)
def inputs_of(before: Organisation, after: Organisation) -> Inputs:
    """Return the references in two revisions, which may be one."""
    referring: dict[str, set[str]] = defaultdict(set)
    working: dict[str, set[str]] = defaultdict(set)
    naming: dict[str, set[str]] = defaultdict(set)
    for unit in _either(before.units, after.units):
        for named in _references(unit):
            referring[named].add(unit.id)
        for named in candidates(unit):
            naming[named].add(unit.id)
    for person in _either(before.people, after.people):
        for post in person.posts:
            working[post.unit].add(person.id)
    return Inputs((before, after), dict(referring), dict(working), dict(naming))


def _either(old: Mapping[str, Kept], new: Mapping[str, Kept]) -> Iterator[Kept]:
    """Yield the records of two revisions, those that are the same once."""
    yield from old.values()
    yield from (record for key, record in new.items() if old.get(key) is not record)


def state_of(organisation: Organisation, policy: Policy, on: date, part: Part | None) -> Desired:
    """Return the desired state of a part, of the whole if it is None."""
    if part is None:
        return desired(organisation, policy, on)
    people, units = organisation.people, organisation.units
    inner = {key: people[key] for key in sorted(part.mailboxes & people.keys())}
    named = set().union(*(candidates(units[key]) for key in part.access & units.keys()))
    read = [
        *part.mailboxes & units.keys(),
        *(post.unit for p in inner.values() for post in p.posts),
    ]
    bare = Organisation({key: _bare(units[key]) for key in _read(units, read)}, inner)
    offices = Organisation(
        {key: units[key] for key in sorted(part.access & units.keys())},
        {key: people[key] for key in sorted(named & people.keys())},
    )
    found = desired(bare, policy, on)
    return replace(
        found,
        mailboxes=tuple(each for each in found.mailboxes if each.id in part.mailboxes),
        access=access_on(offices.on(on)),
    )


def read_by(organisation: Organisation, part: Part) -> set[str]:
    """Return the records that a part is computed from, on whatever day."""
    people, units = organisation.people, organisation.units
    own = part.mailboxes | part.access
    read = [*own & units.keys()]
    read += (post.unit for key in own & people.keys() for post in people[key].posts)
    named = set().union(*(candidates(units[key]) for key in part.access & units.keys()))
    return {*own, *_read(units, read), *named}


def _read(units: Mapping[str, Unit], keys: Iterable[str]) -> list[str]:
    """Return units and all that they refer to, directly or through each other."""
    found: set[str] = set()
    pending = [*keys]
    while pending:
        key = pending.pop()
        if key not in found and key in units:
            found.add(key)
            pending += _references(units[key])
    return sorted(found)


def _references(unit: Unit) -> Iterator[str]:
    """Yield the units that a unit refers to."""
    yield from unit.parents()
    if unit.ended:
        yield from (
            *unit.ended.into,
            *filter(None, (unit.ended.address_to, unit.ended.business_to)),
        )


def candidates(unit: Unit) -> set[str]:
    """Return every past, present and future head or delegate of a unit."""
    return {tenure.person for tenure in _offices(unit)}


def _offices(unit: Unit) -> tuple[Tenure, ...]:
    return (*unit.heads, *unit.delegates)


def _differ(old: Unit | None, new: Unit | None) -> bool:
    return (old and _bare(old)) != (new and _bare(new))


def _bare(unit: Unit) -> Unit:
    """Return a unit as mailboxes are computed from it."""
    return replace(unit, heads=(), delegates=(), corrections=(), regulation="")
