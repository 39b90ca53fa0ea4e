"""The rows of records that decide on a day about a mailbox, a post or a right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from hopthu.model.facts import Fact
from hopthu.model.organisation import (
    Creation,
    Ending,
    FactChange,
    Organisation,
    Person,
    Tenure,
    Unit,
)

Row = Tenure | Creation | Ending
Record = Unit | Person


def statement(record: Record, day: date) -> Row | None:
    """Return the row by which a mailbox is open, locked or closed on a day.

    None before a person's first post; and for a unit that has always existed.
    """
    if isinstance(record, Unit):
        if record.ended and record.ended.on <= day:
            return record.ended
        return record.created if record.created and record.created.on <= day else None
    if record.left and record.left.on <= day:
        return record.left
    now = place(record, day)
    if now is None or not now.holds_on(day):
        return now
    return next((lock for lock in record.locked if lock.holds_on(day)), now)


def place(person: Person, day: date) -> Tenure | None:
    """Return the main post of a day; without a post, the last one that has begun."""
    begun = [post for post in person.posts if post.start <= day]
    held = [post for post in begun if post.holds_on(day)] or begun
    main = [post for post in held if post.main] or held
    return max(main, key=lambda post: post.start, default=None)


def post(person: Person, unit: str, day: date) -> Tenure | None:
    """Return the last post of a person in a unit that has begun on a day."""
    begun = [post for post in person.posts if post.unit == unit and post.start <= day]
    return max(begun, key=lambda post: post.start, default=None)


def office(unit: Unit | None, right: str, person: str, day: date, *, over: bool) -> Tenure | None:
    """Return the row by which a person is head or delegate of a unit; if `over`, or was."""
    if unit is None:
        return None
    rows = unit.heads if right == "head" else unit.delegates
    held = [row for row in rows if row.person == person and row.start <= day]
    held = [row for row in held if over or row.holds_on(day)]
    return max(held, key=lambda row: row.start, default=None)


def endings(unit: Unit, units: Mapping[str, Unit], day: date) -> Mapping[str, Ending]:
    """Return by unit how a unit ended, and the successors that have ended since."""
    found: dict[str, Ending] = {}
    pending = [unit.id]
    while pending:
        key = pending.pop(0)
        step = units.get(key)
        if step and step.ended and step.ended.on <= day and key not in found:
            found[key] = step.ended
            pending += step.ended.into
    return found


def counterpart(record: Record | None, row: Row) -> Row | None:
    """Return what a record of another revision says in place of a row.

    Dated rows are the same if they are of one kind and have the same first day and holder.
    """
    if record is None:
        return None
    if isinstance(row, Creation):
        return record.created if isinstance(record, Unit) else None
    if isinstance(row, Ending):
        return record.ended if isinstance(record, Unit) else record.left
    if not row.person and not row.unit:
        return record.hold
    return next((each for each in _like(record, row) if _key(each) == _key(row)), None)


def replaced(record: Record | None, now: Record | None, row: Row) -> Row | None:
    """Return the row of an earlier `record` that a row of `now` is an edit of.

    It is the same row, or, if it has another unit or person, one of that first day that `now` no
    longer has.
    """
    if record is None:
        return None
    same = counterpart(record, row)
    if same or not isinstance(row, Tenure):
        return same
    alike: Iterable[Tenure] = _like(record, row)
    if isinstance(record, Unit) and isinstance(now, Unit):
        alike = record.heads if row in now.heads else record.delegates
    same_day = (each for each in alike if each.start == row.start)
    return next((each for each in same_day if counterpart(now, each) is None), None)


def successor(record: Record, row: Tenure) -> Tenure | None:
    """Return the row that ends another: the next main post, head or delegate; or the next head."""
    if row.until is None or row.until == date.max:
        return None
    start = row.until + timedelta(days=1)
    if isinstance(record, Person):
        rows: Iterable[Tenure] = record.posts if row.unit and row.main else ()
    else:
        rows = record.heads if row in record.heads else (*record.delegates, *record.heads)
    return next((each for each in rows if each.main and each.start == start), None)


def stated(record: Record | None, fact: Fact) -> Sequence[FactChange]:
    """Return the rows of `changes` that name a fact, each as if it named no other."""
    rows = record.changes if record else ()
    return [replace(row, facts=(fact,)) for row in rows if fact in row.facts]


def dated_end(record: Record | None, row: Row) -> Fact | None:
    """Return the fact under which `changes` name the last day of a row of a record."""
    if not isinstance(row, Tenure):
        return None
    if not row.person:
        return "hold"
    if isinstance(record, Unit):
        return "heads" if row in record.heads else "delegates"
    return "posts" if row.unit else "locked"


def record_of(organisation: Organisation, key: str) -> Record | None:
    """Return the unit or person of an id."""
    return organisation.units.get(key) or organisation.people.get(key)


def _like(record: Record, row: Tenure) -> Iterable[Tenure]:
    if isinstance(record, Unit):
        return (*record.heads, *record.delegates)
    return record.posts if row.unit else record.locked


def _key(row: Tenure) -> tuple[date, str, str]:
    return row.start, row.person, row.unit
