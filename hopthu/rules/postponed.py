"""Planned rows that follow a unit's beginning or end to the later day it is put off to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hopthu.rules.context import RuleContext
from hopthu.rules.immutable_history import OF_ROWS, row_key, value
from hopthu.rules.rows import Row, day_before


def changed_fields(old: Row, new: Row) -> list[str]:
    """Return the fields that differ; another request for the same decision changes nothing."""
    fields = (field for field in (*OF_ROWS, "until") if field != "request")
    return [field for field in fields if value(old, field) != value(new, field)]


def follows(
    row: Row, old: RuleContext, new: RuleContext, present: Mapping[tuple[str, ...], Row]
) -> bool:
    """Tell whether a row that was planned is the same, but for the day to which its event went.

    That is the end of the unit somebody goes from to its successor, or the beginning of the unit
    they go to or head, and the decision on it was theirs. What puts it off stands in the unit.
    `present` are the rows of `new` by `row_key`.
    """
    moved = (row._replace(start=event.start) for event in _put_off(row, old, new))
    found = filter(None, (present.get(row_key(each)) for each in moved))
    return any(not changed_fields(row, each) for each in found)


def _put_off(row: Row, old: RuleContext, new: RuleContext) -> Iterator[Row]:
    """Yield the events that were to bring a row about, as they are on their later day."""
    begins = old.created.get(row.unit) if row.kind in ("post", "head") else None
    ends = old.ended.get(_left(row, old))
    for event, now in (
        (begins, new.created.get(row.unit)),
        (ends, new.ended.get(ends.unit) if ends else None),
    ):
        if event is None or now is None:
            continue
        of_one_decision = (event.start, event.decision) == (row.start, row.decision)
        goes_on = event is begins or row.unit in new.heirs[now.unit]
        if of_one_decision and goes_on and now.start > event.start:
            yield now


def _left(row: Row, old: RuleContext) -> str:
    """Return the unit that a main post takes somebody out of, empty if there is none."""
    if row.kind != "post" or not row.main:
        return ""
    before = (post for post in old.posts.get(row.person, ()) if post.main)
    return next((post.unit for post in before if post.holds_on(day_before(row.start))), "")
