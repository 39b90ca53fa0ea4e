"""Units that an edit leaves with nobody who may open their mailbox, and why (Art. 7.2).

Both revisions are asked who has access on the same day, so that what dates bring about by
themselves is never laid to an edit. Who is locked or has left, whose term is over or who has moved
says so in dated rows of the new revision. An edit that takes access away in any other way, by a row
that is gone or written over, has no such row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

from hopthu.desired.state import Access, access_on
from hopthu.i18n.message import Message
from hopthu.model.fields import mapping
from hopthu.model.organisation import Organisation, Person, Unit, gone_from
from hopthu.plan.phrases import describe_day
from hopthu.plan.scope import candidates, differing
from hopthu.source.records import Record, Source

Field = Literal["left", "locked", "heads", "delegates", "posts"]


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
        if found := _first(before, after, key, _days(sides, on)):
            yield found


def _days(sides: list[tuple[Organisation, Unit]], on: date) -> list[date]:
    """Return `on` and the later days on which somebody may gain or lose access to a unit."""
    found = {on}
    for side, unit in sides:
        people = [side.people[key] for key in candidates(unit) if key in side.people]
        rows = [*unit.heads, *unit.delegates]
        rows += [row for person in people for row in (*person.posts, *person.locked)]
        found.update(row.start for row in rows)
        found.update(row.until + timedelta(days=1) for row in rows if row.until)
        found.update(person.left.on for person in people if person.left)
    return sorted(day for day in found if day >= on)


def _first(before: Organisation, after: Organisation, unit: str, days: list[date]) -> Loss | None:
    for day in days:
        had = custodians(before, unit, day)
        if had and _open(after.units[unit], day) and not custodians(after, unit, day):
            return loss(after, unit, day, had)
    return None


def loss(organisation: Organisation, unit: str, day: date, had: Sequence[Access]) -> Loss:
    """Return that a unit has nobody on a day, and the row that ended the access of each it had."""
    endings = [each for access in had if (each := _ending(organisation, access, day))]
    return Loss(unit, day, tuple(endings) if len(endings) == len(had) else ())


def custodians(organisation: Organisation, unit: str, day: date) -> tuple[Access, ...]:
    """Return who may open the mailbox of a unit on a day."""
    record = organisation.units[unit]
    people = {k: organisation.people[k] for k in candidates(record) if k in organisation.people}
    return access_on(replace(organisation, units={unit: record}, people=people).on(day))


def _open(unit: Unit, day: date) -> bool:
    begun = unit.created is None or unit.created.on <= day
    return begun and not (unit.ended and unit.ended.on <= day)


def _ending(organisation: Organisation, access: Access, day: date) -> Ending | None:
    """Return the row that ended an access by `day`, None if the records have none."""
    person, unit = organisation.people.get(access.person), organisation.units[access.unit]
    if person is None:
        return None
    if person.left and person.left.on <= day:
        what = Message("{person} left on {day}", person=person.id, day=person.left.on)
        return Ending(person.id, "left", person.left.on, what)
    for lock in person.locked:
        if lock.holds_on(day):
            since = describe_day(lock.start)
            what = Message("{person} has been locked since {day}", person=person.id, day=since)
            return Ending(person.id, "locked", lock.start, what)
    return _end_of_term(unit, access, day) or _move(unit, person, access, day)


def _end_of_term(unit: Unit, access: Access, day: date) -> Ending | None:
    """Return the last row of an office that is over by its own `until`, not by the next head."""
    field: Field = "heads" if access.right == "head" else "delegates"
    rows = unit.heads if field == "heads" else unit.delegates
    begins = {row.start for row in (*unit.heads, *rows)}
    for row in reversed(rows):
        over = row.until + timedelta(days=1) if row.until else None
        if row.person == access.person and over and row.start < over <= day and over not in begins:
            last = describe_day(over - timedelta(days=1))
            what = Message("the term of {person} ended on {day}", person=row.person, day=last)
            return Ending(unit.id, field, row.start, what)
    return None


def _move(unit: Unit, person: Person, access: Access, day: date) -> Ending | None:
    """Return the post whose end or successor took somebody out of the unit during their term."""
    for row in reversed(unit.heads if access.right == "head" else unit.delegates):
        gone = gone_from(person, unit.id, row.start)
        if row.person == person.id and gone and row.start < gone <= day:
            what = Message("{person} has not worked there since {day}", person=person.id, day=gone)
            starts = [post.start for post in person.posts if post.start <= gone]
            return Ending(person.id, "posts", max(starts), what)
    return None


def _place(record: Record, field: str, start: date) -> str:
    """Return the file and line of the row of a list that begins on a day, or of an event."""
    value = record.data[field]
    rows = value if isinstance(value, list) else []
    first = [n for n, row in enumerate(rows) if mapping(row)["from"] == start.isoformat()][:1]
    mark = record.at(field, *first)
    return f"{mark.file}:{mark.line}"
