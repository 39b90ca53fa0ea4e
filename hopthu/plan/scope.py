"""The part of an organisation that some records can change: plans look at no more of it.

At 61,000 people what should exist takes seconds to work out, and a plan asks for it once for
each side and once for each day to come on which something happens.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from hopthu.model.organisation import Organisation, Unit


def differing(before: Organisation, after: Organisation) -> set[str]:
    """Return the ids of units and people that are not the same in both."""
    found: set[str] = set()
    for old, new in ((before.units, after.units), (before.people, after.people)):
        found.update(key for key in new if key not in old)
        for key, record in old.items():
            # What was taken over from the other revision is the very same object.
            if (other := new.get(key)) is not record and other != record:
                found.add(key)
    return found


def affected_ids(before: Organisation, after: Organisation, ids: set[str]) -> set[str]:
    """Return whose mailbox or rights may differ where the records `ids` do.

    They follow from a person's own record, from those of units they may hold, from who else may
    hold these, and from the store of their unit.
    """
    found = set(ids)
    for side in (before, after):
        held = [u for u in side.units.values() if u.id in ids or candidates(u) & ids]
        found.update(*map(candidates, held))
    elsewhere = {key for key in ids if _place(before, key) != _place(after, key)}
    if elsewhere:
        for side in (before, after):
            under = {u.id for u in side.units.values() if not elsewhere.isdisjoint(_above(u, side))}
            found |= under
            people = side.people.values()
            found |= {p.id for p in people if any(post.unit in under for post in p.posts)}
    return found


def restrict_to(organisation: Organisation, ids: Collection[str]) -> Organisation:
    """Return the organisation with all its units, and of its people only those in `ids`."""
    people = organisation.people
    return replace(organisation, people={key: people[key] for key in sorted(ids) if key in people})


def candidates(unit: Unit) -> set[str]:
    """Return everybody who ever was, is or will be head or delegate of `unit`."""
    return {tenure.person for tenure in (*unit.heads, *filter(None, [unit.delegate]))}


def _place(organisation: Organisation, key: str) -> tuple[str | None, ...]:
    """Return what decides on the store of a unit and those below it."""
    unit = organisation.units.get(key)
    return (unit.store, unit.kind, unit.parent) if unit else ()


def _above(unit: Unit, organisation: Organisation) -> Iterator[str]:
    step: Unit | None = unit
    while step is not None:
        yield step.id
        step = organisation.units.get(step.parent) if step.parent else None
