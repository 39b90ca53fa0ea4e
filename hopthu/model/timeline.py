"""The timeline: who held what when, and what records said on each day, as far as it can be read.

Everything that depends on a day reads it here: rules through `RuleContext`, which is a `Timeline`,
the organisation through `hopthu.model.builder`. Days are compared as their ISO text, which sorts as
they do; a row whose `from` is not a day is reported for its shape and left out here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from typing import Literal, NamedTuple, TypeVar

from hopthu.diagnostics.problem import Mark
from hopthu.i18n.message import Message
from hopthu.schema.formats import iso_date
from hopthu.schema.registry import EACH
from hopthu.source.records import Record, Source
from hopthu.source.values import Map, Value

Steps = tuple[str | int, ...]
Kind = Literal["post", "head", "delegate", "lock", "hold", "created", "ended", "left", "change"]
NAMES: dict[Kind, Message] = {
    "post": Message("a post"),
    "head": Message("a head"),
    "delegate": Message("a delegate"),
    "lock": Message("a lock"),
    "hold": Message("a legal hold"),
    "created": Message("how the unit began"),
    "ended": Message("how the unit ended"),
    "left": Message("how they left"),
    "change": Message("a change of facts"),
}
EVENTS = frozenset(("created", "ended", "left", "change"))
MOST = 200
"""The most rows of a list that are examined; the schema refuses longer ones."""
DEFAULT = "default"
"""The quota of a mailbox that has none of its own: as policy defines for all."""
NEVER = "9999-12-31"
"""The end of a row without an end."""


class Fact(NamedTuple):
    """Something that holds, or happens, from a day on.

    `start` is its first day; `until` the last one as written; `term` the first day after it by the
    rows of its record: by `until`, the next main row, the owner leaving or the unit ending. `end`
    is the first day on which it no longer holds, for whatever reason: an office also ends with the
    last post of its holder in the unit. `unit` is the unit concerned and `person` who holds it, or
    an empty string.
    """

    kind: Kind
    record: Record
    steps: Steps
    start: str
    until: str
    term: str
    end: str
    person: str
    unit: str
    main: bool
    decision: str
    request: str

    def holds_on(self, day: str) -> bool:
        """Tell whether the row holds on `day`."""
        return self.start <= day < self.end

    def says(self, field: str) -> str:
        """Return the text of a field of the row as written, empty if it has none."""
        return text(written(self), field)

    def at(self, *steps: str | int) -> Mark:
        """Return the place of the row, or of what is at `steps` within it."""
        return self.record.at(*self.steps, *steps)


@cache
def day(value: str) -> str:
    """Return `value` when it is a day, else an empty string."""
    return "" if iso_date(value) else value


@cache
def day_after(value: str) -> str:
    """Return the day after `value`, which is one."""
    return (date.fromisoformat(value) + timedelta(days=1)).isoformat() if value < NEVER else NEVER


def days_after(value: str, days: int) -> str:
    """Return the day so many days after `value`, NEVER if that is beyond the calendar."""
    try:
        return (date.fromisoformat(value) + timedelta(days=days)).isoformat()
    except OverflowError:
        return NEVER


@cache
def day_before(value: str) -> str:
    """Return the day before `value`, which is one."""
    return (date.fromisoformat(value) - timedelta(days=1)).isoformat()


def text(data: Map, key: str) -> str:
    """Return the text at `key`, or an empty string."""
    value = data.get(key)
    return value if isinstance(value, str) else ""


def texts(record: Record, path: tuple[str, ...]) -> Iterator[tuple[Steps, str]]:
    """Yield every text at `path` in `record`, with the steps that lead to it."""
    yield from _texts(record.data, path, ())


def _texts(value: Value, path: tuple[str, ...], above: Steps) -> Iterator[tuple[Steps, str]]:
    if not path:
        if isinstance(value, str):
            yield above, value
    elif path[0] == EACH:
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from _texts(item, path[1:], (*above, index))
        elif isinstance(value, dict):
            for name, item in value.items():
                yield from _texts(item, path[1:], (*above, name))
    elif isinstance(value, dict) and path[0] in value:
        yield from _texts(value[path[0]], path[1:], (*above, path[0]))


def row(kind: Kind, record: Record, steps: Steps, value: Value) -> Fact | None:
    """Return the row that `value` describes, None if it has no valid date."""
    if not isinstance(value, dict):
        return None
    start = day(text(value, "on" if kind in EVENTS else "from"))
    if not start:
        return None
    until = day(text(value, "until")) if "until" in value else ""
    end = day_after(until) if until else NEVER
    on_people = record.kind == "people"
    return Fact(
        kind,
        record,
        steps,
        start,
        until,
        end,
        end,
        record.id if on_people else text(value, "person"),
        text(value, "unit") if on_people else record.id,
        value.get("main") is not False,
        text(value, "decision"),
        text(value, "request"),
    )


def written(found: Fact) -> Map:
    """Return the mapping that a row was read from."""
    value: Value = found.record.data
    for step in found.steps:
        value = value[step]  # type: ignore[index]  # a row's steps lead to it
    return value if isinstance(value, dict) else {}


def facts_of(found: Fact) -> list[str]:
    """Return the facts that a row of `changes` names, as written."""
    named = written(found).get("facts")
    return [each for each in named if isinstance(each, str)] if isinstance(named, list) else []


def died(found: Fact) -> bool:
    """Tell whether the row says that somebody died, which no document decides."""
    return found.kind == "left" and written(found).get("how") == "died"


def rows(kind: Kind, record: Record, field: str) -> list[Fact]:
    """Return the rows listed at `field`, in order, up to the longest list that is allowed."""
    items = record.data.get(field)
    if not isinstance(items, list):
        return []
    few = enumerate(items[:MOST])
    return [each for n, item in few if (each := row(kind, record, (field, n), item))]


def one(kind: Kind, record: Record, field: str) -> Fact | None:
    """Return the one row at `field`, if it is there."""
    return row(kind, record, (field,), record.data.get(field))


def succession(listed: list[Fact], last: str = NEVER) -> list[Fact]:
    """Close each main row where the next one begins, and all of them at `last` (Art. 5.2, 7.2).

    The rows keep the order they are listed in.
    """
    if len(listed) == 1 and last == NEVER:
        return listed
    starts = sorted(each.start for each in listed if each.main)
    return [_over_by(each, starts, last) for each in listed]


def _over_by(each: Fact, starts: Sequence[str], last: str) -> Fact:
    following = bisect_right(starts, each.start) if each.main else len(starts)
    end = min(each.term, starts[following] if following < len(starts) else NEVER, last)
    return each._replace(term=end, end=end)


def was(row: Fact) -> Map:
    """Return the facts that a row of `changes` says a record had before, by name."""
    stated = written(row).get("was")
    return stated if isinstance(stated, dict) else {}


def value_of(data: Map, fact: str) -> str:
    """Return the text of a fact in a record: the address of its mailbox, and the quota of all."""
    holding = data if fact != "address" else data.get("mailbox")
    found = text(holding, fact) if isinstance(holding, dict) else ""
    return found or (DEFAULT if fact == "quota" else "")


def _before(data: Map, row: Fact) -> Map:
    """Return a record as it was before a change, as far as the change says."""
    stated, mailbox = was(row), data.get("mailbox")
    changed = {**data, **{fact: value for fact, value in stated.items() if fact != "address"}}
    earlier: dict[str, Value] = {
        fact: value for fact, value in changed.items() if value is not None
    }
    if "address" in stated and isinstance(mailbox, dict):
        earlier["mailbox"] = {**mailbox, "address": stated["address"]}
    return earlier


class State(NamedTuple):
    """What a record had until a change, which is None for what it has now."""

    until: Fact | None
    data: Map


@dataclass(frozen=True)
class Values:
    """The facts of records on days gone by: the present ones, as far as no row says otherwise."""

    units: Mapping[str, Record]
    changes: Mapping[str, Sequence[Fact]]
    """The rows of `changes` of each record that has any."""

    def states(self, record: Record) -> list[State]:
        """Return what a record has, and what it had before each of its changes, latest first."""
        found = [State(None, record.data)]
        for row in self._rows_of(record.id):
            found.append(State(row, _before(found[-1].data, row)))
        return found

    def spans(self, record: Record) -> list[tuple[str, str, Map]]:
        """Return what a record has and had, each from its first day to the day it no longer has."""
        states = self.held(record)
        ends = [state.until.start if state.until else NEVER for state in states]
        return [
            (begin, end, data)
            for begin, end, (_, data) in zip([*ends[1:], ""], ends, states, strict=True)
        ]

    def held(self, record: Record) -> list[State]:
        """Return the states that held on a day: not one that was put right on its own day.

        Nobody was reached by such a name, and an edit may have put it in only to be taken out.
        """
        states = self.states(record)
        begins = [state.until.start for state in states if state.until] + [""]
        return [
            state
            for state, begin in zip(states, begins, strict=True)
            if state.until is None or begin < state.until.start
        ]

    def on(self, record: Record, day: str) -> Map:
        """Return what a record had on a day."""
        states = self.states(record)
        return [data for until, data in states if until is None or day < until.start][-1]

    def above(self, unit: str, day: str) -> tuple[str, ...]:
        """Return a unit and those above it on a day, the nearest first."""
        key = unit, self.last_move(day)
        if key not in self._above:
            found: dict[str, None] = {}
            while unit in self.units and unit not in found and len(found) < MOST:
                found[unit] = None
                unit = self._parent(unit, day)
            self._above[key] = tuple(found)
        return self._above[key]

    @cached_property
    def _above(self) -> dict[tuple[str, str], tuple[str, ...]]:
        return {}

    def ever_above(self, unit: str) -> frozenset[str]:
        """Return a unit and those that are or were above it."""
        return frozenset(each for day in self.moves for each in self.above(unit, day))

    def last_move(self, day: str) -> str:
        """Return the last day until `day` on which a unit went below another: as then it is now."""
        return self.moves[bisect_right(self.moves, day) - 1]

    @cached_property
    def moves(self) -> list[str]:
        """The days on which units went below others, in order; first the days before all these."""
        rows = (row for listed in self._stating.values() for row in listed)
        return ["", *sorted({row.start for row in rows if "parent" in was(row)})]

    @cached_property
    def _parents(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """What was right above each unit, from which day on, the latest first."""
        return {
            key: [(begin, text(data, "parent")) for begin, _, data in self.spans(record)]
            for key, record in self.units.items()
        }

    def _parent(self, unit: str, day: str) -> str:
        return next(parent for begin, parent in self._parents[unit] if begin <= day)

    def is_above_itself(self, unit: str, day: str) -> bool:
        """Tell whether a unit is above itself on a day."""
        *_, top = self.above(unit, day)
        return self._parent(top, day) == unit

    def unless_right_before(self, keys: Iterable[str], of: Container[str], fix: Message) -> Message:
        """Return a fix, and before it to state what was, if a change of such facts does not."""
        for row in (row for key in keys for row in reversed(self.changes.get(key, ()))):
            for fact in facts_of(row):
                if fact in of and fact not in was(row):
                    return Message(
                        "if it was right before {day}, say in that row of `changes` what was: "
                        "`was: {was}`; otherwise {fix}",
                        day=row.start,
                        was=f"{{{fact}: …}}",
                        fix=fix,
                    )
        return fix

    def _rows_of(self, key: str) -> Sequence[Fact]:
        return self._stating.get(key, ())

    @cached_property
    def _stating(self) -> Mapping[str, Sequence[Fact]]:
        """The rows that say what was before, of each record that has any, latest first."""
        found: dict[str, Sequence[Fact]] = {}
        for key, listed in self.changes.items():
            stating = [row for row in listed if was(row)]
            if stating:
                # Of one day the one listed last came last.
                found[key] = sorted(stating, key=lambda row: row.start)[::-1]
        return found


@dataclass(frozen=True)
class Timeline:
    """The dated facts of all records as written, each closed as the organisation closes it.

    A record may be of the wrong shape: what cannot be read is left out. Each kind of fact is worked
    out once, when somebody first asks for it.
    """

    source: Source

    @cached_property
    def units(self) -> Mapping[str, Record]:
        """The units by id; of twins the first."""
        return _by_id(self.source.units)

    @cached_property
    def people(self) -> Mapping[str, Record]:
        """The people by id; of twins the first."""
        return _by_id(self.source.people)

    @cached_property
    def documents(self) -> Mapping[str, Record]:
        """The documents by id; of twins the first."""
        return _by_id(self.source.documents)

    def holder(self, key: str) -> Record | None:
        """Return the unit or person of an id, None if there is none."""
        return self.units.get(key) or self.people.get(key)

    @cached_property
    def created(self) -> Mapping[str, Fact]:
        """How units began, by id."""
        return _events(self.units, "created")

    @cached_property
    def ended(self) -> Mapping[str, Fact]:
        """How units ended, by id."""
        return _events(self.units, "ended")

    @cached_property
    def left(self) -> Mapping[str, Fact]:
        """How people left the service, by id."""
        return _events(self.people, "left")

    @cached_property
    def posts(self) -> Mapping[str, list[Fact]]:
        """The posts of each person, ended as the organisation ends them."""
        return {
            key: succession(rows("post", record, "posts"), day_of(self.left, key))
            for key, record in self.people.items()
        }

    @cached_property
    def heads(self) -> Mapping[str, list[Fact]]:
        """The heads of each unit that has had any, ended as the organisation ends them."""
        return {key: self._officers(key, "head", "heads") for key in self._units_with("heads")}

    @cached_property
    def delegates(self) -> Mapping[str, list[Fact]]:
        """The delegates of each unit that has had any, ended as the organisation ends them.

        A delegation ends with the term of the head who gave it (Art. 7.2).
        """
        return {
            key: [
                row._replace(term=min(row.term, last), end=min(row.end, last))
                for row in self._officers(key, "delegate", "delegates")
                for last in [next((h.term for h in heads if h.start <= row.start < h.term), NEVER)]
            ]
            for key in self._units_with("delegates")
            for heads in [self.heads.get(key, ())]
        }

    def _units_with(self, field: str) -> list[str]:
        return [key for key, record in self.units.items() if field in record.data]

    def _officers(self, unit: str, kind: Kind, field: str) -> list[Fact]:
        """Return the holders of an office; each ends with their last post in the unit (Art. 7.2).

        That gives back nothing: who returns to the unit needs a new row. Of people who are not on
        record, which is reported elsewhere, only the row says.
        """
        listed = rows(kind, self.units[unit], field)
        return [
            row._replace(end=min(row.term, self.works_until(row.person, unit, row.start)))
            if self.posts.get(row.person)
            else row
            for row in succession(listed, day_of(self.ended, unit))
        ]

    @cached_property
    def locks(self) -> Mapping[str, list[Fact]]:
        """The locks of each person who has had any."""
        return {
            key: rows("lock", record, "locked")
            for key, record in self.people.items()
            if "locked" in record.data
        }

    @cached_property
    def holds(self) -> Mapping[str, Fact]:
        """The legal hold on each mailbox that has one."""
        return {**_events(self.units, "hold"), **_events(self.people, "hold")}

    @cached_property
    def fact_changes(self) -> Mapping[str, list[Fact]]:
        """The rows of `changes` of each record that has any."""
        return {
            key: rows("change", record, "changes")
            for records in (self.units, self.people)
            for key, record in records.items()
            if "changes" in record.data
        }

    @cached_property
    def past(self) -> Values:
        """What records had before their facts changed."""
        return Values(self.units, self.fact_changes)

    def since(self, record: Record) -> str:
        """Return the day a record's mailbox came to be, empty where it has always been."""
        if record.kind == "units":
            return self.created[record.id].start if record.id in self.created else ""
        return min((post.start for post in self.posts.get(record.id, ())), default="")

    def works_until(self, person: str, unit: str, day: str) -> str:
        """Return the first day from `day` on without a post in `unit`, NEVER where it is open."""
        there = (post for post in self.posts.get(person, ()) if post.unit == unit)
        return unbroken(sorted((post.start, post.end) for post in there), day)

    def lives(self, unit: str, day: str) -> bool:
        """Tell whether `unit` exists on `day`."""
        begun = unit not in self.created or self.created[unit].start <= day
        return begun and day < day_of(self.ended, unit)


Day = TypeVar("Day", str, date)


def unbroken(spans: Iterable[tuple[Day, Day]], day: Day) -> Day:
    """Return the first day from `day` on in none of the spans, which are sorted by first day."""
    for start, end in spans:
        if start <= day < end:
            day = end
    return day


def day_of(events: Mapping[str, Fact], key: str) -> str:
    """Return the day of an event of a record, NEVER if there is none."""
    return events[key].start if key in events else NEVER


def _by_id(records: tuple[Record, ...]) -> dict[str, Record]:
    found: dict[str, Record] = {}
    for record in records:
        if record.id:
            found.setdefault(record.id, record)
    return found


def _events(records: Mapping[str, Record], field: Kind) -> dict[str, Fact]:
    """Return the single rows at `field`, which bears the name of their kind."""
    found = (
        (key, one(field, record, field)) for key, record in records.items() if field in record.data
    )
    return {key: event for key, event in found if event}
