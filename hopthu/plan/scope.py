"""The part of an organisation that changed records can affect; plans compute only this part.

For 61,000 people the desired state takes seconds to compute, and a plan needs it for both revisions
and for each upcoming day on which something happens.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from hopthu.desired.placement import Stores
from hopthu.model.organisation import Organisation, Unit
from hopthu.model.policy import Policy


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


def affected_ids(
    before: Organisation, after: Organisation, policy: Policy, ids: set[str]
) -> set[str]:
    """Return the ids of everybody whose mailbox or rights may differ if the records `ids` differ.

    Whoever is left out has the same record, and posts in the same units on the same stores: what a
    plan shows of a mailbox follows from these, the policy and the day. Access follows from a unit
    and from everybody who may be its head or delegate.
    """
    found = involved(ids, before, after)
    stores = [Stores(side.units, policy) for side in (before, after)]
    kept = before.units.keys() & after.units.keys() - ids
    units = {key for key in kept if stores[0].of(key) != stores[1].of(key)}
    found |= units
    units |= ids & (before.units.keys() | after.units.keys())
    if units:
        people = (p for side in (before, after) for p in side.people.values())
        found |= {p.id for p in people if any(post.unit in units for post in p.posts)}
    return found


def involved(ids: Collection[str], *sides: Organisation) -> set[str]:
    """Return `ids`, and everybody whose access to a unit mailbox may follow from one of them."""
    found = set(ids)
    for unit in (unit for side in sides for unit in side.units.values()):
        people = candidates(unit)
        if unit.id in ids or not people.isdisjoint(ids):
            found |= people
    return found


def restrict_to(organisation: Organisation, ids: Collection[str]) -> Organisation:
    """Return the organisation with all its units, but only the people in `ids`."""
    people = organisation.people
    return replace(organisation, people={key: people[key] for key in sorted(ids) if key in people})


def candidates(unit: Unit) -> set[str]:
    """Return every past, present and future head or delegate of `unit`."""
    return {tenure.person for tenure in (*unit.heads, *unit.delegates)}
