"""Changes that dates in the data bring about later, without further edits (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hopthu.desired.state import desired
from hopthu.model.lifecycle import archived_on, closed_on, erased_on, later
from hopthu.model.organisation import Organisation, Person, Unit
from hopthu.model.policy import Lifecycle, Policy
from hopthu.plan.diff import Change, diff, ordered
from hopthu.plan.legal_basis import over_time
from hopthu.plan.record_diff import record_changes
from hopthu.plan.scope import affected_ids, differing, involved, restrict_to


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


def due(organisation: Organisation, policy: Policy, on: date) -> tuple[Due, ...]:
    """Return the changes of each day after `on`, as far ahead as the policy says."""
    return due_until(organisation, policy, on, later(on, policy.lifecycle.foreseen_days))


def due_until(organisation: Organisation, policy: Policy, on: date, last: date) -> tuple[Due, ...]:
    """Return the changes of each day after `on`, up to and including `last`.

    Only days on which something starts or ends are computed, and only the records it affects.
    """
    moved: dict[str, set[date]] = {}
    people = (person for person in organisation.people.values() if not _settled(person, on))
    records: list[Unit | Person] = [*organisation.units.values(), *people]
    for record in records:
        if turning := {d for d in turning_days(record, policy.lifecycle) if on < d <= last}:
            moved[record.id] = turning
    changed = {day for day in organisation.value_days() if on < day <= last}
    days = set().union(*moved.values(), _turning_domains(policy, on, last), changed)
    ids = involved(set(moved), organisation).union(
        *(affected_on(organisation, policy, day) for day in changed)
    )
    part = restrict_to(organisation, ids)
    before = desired(part, policy, on)
    found: list[Due] = []
    since = on
    for day in sorted(days):
        after = desired(part, policy, day)
        basis = over_time(organisation, since, day, policy.lifecycle)
        sides = part.at(since), part.at(day)
        valued = record_changes(*sides, (since, day), differing(*sides), basis)
        if changes := ordered([*basis.cited(diff(before, after)), *valued]):
            found.append(Due(day, changes))
        before, since = after, day
    return tuple(found)


def affected_on(organisation: Organisation, policy: Policy, day: date) -> set[str]:
    """Return the ids of everybody whose mailbox or rights may differ by the values of a day."""
    sides = organisation.at(day - timedelta(days=1)), organisation.at(day)
    return affected_ids(*sides, policy, differing(*sides))


def _turning_domains(policy: Policy, on: date, last: date) -> set[date]:
    """Return the days after `on`, up to `last`, on which a former domain begins or is over."""
    days = (day for each in policy.former_domains for day in (each.start, later(each.until, 1)))
    return {day for day in days if on < day <= last}


def _settled(person: Person, on: date) -> bool:
    """Return whether nothing about a person starts or ends after `on`, as for nearly everybody."""
    if person.left or person.locked:
        return False
    return all(post.until is None and post.start <= on for post in person.posts)


def turning_days(record: Unit | Person, policy: Lifecycle) -> Iterator[date]:
    """Yield the days on which something about the record starts, or has just ended."""
    closed = closed_on(record, policy) if record.mailbox else None
    if closed:
        yield from (closed, archived_on(closed, policy), erased_on(record, closed, policy))
    if isinstance(record, Unit):
        tenures = (*record.heads, *record.delegates)
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
