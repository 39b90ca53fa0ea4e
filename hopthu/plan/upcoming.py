"""Changes that dates in the data bring about without an edit, and what guards say (Art. 5.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from types import MappingProxyType
from typing import Any

from hopthu.desired.state import desired
from hopthu.model.lifecycle import archived_on, closed_on, erased_on, later
from hopthu.model.organisation import Organisation, Person, Unit
from hopthu.model.policy import Lifecycle, Policy
from hopthu.plan.diff import Change, diff
from hopthu.plan.guards.limits import judge
from hopthu.plan.guards.result import Guard, GuardInput, sizes
from hopthu.plan.inputs import (
    Inputs,
    Part,
    inputs_of,
    names_of,
    read_by,
    state_of,
    turning_rows,
)
from hopthu.plan.origin import Edited, Origins


@dataclass(frozen=True, slots=True)
class Due:
    """The changes of one day."""

    on: date
    changes: tuple[Change, ...]

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return one of the `due` days of `plan --format json`."""
        return {
            "on": self.on.isoformat(),
            "changes": [change.as_dict(language) for change in self.changes],
        }


@dataclass(frozen=True, slots=True)
class Dated:
    """The changes of the days after `since`, up to and including `on`, without an edit.

    `guards` judge what an apply on the day `on` would change all at once.
    """

    since: date
    on: date
    days: tuple[Due, ...] = ()
    guards: tuple[Guard, ...] = ()

    @property
    def refused(self) -> tuple[Guard, ...]:
        """The guards that would refuse the apply."""
        return tuple(guard for guard in self.guards if not guard.passed)

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return it as `daily --format json` and `history --format json` print it."""
        return {
            "since": self.since.isoformat(),
            "on": self.on.isoformat(),
            "days": [day.as_dict(language) for day in self.days],
            "guards": [guard.as_dict() for guard in self.refused],
        }


def due(organisation: Organisation, policy: Policy, on: date) -> tuple[Due, ...]:
    """Return the changes of each day after `on`, as far ahead as the policy says."""
    return due_until(organisation, policy, on, later(on, policy.lifecycle.foreseen_days))


def due_until(organisation: Organisation, policy: Policy, on: date, last: date) -> tuple[Due, ...]:
    """Return the changes of each day after `on`, up to and including `last`."""
    inputs = inputs_of(organisation, organisation)
    days = changes_by_day(organisation, policy, on, inputs, last=last)
    return tuple(Due(day, changes) for day, changes in days if changes)


def dated(organisation: Organisation, policy: Policy, since: date, on: date) -> Dated:
    """Return what falls due after the day `since`, up to and including `on`."""
    days = due_until(organisation, policy, since, on)
    if not days:
        return Dated(since, on)
    was, now = (desired(organisation, policy, day) for day in (since, on))
    changes = Origins(organisation, since, organisation, on).cited(diff(was, now))
    case = GuardInput(
        changes, was, now, organisation, organisation, sizes(organisation, since), policy, policy,
        on,
    )  # fmt: skip
    return Dated(since, on, days, judge(case))


def changes_by_day(
    organisation: Organisation,
    policy: Policy,
    on: date,
    inputs: Inputs,
    part: Part | None = None,
    edited: Edited = MappingProxyType({}),
    last: date = date.max,
) -> Iterator[tuple[date, tuple[Change, ...]]]:
    """Yield what dates change in a part, of all if it is None, on each day after `on` until `last`.

    A day is compared with the day before it, as far as something turns that it is computed from.
    """
    turns = _turns(organisation if part is None else read_by(organisation, part), policy, on)
    for day, ids in sorted(item for item in turns.items() if item[0] <= last):
        units = (organisation.units[key] for key in ids if key in organisation.units)
        turning = inputs.turning(ids, [unit.id for unit in units if day in _bounds(unit)])
        turning = turning if part is None else turning & part
        eve = day - timedelta(days=1)
        was, now = (state_of(organisation, policy, each, turning) for each in (eve, day))
        changes = diff(was, now, names_of(organisation))
        yield day, Origins(organisation, eve, organisation, day, edited).cited(changes)


def _turns(organisation: Organisation, policy: Policy, on: date) -> Mapping[date, set[str]]:
    """Return the days after `on` on which a former domain, or something of records, turns."""
    found: dict[date, set[str]] = defaultdict(set)
    for each in policy.former_domains:
        found.update({each.start: set(), later(each.until, 1): set()})  # of no record
    records = chain[Unit | Person](organisation.units.values(), organisation.people.values())
    for record in records:
        if not _settled(record, on):
            for day in turning_days(record, policy.lifecycle):
                found[day].add(record.id)
    return {day: ids for day, ids in found.items() if on < day < date.max}


def _bounds(unit: Unit) -> set[date]:
    """Return the days on which a unit begins, ends or changes: others look at it."""
    events = (unit.created, unit.ended, *(row for row in unit.changes if row.was))
    return {event.on for event in events if event}


def _settled(record: Unit | Person, on: date) -> bool:
    """Return whether nothing about a person starts or ends after `on`, as for nearly everybody."""
    if isinstance(record, Unit) or record.left or record.locked or record.changes:
        return False
    return all(post.until is None and post.start <= on for post in record.posts)


def turning_days(record: Unit | Person, policy: Lifecycle) -> Iterator[date]:
    """Yield the days on which something about the record starts, or has just ended."""
    closed = closed_on(record, policy) if record.mailbox else None
    if closed:
        yield from (closed, archived_on(closed, policy), erased_on(record, closed, policy))
    yield from turning_rows(record)
