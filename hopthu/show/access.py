"""Who had, has and will have access to a unit's mailbox, and when (Art. 7.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from hopthu.desired.mailbox import Access
from hopthu.desired.state import access_on, custodians_on
from hopthu.model.lifecycle import turning_days
from hopthu.model.organisation import Organisation, Person, Unit
from hopthu.model.policy import Lifecycle

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AccessSpan:
    """The access of a person from a day on; `until` is inclusive, None if no end is recorded."""

    access: Access
    start: date
    until: date | None


def access_spans(
    record: Unit | Person, organisation: Organisation, policy: Lifecycle
) -> tuple[AccessSpan, ...]:
    """Return all access to a unit's mailbox, or of a person, the oldest first.

    It is what `access_on` grants on each day on which something about these records changes.
    """
    named = {
        u.id: {t.person for t in (*u.heads, *u.delegates)} for u in organisation.units.values()
    }
    heirs = {key: organisation.heirs(key, date.max) for key in named}
    units = {
        each
        for key, had_by in heirs.items()
        if record.id == key or any(record.id in named[each] for each in had_by)
        for each in had_by
    }
    people = {person for key in units for person in named[key]}
    part = replace(
        organisation,
        units={key: organisation.units[key] for key in units},
        people={key: organisation.people[key] for key in people & organisation.people.keys()},
    )
    found = [
        each for each in _spans(part, policy) if record.id in (each.access.unit, each.access.person)
    ]
    return tuple(sorted(found, key=lambda each: (each.start, each.access.unit, each.access.person)))


def _spans(part: Organisation, policy: Lifecycle) -> Iterator[AccessSpan]:
    since: dict[Access, date] = {}
    for day in sorted({day for each in part.records() for day in turning_days(each, policy)}):
        then = part.on(day)
        now = {*access_on(then, custodians_on(part, then, policy))}
        for access in since.keys() - now:
            yield AccessSpan(access, since.pop(access), day - _DAY)
        since |= dict.fromkeys(now - since.keys(), day)
    yield from (AccessSpan(access, start, None) for access, start in since.items())
