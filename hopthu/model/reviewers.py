"""Reviewers who must approve a change of the data before it is merged (Art. 2, 5.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hopthu.model.organisation import Organisation, Unit
from hopthu.model.policy import Policy


def reviewers(unit: Unit | None, organisation: Organisation, policy: Policy) -> tuple[str, ...]:
    """Return the reviewers of `unit`; None stands for what belongs to no unit."""
    review = policy.review
    named = {owner.unit: owner.reviewers for owner in review.owners}
    for each in above(unit, organisation):
        if each.id in named:
            return named[each.id]
        if policy.named_kind(each.kind, review.kinds):
            return (review.pattern.replace("{unit}", each.id),)
    return review.operator


def common(ids: Iterable[str], organisation: Organisation) -> Unit | None:
    """Return the nearest common ancestor of the units `ids`, or None.

    An id that is not a unit's, such as an empty one, has no ancestors. A unit that has ended is
    replaced by its successor, or else by its parent, because its people have moved on. The result
    does not depend on the day, only on the data.
    """
    ways = [[*above(living(each, organisation), organisation)] for each in sorted(set(ids))]
    shared = set.intersection(*({unit.id for unit in way} for way in ways)) if ways else set()
    return next((unit for unit in ways[0] if unit.id in shared), None) if shared else None


def above(unit: Unit | None, organisation: Organisation) -> Iterator[Unit]:
    """Yield the unit, its parent, and so on up to the root; valid data has no cycles."""
    while unit:
        yield unit
        unit = organisation.units.get(unit.parent or "")


def living(key: str, organisation: Organisation) -> Unit | None:
    """Return the unit `key`, or the unit that replaces it if it has ended."""
    passed: set[str] = set()
    unit = organisation.units.get(key)
    while unit and unit.ended and unit.id not in passed:
        passed.add(unit.id)
        heir = unit.ended.into[0] if len(unit.ended.into) == 1 else unit.parent
        unit = organisation.units.get(heir or "")
    return unit
