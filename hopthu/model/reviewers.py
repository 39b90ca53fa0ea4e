"""Who must agree to a change of the data before it is merged (Art. 2, 5.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hopthu.model.organisation import Organisation, Unit

OPERATOR = "@province/mail-operators"
PATTERN = "@province/{unit}"


@dataclass(frozen=True, slots=True)
class Owner:
    """The reviewers of one unit, where they are not those the pattern names."""

    unit: str
    reviewers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """Reviewers, as GitHub or GitLab call them: `@person`, `@organisation/team` or an e-mail.

    `operator` reviews what is no unit's own: code, policy, inventories. A unit has the reviewers
    `owners` names; else, if it is of one of `kinds`, the one of `pattern`, with its id for
    `{unit}`; else those of the unit above it. `approvals` is how many of them must agree.
    """

    operator: tuple[str, ...] = (OPERATOR,)
    pattern: str = PATTERN
    kinds: tuple[str, ...] = ()
    owners: tuple[Owner, ...] = ()
    approvals: int = 1


def reviewers(unit: Unit | None, organisation: Organisation, review: Review) -> tuple[str, ...]:
    """Return who reviews what is of `unit`; None is what is of no unit."""
    named = {owner.unit: owner.reviewers for owner in review.owners}
    for each in above(unit, organisation):
        if each.id in named:
            return named[each.id]
        if each.kind in review.kinds:
            return (review.pattern.replace("{unit}", each.id),)
    return review.operator


def common(ids: Iterable[str], organisation: Organisation) -> Unit | None:
    """Return the nearest unit that is, or is above, each unit of `ids`; None where there is none.

    An id that is no unit's, such as an empty one, has nothing above it. A unit that has ended
    counts as the one it went into, or else as the one above it: its own people are there no longer.
    No day is asked, so that the answer changes only with the data.
    """
    ways = [[*above(living(each, organisation), organisation)] for each in sorted(set(ids))]
    shared = set.intersection(*({unit.id for unit in way} for way in ways)) if ways else set()
    return next((unit for unit in ways[0] if unit.id in shared), None) if shared else None


def above(unit: Unit | None, organisation: Organisation) -> Iterator[Unit]:
    """Yield the unit, the one it belongs to, and so on up; valid data has no circle."""
    while unit:
        yield unit
        unit = organisation.units.get(unit.parent or "")


def living(key: str, organisation: Organisation) -> Unit | None:
    """Return the unit `key`, or the one that goes on in its place where it has ended."""
    passed: set[str] = set()
    unit = organisation.units.get(key)
    while unit and unit.ended and unit.id not in passed:
        passed.add(unit.id)
        heir = unit.ended.into[0] if len(unit.ended.into) == 1 else unit.parent
        unit = organisation.units.get(heir or "")
    return unit
