"""Units that an edit leaves with nobody who may open their mailbox, and why (Art. 7.2).

Both revisions are asked who has access on the same day, so that what dates bring about by
themselves is never laid to an edit. Who is locked or has left, whose term is over or who has moved
says so in dated rows of the new revision; where others followed, what counts is how the last of
these lost it. An edit that takes access away in any other way, by a row that is gone or written
over, has no such row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from hopthu.desired.state import Access, access_on
from hopthu.i18n.message import Message
from hopthu.model.fields import mapping
from hopthu.model.organisation import Organisation, Person, Tenure, Unit
from hopthu.plan.inputs import candidates, differing
from hopthu.plan.phrases import describe_day
from hopthu.source.records import Record, Source

Field = Literal["left", "locked", "heads", "delegates", "posts"]


class Office(NamedTuple):
    """An access, and the first day of the row that gives it."""

    access: Access
    since: date


@dataclass(frozen=True, slots=True)
class Ending:
    """The dated row that ended an access: of which record, in which field, from which day on."""

    record: str
    field: Field
    start: date
    what: Message
    place: str = ""

    def sentence(self) -> Message:
        """Return what happened and, if the source is known, where it is written."""
        if not self.place:
            return self.what
        return Message("{what} ({place})", what=self.what, place=self.place)

    def at(self, source: Source) -> Ending:
        """Return it with the file and line of the row."""
        records = (each for each in (*source.units, *source.people) if each.id == self.record)
        record = next(records, None)
        return replace(self, place=_place(record, self.field, self.start)) if record else self


@dataclass(frozen=True, slots=True)
class Loss:
    """A unit without custodian from the day `on`; `endings` is empty if no row explains it."""

    unit: str
    on: date
    endings: tuple[Ending, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return what `plan --format json` adds to the guard."""
        rows = [
            {"record": each.record, "field": each.field, "from": each.start.isoformat(),
             "place": each.place}
            for each in self.endings
        ]  # fmt: skip
        return {"from": self.on.isoformat(), "because": rows}

    def at(self, source: Source) -> Loss:
        """Return it with the files and lines of the rows."""
        return replace(self, endings=tuple(each.at(source) for each in self.endings))


def losses(before: Organisation, after: Organisation, on: date) -> Iterator[Loss]:
    """Yield each unit that an edit leaves without custodian, with the first day from `on`."""
    ids = differing(before, after)
    for key in sorted(before.units.keys() & after.units.keys()):
        sides = [(side, side.units[key]) for side in (before, after)]
        if not all(unit.mailbox for _, unit in sides):
            continue
        if not any(key in ids or candidates(unit) & ids for _, unit in sides):
            continue
        lost = [
            loss(after, key, day, had)
            for day in sorted({on, *_days(sides)})
            if day >= on and _open(after.units[key], day) and not custodians(after, key, day)
            if (had := custodians(before, key, day))
        ]
        if lost:  # one that no row explains before those that come earlier
            yield min(lost, key=lambda each: bool(each.endings))


def _days(sides: list[tuple[Organisation, Unit]]) -> set[date]:
    """Return the days on which somebody may gain or lose access to a unit."""
    found: set[date] = set()
    for side, unit in sides:
        people = [side.people[key] for key in candidates(unit) if key in side.people]
        rows = [*unit.heads, *unit.delegates]
        rows += [row for person in people for row in (*person.posts, *person.locked)]
        found.update(row.start for row in rows)
        found.update(row.until + timedelta(days=1) for row in rows if row.until)
        found.update(person.left.on for person in people if person.left)
    return found


def loss(organisation: Organisation, unit: str, day: date, had: Sequence[Office]) -> Loss:
    """Return that a unit has nobody on a day, and the rows that explain it if they all do."""
    last = dict.fromkeys(each for office in had for each in _last(organisation, office, day))
    endings = [each for office in last if (each := _ending(organisation, office, day))]
    return Loss(unit, day, tuple(endings) if len(endings) == len(last) else ())


def custodians(organisation: Organisation, unit: str, day: date) -> tuple[Office, ...]:
    """Return the offices by which people may open the mailbox of a unit on a day."""
    record = organisation.units[unit]
    people = {k: organisation.people[k] for k in candidates(record) if k in organisation.people}
    granted = access_on(replace(organisation, units={unit: record}, people=people).on(day))
    return tuple(office_of(record, access, day) for access in granted)


