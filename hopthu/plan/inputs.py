"""What mailboxes and rights are computed from, so that a plan computes only what can differ.

A mailbox is computed from its record, the units that its units refer to, directly or through each
other, the policy and the day; access to a unit mailbox from the unit and the people it names. Where
all these are equal, so is what is computed. Nothing of another mailbox follows from the heads and
delegates of a unit. A part is known by the ids of its records.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, KeysView, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from hopthu.desired.state import Desired, desired
from hopthu.memoize import memoize_by_identity
from hopthu.model.lifecycle import later
from hopthu.model.organisation import Organisation, Person, Unit
from hopthu.model.policy import Policy

Kept = TypeVar("Kept")
Part = frozenset[str]


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
        sides = (before.units, after.units)
        ids = differing(before, after)
        return self.turning(ids, [key for key in ids if _differ(*(s.get(key) for s in sides))])

    def turning(self, ids: Collection[str], begun: Iterable[str]) -> Part:
        """Return the part that may change on a day on which something of the records `ids` turns.

        Others are concerned only by units among them that begin or end, or change: the `begun`.
        """
        units = [key for key in begun if any(key in side.units for side in self.sides)]
        concerned = reached(units, lambda unit: self.referring.get(unit, ()))
        people = (self.working.get(unit, ()) for unit in concerned)
        naming = (self.naming.get(key, ()) for key in ids)
        return frozenset(ids).union(concerned, *people, *naming)


def reached(keys: Iterable[str], step: Callable[[str], Iterable[str]]) -> KeysView[str]:
    """Return what is reached from `keys` by steps of references, the nearest first."""
    found = dict.fromkeys(keys)
    pending = deque(found)
    while pending:
        more = dict.fromkeys(key for key in step(pending.popleft()) if key not in found)
        found |= more
        pending += more
    return found.keys()


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
    found = desired(read_by(organisation, part), policy, on)
    return replace(
        found,
        mailboxes=tuple(each for each in found.mailboxes if each.id in part),
        access=tuple(each for each in found.access if each.unit in part),
        given_up=tuple(each for each in found.given_up if each[1] in part),
    )


def read_by(organisation: Organisation, part: Part) -> Organisation:
    """Return the records that a part is computed from, on whatever day."""
    units, every = organisation.units, organisation.people
    named = part.union(*(candidates(units[key]) for key in part & units.keys()))
    people = {key: every[key] for key in sorted(named & every.keys())}
    read = {*part, *(post.unit for p in people.values() for post in p.posts)}
    concerned = reached(read, lambda key: _references(units[key]) if key in units else ())
    return Organisation({key: units[key] for key in sorted(concerned & units.keys())}, people)


def _references(unit: Unit) -> Iterator[str]:
    """Yield the units that a unit refers to."""
    yield from unit.parents()
    if unit.ended:
        yield from filter(None, (*unit.ended.into, unit.ended.address_to, unit.ended.business_to))


def candidates(unit: Unit) -> set[str]:
    """Return every past, present and future head or delegate of a unit."""
    return {tenure.person for tenure in (*unit.heads, *unit.delegates)}


def turning_rows(record: Unit | Person) -> Iterator[date]:
    """Yield the days on which a row of a record starts, or has just ended."""
    if isinstance(record, Unit):
        tenures = (*record.heads, *record.delegates)
        yield from (event.on for event in (record.created, record.ended) if event)
    else:
        tenures = (*record.posts, *record.locked)
        if record.left:
            yield record.left.on
    yield from (tenure.start for tenure in tenures)
    yield from (later(tenure.until, 1) for tenure in tenures if tenure.until)
    yield from (row.on for row in record.changes if row.was)


def _differ(old: Unit | None, new: Unit | None) -> bool:
    return (old and _bare(old)) != (new and _bare(new))


def _bare(unit: Unit) -> Unit:
    """Return a unit as mailboxes are computed from it."""
    return replace(unit, heads=(), delegates=(), corrections=(), regulation="")
