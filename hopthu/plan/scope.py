"""The part of an organisation that changed records can affect; plans compute only this part.

For 61,000 people the desired state takes seconds to compute, and a plan needs it for both revisions
and for each upcoming day on which something happens.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from hopthu.model.organisation import Organisation, Unit


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


def affected_ids(before: Organisation, after: Organisation, ids: set[str]) -> set[str]:
    """Return the ids of everybody whose mailbox or rights may differ if the records `ids` differ.

    Mailbox and rights of a person follow from their own record, from the units of which they may be
    head or delegate, from the other candidates there, and from the store of their unit.
    """
    found = set(ids)
    for side in (before, after):
        units = [u for u in side.units.values() if u.id in ids or candidates(u) & ids]
        found.update(*map(candidates, units))
    moved = {key for key in ids if _place(before, key) != _place(after, key)}
    if moved:
        for side in (before, after):
            under = {u.id for u in side.units.values() if not moved.isdisjoint(_above(u, side))}
            found |= under
            people = side.people.values()
            found |= {p.id for p in people if any(post.unit in under for post in p.posts)}
    return found


def restrict_to(organisation: Organisation, ids: Collection[str]) -> Organisation:
    """Return the organisation with all its units, but only the people in `ids`."""
    people = organisation.people
    return replace(organisation, people={key: people[key] for key in sorted(ids) if key in people})


def candidates(unit: Unit) -> set[str]:
    """Return every past, present and future head or delegate of `unit`."""
    return {tenure.person for tenure in (*unit.heads, *unit.delegates)}


def _place(organisation: Organisation, key: str) -> tuple[str | None, ...]:
    """Return what decides the store of a unit and of the units below it."""
    unit = organisation.units.get(key)
    return (unit.store, unit.kind, unit.parent) if unit else ()


def _above(unit: Unit, organisation: Organisation) -> Iterator[str]:
    step: Unit | None = unit
    while step is not None:
        yield step.id
        step = organisation.units.get(step.parent) if step.parent else None