def office_of(unit: Unit, access: Access, day: date) -> Office:
    """Return the office that gives access on a day, by the last row before it."""
    begun = (row.start for row in _rows(unit, access) if row.start <= day)
    return Office(access, max(begun, default=day))


def _rows(unit: Unit, access: Access) -> list[Tenure]:
    rows = unit.heads if access.right == "head" else unit.delegates
    return [row for row in rows if row.person == access.person]


def _open(unit: Unit, day: date) -> bool:
    begun = unit.created is None or unit.created.on <= day
    return begun and not (unit.ended and unit.ended.on <= day)


def _standing(unit: Unit, office: Office, day: date) -> Tenure | None:
    """Return the row of an office as it is in this revision, None if it is gone."""
    for row in _rows(unit, office.access):
        if row.start <= day and (row.until is None or office.since <= row.until):
            return row
    return None


def _followed(unit: Unit, access: Access, row: Tenure) -> date | None:
    """Return the day on which a next row ended this one, None if none did."""
    rows = unit.heads if access.right == "head" else (*unit.heads, *unit.delegates)
    over = row.until + timedelta(days=1) if row.until else None
    return over if over in {each.start for each in rows} else None


def _last(organisation: Organisation, office: Office, day: date) -> tuple[Office, ...]:
    """Return who had access last of those who followed in an office, else the office."""
    unit = organisation.units[office.access.unit]
    row = _standing(unit, office, day)
    start = _followed(unit, office.access, row) if row else None
    if start is None:
        return (office,)
    days = sorted(each for each in _days([(organisation, unit)]) if start <= each < day)
    found = (custodians(organisation, unit.id, each) for each in reversed(days))
    return next((each for each in found if each), (office,))


def _ending(organisation: Organisation, office: Office, day: date) -> Ending | None:
    """Return the row that ended an access by `day`, None if the records have none."""
    person = organisation.people.get(office.access.person)
    unit = organisation.units[office.access.unit]
    if person and person.left and person.left.on <= day:
        on = describe_day(person.left.on)
        what = Message("{person} leaves on {day}", person=person.name, day=on)
        return Ending(person.id, "left", person.left.on, what)
    row = _standing(unit, office, day)
    if person is None or row is None:
        return None
    if moved := _move(person, unit, row, day):
        return moved
    if row.holds_on(day):
        return _lock(person, day)
    return None if _followed(unit, office.access, row) else _end_of_term(person, office, row)


def _lock(person: Person, day: date) -> Ending | None:
    for lock in person.locked:
        if lock.holds_on(day):
            on = describe_day(lock.start)
            what = Message("the lock of {person} begins on {day}", person=person.name, day=on)
            return Ending(person.id, "locked", lock.start, what)
    return None


def _end_of_term(person: Person, office: Office, row: Tenure) -> Ending | None:
    if row.until is None or row.until < row.start:
        return None
    field: Field = "heads" if office.access.right == "head" else "delegates"
    last = describe_day(row.until)
    what = Message("the term of {person} ends on {day}", person=person.name, day=last)
    return Ending(office.access.unit, field, row.start, what)


def _move(person: Person, unit: Unit, row: Tenure, day: date) -> Ending | None:
    """Return the post whose end or successor took somebody out of the unit during their term."""
    gone = person.works_until(unit.id, row.start)
    if not row.start < gone <= day:
        return None
    last = describe_day(gone - timedelta(days=1))
    what = Message("the post of {person} there ends on {day}", person=person.name, day=last)
    start = max(post.start for post in person.posts if post.start <= gone)
    return Ending(person.id, "posts", start, what)


def _place(record: Record, field: str, start: date) -> str:
    """Return the file and line of the row of a list that begins on a day, or of an event."""
    value = record.data[field]
    rows = value if isinstance(value, list) else []
    first = [n for n, row in enumerate(rows) if mapping(row)["from"] == start.isoformat()][:1]
    mark = record.at(field, *first)
    return f"{mark.file}:{mark.line}"
