"""What the dates in the data will change by themselves, though nobody edits anything (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from hopthu.desired.state import desired
from hopthu.model.lifecycle import archived_on, closed_on, erased_on, later
from hopthu.model.organisation import Organisation, Person, Unit
from hopthu.model.policy import Lifecycle, Policy
from hopthu.plan.diff import Change, diff
from hopthu.plan.legal_basis import basis_of
from hopthu.plan.scope import affected_ids, restrict_to


@dataclass(frozen=True, slots=True)
class Due:
    """The changes that come about on one day."""

    on: date
    changes: tuple[Change, ...]

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return the contract of one of `due` of `plan --format json`."""
        return {
            "on": self.on.isoformat(),
            "changes": [change.as_dict(language) for change in self.changes],
        }


def due(organisation: Organisation, policy: Policy, on: date) -> tuple[Due, ...]:
    """Return what changes on each of the days after `on` that the policy looks ahead.

    Only days on which something begins or ends are looked at, and only what it bears on.
    """
    last = later(on, policy.lifecycle.foreseen_days)
    moved: dict[str, set[date]] = {}
    people = (person for person in organisation.people.values() if not _settled(person, on))
    records: list[Unit | Person] = [*organisation.units.values(), *people]
    for record in records:
        if days := {d for d in turning_days(record, policy.lifecycle) if on < d <= last}:
            moved[record.id] = days
    part = restrict_to(organisation, affected_ids(organisation, organisation, set(moved)))
    before = desired(part, policy, on)
    found: list[Due] = []
    for day in sorted(set().union(*moved.values())):
        after = desired(part, policy, day)
        if changes := diff(before, after, basis_of(organisation, organisation, day)):
            found.append(Due(day, changes))
        before = after
    return tuple(found)


def _settled(person: Person, on: date) -> bool:
    """Tell at a glance that nothing ends or begins any more: of nearly everybody."""
    if person.left or person.locked:
        return False
    return all(post.until is None and post.start <= on for post in person.posts)


def turning_days(record: Unit | Person, policy: Lifecycle) -> Iterator[date]:
    """Yield the days on which something about the record begins, or no longer holds."""
    closed = closed_on(record, policy) if record.mailbox else None
    if closed:
        yield from (closed, archived_on(closed, policy), erased_on(record, closed, policy))
    if isinstance(record, Unit):
        tenures = (*record.heads, *filter(None, [record.delegate]))
        ending = record.ended
        if record.created:
            yield record.created.on
    else:
        tenures = (*record.posts, *record.locked)
        ending = record.left
    for tenure in tenures:
        yield tenure.start
        if tenure.until:
            yield later(tenure.until, 1)
    if ending:
        yield ending.on
