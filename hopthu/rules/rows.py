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
Kind = Literal["post", "head", "delegate", "lock", "hold", "created", "ended", "left"]
NAMES: dict[Kind, Message] = {
    "post": Message("a post"),
    "head": Message("a head"),
    "delegate": Message("a delegate"),
    "lock": Message("a lock"),
    "hold": Message("a legal hold"),
    "created": Message("how the unit began"),
    "ended": Message("how the unit ended"),
    "left": Message("how they left"),
}
_EVENTS = frozenset(("created", "ended", "left"))
MOST = 200
"""So many rows of a list are looked at; more are refused by its schema."""
NEVER = "9999-12-31"
"""The end of what is open."""


class Row(NamedTuple):
    """Something that holds, or happens, from a day on.

    `start` is its first day; `end` the first day it no longer holds, by its own `until`, by the
    next main row, by its owner leaving or its unit ending; `until` is as written. `unit` is the
    unit concerned and `person` who holds it, each empty where there is none.
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


def text(data: Map, key: str) -> str:
    """Return the text at `key`, empty where there is none."""
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
    """Return the row `value` describes, None when it says no day."""
    if not isinstance(value, dict):
        return None
    start = value.get("on" if kind in _EVENTS else "from")
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


def rows(kind: Kind, record: Record, field: str) -> list[Row]:
    """Return the rows listed at `field`, in their order, as many as a list may have."""
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
    """End each main row where the next begins, and all of them at `last` (Art. 5.2, 7.2).

    The rows keep the order they are listed in.
    """
    if len(listed) == 1 and last == NEVER:
        return list(listed)
    starts = sorted(each.start for each in listed if each.main)
    return [each._replace(end=_end(each, starts, last)) for each in listed]


def _end(each: Row, starts: Sequence[str], last: str) -> str:
    following = bisect_right(starts, each.start) if each.main else len(starts)
    return min(each.end, starts[following] if following < len(starts) else NEVER, last)
