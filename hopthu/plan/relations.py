"""Which records' mailboxes and rights follow from others, and what is needed to compute them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from hopthu.model.organisation import Organisation
from hopthu.plan.scope import candidates


@dataclass(frozen=True, slots=True)
class Relations:
    """Relations in either of two revisions.

    `offices` has the units of which a person was, is or will be head or delegate, `holders` those
    people by unit, `predecessors` the units that a unit succeeds.
    """

    offices: Mapping[str, set[str]]
    holders: Mapping[str, set[str]]
    predecessors: Mapping[str, set[str]]

    @classmethod
    def of(cls, *sides: Organisation) -> Relations:
        """Return the relations in `sides`."""
        offices: dict[str, set[str]] = defaultdict(set)
        holders: dict[str, set[str]] = defaultdict(set)
        predecessors: dict[str, set[str]] = defaultdict(set)
        for unit in (unit for side in sides for unit in side.units.values()):
            for person in candidates(unit):
                offices[person].add(unit.id)
                holders[unit.id].add(person)
            for heir in unit.ended.into if unit.ended else ():
                predecessors[heir].add(unit.id)
        return cls(dict(offices), dict(holders), dict(predecessors))

    def reach(self, ids: Collection[str]) -> set[str]:
        """Return `ids` and the records whose mailbox or rights may change on the same day."""
        units = set(ids).union(*(self.offices.get(key, ()) for key in ids))
        found = units.union(*(self.holders.get(key, ()) for key in units))
        pending = [*units]
        while pending:
            more = self.predecessors.get(pending.pop(), set()) - found
            found |= more
            pending += more
        return found


def surroundings(organisation: Organisation, ids: Collection[str]) -> Organisation:
    """Return the records `ids`, and the units from which their mailboxes follow."""
    people = {key: organisation.people[key] for key in sorted(ids) if key in organisation.people}
    pending = [key for key in ids if key in organisation.units]
    pending += [post.unit for person in people.values() for post in person.posts]
    units: set[str] = set()
    while pending:
        key = pending.pop()
        if key not in units:
            units.add(key)
            unit = organisation.units[key]
            pending += [*unit.parents(), *(unit.ended.into if unit.ended else ())]
    return replace(
        organisation,
        people=people,
        units={key: organisation.units[key] for key in sorted(units)},
    )
