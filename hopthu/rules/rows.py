"""The dated rows of records, as far as they can be read: posts, heads, delegates, locks, events.

Days are compared as their ISO text, which sorts as they do; a row whose `from` is no day is
reported for its shape and left out here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Literal, NamedTuple

from hopthu.i18n.message import Message
from hopthu.schema.formats import iso_date
from hopthu.schema.registry import EACH
from hopthu.source.records import Record
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
NEVER = "9999-12-31"
"""The end of a row without an end."""


class Row(NamedTuple):
    """Something that holds, or happens, from a day on.

    `start` is its first day; `end` the first day it no longer holds, by its own `until`, by the
    next main row, by its owner leaving or its unit ending; `until` is as written. `unit` is the
    unit concerned and `person` who holds it, or an empty string.
    """

    kind: Kind
    record: Record
    steps: Steps
    start: str
    until: str
    end: str
    person: str
    unit: str
    main: bool
    decision: str
    request: str

    def holds_on(self, day: str) -> bool:
        """Tell whether the row holds on `day`."""
        return self.start <= day < self.end


@cache
def day(value: str) -> str:
    """Return `value` when it is a day, else an empty string."""
    return "" if iso_date(value) else value


@cache
def day_after(value: str) -> str:
    """Return the day after `value`, which is one."""
    return (date.fromisoformat(value) + timedelta(days=1)).isoformat() if value < NEVER else NEVER


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


def row(kind: Kind, record: Record, steps: Steps, value: Value) -> Row | None:
    """Return the row that `value` describes, None if it has no valid date."""
    if not isinstance(value, dict):
        return None
    start = value.get("on" if kind in EVENTS else "from")
    start = day(start) if isinstance(start, str) else ""
    if not start:
        return None
    until = day(text(value, "until")) if "until" in value else ""
    on_people = record.kind == "people"
    return Row(
        kind,
        record,
        steps,
        start,
        until,
        day_after(until) if until else NEVER,
        record.id if on_people else text(value, "person"),
        text(value, "unit") if on_people else record.id,
        value.get("main") is not False,
        text(value, "decision"),
        text(value, "request"),
    )


def written(found: Row) -> Map:
    """Return the mapping that a row was read from."""
    value: Value = found.record.data
    for step in found.steps:
        value = value[step]  # type: ignore[index]  # a row's steps lead to it
    return value if isinstance(value, dict) else {}


def facts_of(found: Row) -> list[str]:
    """Return the facts that a row of `changes` names, as written."""
    named = written(found).get("facts")
    return [each for each in named if isinstance(each, str)] if isinstance(named, list) else []


def died(found: Row) -> bool:
    """Tell whether the row says that somebody died, which no document decides."""
    return found.kind == "left" and written(found).get("how") == "died"


def rows(kind: Kind, record: Record, field: str) -> list[Row]:
    """Return the rows listed at `field`, in order, up to the longest list that is allowed."""
    items = record.data.get(field)
    if not isinstance(items, list):
        return []
    few = enumerate(items[:MOST])
    found = (row(kind, record, (field, index), item) for index, item in few)
    return [each for each in found if each]


def one(kind: Kind, record: Record, field: str) -> Row | None:
    """Return the one row at `field`, if it is there."""
    return row(kind, record, (field,), record.data.get(field))


def succession(listed: Sequence[Row], last: str = NEVER) -> list[Row]:
    """Close each main row where the next one begins, and all of them at `last` (Art. 5.2, 7.2).

    The rows keep the order they are listed in.
    """
    if len(listed) == 1 and last == NEVER:
        return list(listed)
    starts = sorted(each.start for each in listed if each.main)
    return [each._replace(end=_end(each, starts, last)) for each in listed]


def _end(each: Row, starts: Sequence[str], last: str) -> str:
    following = bisect_right(starts, each.start) if each.main else len(starts)
    return min(each.end, starts[following] if following < len(starts) else NEVER, last)
