"""Changes that dates in the data bring about without an edit, and what guards say (Art. 5.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from hopthu.desired.state import desired
from hopthu.model.lifecycle import archived_on, closed_on, erased_on, later
from hopthu.model.organisation import Organisation, Person, Unit
from hopthu.model.policy import Lifecycle, Policy
from hopthu.plan.diff import Change, diff
from hopthu.plan.guards.limits import judge
from hopthu.plan.guards.result import Guard, GuardInput, sizes
from hopthu.plan.inputs import Part, inputs_of, names_of, state_of, turning_rows
from hopthu.plan.origin import Origins


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


class Turn(NamedTuple):
    """The records of which something starts, or has just ended, on a day.

    `begun` are those that others look at: units that begin or end.
    """

    ids: set[str]
    begun: set[str]


def due(organisation: Organisation, policy: Policy, on: date) -> tuple[Due, ...]:
    """Return the changes of each day after `on`, as far ahead as the policy says."""
    return due_until(organisation, policy, on, later(on, policy.lifecycle.foreseen_days))


def due_until(organisation: Organisation, policy: Policy, on: date, last: date) -> tuple[Due, ...]:
    """Return the changes of each day after `on`, up to and including `last`."""
    days = turns(organisation, policy, on)
    inputs = inputs_of(organisation, organisation)
    found: list[Due] = []
    for day in sorted(day for day in days if day <= last):
        part = inputs.turning(*days[day])
        if changes := changes_of(organisation, policy, day, part):
            eve = day - timedelta(days=1)
            found.append(Due(day, Origins(organisation, eve, organisation, day).cited(changes)))
    return tuple(found)


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


def changes_of(
    organisation: Organisation, policy: Policy, day: date, part: Part | None
) -> tuple[Change, ...]:
    """Return what a day changes in a part, compared with the day before."""
    eve = day - timedelta(days=1)
    was, now = (state_of(organisation, policy, each, part) for each in (eve, day))
    return diff(was, now, names_of(organisation))


def turns(organisation: Organisation, policy: Policy, on: date) -> dict[date, Turn]:
    """Return the days after `on` on which something of records, or a former domain, turns."""
    found: dict[date, Turn] = defaultdict(lambda: Turn(set(), set()))
    for each in policy.former_domains:
        for day in (each.start, later(each.until, 1)):
            found[day].ids.update()
    records: tuple[Unit | Person, ...] = (
        *organisation.units.values(),
        *organisation.people.values(),
    )
    for record in records:
        if _settled(record, on):
            continue
        for day in turning_days(record, policy.lifecycle):
            found[day].ids.add(record.id)
        if isinstance(record, Unit):
            begun = record.created.on if record.created else None
            ended = record.ended.on if record.ended else None
            valued = [row.on for row in record.changes if row.was]
            for event in filter(None, (begun, ended, *valued)):
                found[event].begun.add(record.id)
    return {day: turn for day, turn in found.items() if on < day < date.max}


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
