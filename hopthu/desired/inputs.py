"""What the desired state is computed from, so that a plan computes only what can differ.

A mailbox is computed from its record, the units that its units refer to, directly or through each
other, the policy and the day; access to a unit mailbox from the unit and the people it names, and
after its end from its heir and the people that names; the folder of a unit from its namesakes too,
and a list from the units below its top. Where all these are equal, so is what is computed. Nothing
else of another mailbox follows from the heads and delegates of a unit. A part is known by the ids
of its records.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, KeysView, Mapping, Set
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import chain

from hopthu.desired.lists import owners
from hopthu.desired.state import Desired, desired, readable
from hopthu.desired.unit_folders import beginning_of, unit_folders
from hopthu.memoize import memoize_by_identity
from hopthu.model.organisation import Organisation, Person, Unit
from hopthu.model.policy import Policy

Part = frozenset[str]


@memoize_by_identity(4)
def names_of(organisation: Organisation) -> dict[str, str]:
    """Return the name of each unit and person."""
    return {record.id: record.name for record in organisation.records()}


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


@dataclass(frozen=True)
class Inputs:
    """Which records are computed from which, in either of two revisions.

    `readers` has what reads a unit: units that refer to it, and people with a post in it; and what
    reads a person: units of which they are, were or will be head or delegate. A unit with a list
    of those below another one is read by that one. `left` has the units whose mailbox goes to
    another one.
    """

    sides: tuple[Organisation, Organisation]
    units: Set[str]
    readers: Mapping[str, set[str]]
    left: Mapping[str, set[str]]

    @cached_property
    def namesakes(self) -> Iterable[set[str]]:
        """The units that can have a folder of one name, by whatever they are called on any day."""
        found = defaultdict[str, set[str]](set)
        for unit in chain.from_iterable(side.units.values() for side in self.sides):
            for name in unit.names():
                found[beginning_of(name)].add(unit.id)
        return [alike for alike in found.values() if len(alike) > 1]

    def differing(self, before: Organisation, after: Organisation) -> Part:
        """Return the part of which an input differs between two revisions."""
        sides = (before.units, after.units)
        ids = differing(before, after)
        bare = ((key, [_bare(units.get(key)) for units in sides]) for key in ids)
        return self.turning(ids, [key for key, (old, new) in bare if old != new])

    def turning(self, ids: Set[str], begun: Iterable[str]) -> Part:
        """Return the part that may change on a day on which something of the records `ids` turns.

        Others are concerned only by units among them that begin or end, or change: the `begun`.
        Of a unit that names somebody only the access to its mailbox is, and to those left to it.
        """
        concerned = reached(begun, lambda key: self._read_by(key) if key in self.units else ())
        named = frozenset(ids).union(*map(self._read_by, ids - self.units))
        found = frozenset(reached(named, lambda key: self.left.get(key, ())))
        groups = self.namesakes if concerned else ()
        return found.union(concerned, *(each for each in groups if not each.isdisjoint(concerned)))

    def _read_by(self, key: str) -> Iterable[str]:
        return self.readers.get(key, ())


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
def inputs_of(before: Organisation, after: Organisation, was: Policy, will: Policy) -> Inputs:
    """Return the references in two revisions, which may be one, and under their policies."""
    readers, left = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    # Those that are the same in both count once.
    new = (record for record in after.records() if before.record(record.id) is not record)
    for record in chain(before.records(), new):
        for key in chain(record.named(), _candidates(record)):
            readers[key].add(record.id)
        for key in _heir(record):
            left[key].add(record.id)
    for key, tops in chain(apart(before, was).items(), apart(after, will).items()):
        readers[key] |= tops
    return Inputs((before, after), before.units.keys() | after.units.keys(), readers, left)


def state_of(organisation: Organisation, policy: Policy, on: date, part: Part | None) -> Desired:
    """Return the desired state of a part, of the whole if it is None."""
    if part is None:
        return desired(organisation, policy, on)
    read = read_for(organisation, policy, part)
    found = desired(read, policy, on)
    mailboxes = tuple(each for each in found.mailboxes if each.id in part)
    return replace(
        found,
        part=part,
        mailboxes=mailboxes,
        folders=unit_folders(readable(mailboxes), read.at(on).units),
        lists=tuple(
            replace(each, places=tuple(p for p in each.places if p.record in part))
            for each in found.lists
        ),
        access=tuple(each for each in found.access if each.unit in part),
        given_up=tuple(each for each in found.given_up if each[1] in part),
    )


@memoize_by_identity(2)
def apart(organisation: Organisation, policy: Policy) -> Mapping[str, Set[str]]:
    """Return the units that some day have a list of those below others, with these others."""
    found = defaultdict[str, set[str]](set)
    queries = [query for query in policy.lists.values() if query.top]
    for unit in organisation.units.values() if queries else ():
        days = (row.on - timedelta(days=1) for row in unit.changes)
        for each in (unit, *map(unit.at, days)):
            for query in queries:
                if owners({each.id: each}, policy, query):
                    found[each.id].add(query.top)
    return found


def read_for(organisation: Organisation, policy: Policy, part: Part | None) -> Organisation:
    """Return the records that a part with its lists is computed from, all if it is None."""
    if part is None:
        return organisation
    return read_by(organisation, part.union(apart(organisation, policy)))


def read_by(organisation: Organisation, part: Part) -> Organisation:
    """Return the records that a part is computed from, on whatever day."""
    had_by = reached(part, lambda key: _heir(organisation.record(key)))
    part = part.union(*(_candidates(organisation.record(key)) for key in had_by))
    read = reached(part, lambda key: _named(organisation.record(key)))
    units, people = organisation.units, organisation.people
    return Organisation(
        {key: units[key] for key in sorted(read & units.keys())},
        {key: people[key] for key in sorted(read & people.keys())},
    )


def _named(record: Unit | Person | None) -> Iterable[str]:
    return record.named() if record else ()


def _candidates(record: Unit | Person | None) -> Iterable[str]:
    return record.candidates() if isinstance(record, Unit) else ()


def _heir(record: Unit | Person | None) -> Iterator[str]:
    """Yield the unit that has a unit's mailbox after its end, if there is one."""
    if isinstance(record, Unit) and record.ended and record.ended.heir:
        yield record.ended.heir


def _bare(unit: Unit | None) -> Unit | None:
    """Return a unit as mailboxes are computed from it."""
    return unit and replace(unit, heads=(), delegates=(), corrections=(), regulation="")
