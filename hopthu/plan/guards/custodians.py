"""Units that an edit leaves with nobody who may open their mailbox, and why (Art. 7.2).

Both revisions are asked who has access on the same day, so that what dates bring about by
themselves is never laid to an edit. Who is locked or has left, whose term is over or who has moved
says so in dated rows of the new revision; where others followed, what counts is how the last of
these lost it. An edit that takes access away in any other way, by a row that is gone or written
over, has no such row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from hopthu.desired.inputs import differing
from hopthu.desired.state import Access, access_on
from hopthu.i18n.message import Message
from hopthu.model.organisation import Organisation, Person, Tenure, Unit
from hopthu.model.phrases import describe_day
from hopthu.plan.diff import Row
from hopthu.plan.edit_words import describe_row

_ENDINGS = {
    "left": Message("{person} leaves on {day}"),
    "locked": Message("the lock of {person} begins on {day}"),
    "posts": Message("the post of {person} there ends on {day}"),
}
_TERM = Message("the term of {person} ends on {day}")


class Office(NamedTuple):
    """What gives somebody access: the list of the unit, and the first day of the row in it."""

    person: str
    list: str
    since: date


class Ending(NamedTuple):
    """The dated row that ended an access, and the day to tell of the `person`."""

    row: Row
    person: str
    day: date

    def sentence(self) -> Message:
        """Return what happened, and by which row."""
        said = _ENDINGS.get(self.row.list, _TERM)
        what = Message(said.template, person=self.person, day=describe_day(self.day))
        return Message("{what} ({place})", what=what, place=describe_row(self.row))


@dataclass(frozen=True, slots=True)
class Loss:
    """A unit without custodian from the day `on`; `endings` is empty if no row explains it."""

    unit: str
    on: date
    endings: tuple[Ending, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return what `plan --format json` adds to the guard."""
        return {"from": str(self.on), "because": [each.row._asdict() for each in self.endings]}


@dataclass(frozen=True, slots=True)
class Custody:
    """Who may open the mailbox of a unit on each day, by the rows of one revision."""

    unit: Unit
    people: dict[str, Person]

    @classmethod
    def of(cls, organisation: Organisation, unit: str) -> Custody:
        """Return the custody of a unit: nobody but its candidates can ever have it."""
        named = organisation.units[unit].candidates() & organisation.people.keys()
        return cls(organisation.units[unit], {key: organisation.people[key] for key in named})

    def on(self, day: date) -> tuple[Office, ...]:
        """Return the offices by which people may open the mailbox on a day."""
        own = Organisation({self.unit.id: self.unit}, self.people).on(day)
        granted = access_on(own, {self.unit.id: self.unit.id})
        return tuple(self.office(each, day) for each in granted)

    def office(self, access: Access, day: date) -> Office:
        """Return the office that gives access on a day, by the last row before it."""
        found = Office(access.person, "heads" if access.right == "head" else "delegates", day)
        begun = (row.start for row in self._rows(found) if row.start <= day)
        return found._replace(since=max(begun, default=day))

    def days(self) -> set[date]:
        """Return the days on which somebody may gain or lose access."""
        records: tuple[Unit | Person, ...] = (self.unit, *self.people.values())
        return {day for record in records for day in record.turns()}

    def is_open(self, day: date) -> bool:
        """Return whether the unit exists on a day."""
        begun = self.unit.created is None or self.unit.created.on <= day
        return begun and not (self.unit.ended and self.unit.ended.on <= day)

    def lost(self, day: date, had: Sequence[Office]) -> Loss:
        """Return that nobody has the mailbox on a day, and the rows that explain it if they do."""
        last = dict.fromkeys(each for office in had for each in self._last(office, day))
        endings = [each for office in last if (each := self._ending(office, day))]
        return Loss(self.unit.id, day, tuple(endings) if len(endings) == len(last) else ())

    def _rows(self, office: Office) -> list[Tenure]:
        rows: tuple[Tenure, ...] = getattr(self.unit, office.list)
        return [row for row in rows if row.person == office.person]

    def _standing(self, office: Office, day: date) -> Tenure | None:
        """Return the row of an office as it is in this revision, None if it is gone."""
        rows = (row for row in self._rows(office) if row.start <= day and office.since < row.end)
        return next(rows, None)

    def _followed(self, office: Office, row: Tenure) -> bool:
        """Return whether a next row ended this one."""
        delegates = self.unit.delegates if office.list == "delegates" else ()
        return row.end in {each.start for each in (*self.unit.heads, *delegates)}

    def _last(self, office: Office, day: date) -> tuple[Office, ...]:
        """Return who had access last of those who followed in an office, else the office."""
        row = self._standing(office, day)
        if row is None or not self._followed(office, row):
            return (office,)
        days = sorted((each for each in self.days() if row.end <= each < day), reverse=True)
        return next(filter(None, map(self.on, days)), (office,))

    def _ending(self, office: Office, day: date) -> Ending | None:
        """Return the row that ended an access by `day`, None if the records have none."""
        person, row = self.people.get(office.person), self._standing(office, day)
        if person and person.left and person.left.on <= day:
            return Ending(Row(person.id, "left", ""), person.name, person.left.on)
        if person is None or row is None:
            return None
        gone = person.works_until(self.unit.id, row.start)
        if row.start < gone <= day:  # by the end of the post, or by the one that follows it
            start = max(post.start for post in person.posts if post.start <= gone)
            last = gone - timedelta(days=1)
            return Ending(Row(person.id, "posts", str(start)), person.name, last)
        if row.holds_on(day):
            locks = (lock.start for lock in person.locked if lock.holds_on(day))
            return next(
                (Ending(Row(person.id, "locked", str(each)), person.name, each) for each in locks),
                None,
            )
        if row.until is None or row.until < row.start or self._followed(office, row):
            return None
        return Ending(Row(self.unit.id, office.list, str(row.start)), person.name, row.until)


def losses(before: Organisation, after: Organisation, on: date) -> Iterator[Loss]:
    """Yield each unit that an edit leaves without custodian, with the first day from `on`."""
    ids = differing(before, after)
    for key in sorted(before.units.keys() & after.units.keys()):
        units = [side.units[key] for side in (before, after)]
        if not all(unit.mailbox for unit in units):
            continue
        if not any(key in ids or unit.candidates() & ids for unit in units):
            continue
        was, now = (Custody.of(side, key) for side in (before, after))
        lost = [
            now.lost(day, had)
            for day in sorted({on, *was.days(), *now.days()})
            if day >= on and now.is_open(day) and not now.on(day) and (had := was.on(day))
        ]
        if lost:  # one that no row explains before those that come earlier
            yield min(lost, key=lambda each: bool(each.endings))
