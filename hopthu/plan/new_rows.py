"""Which rows of a new record the other lines of a plan show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from hopthu.plan.diff import Change
from hopthu.plan.raw_diff import Difference
from hopthu.source.values import Map, Value

_SHOWN = {"unit", "person", "title", "from", "until", "on", "decision", "request"}
"""The fields of which a line can tell; an end says how as well, but that of a person."""
_UNTOLD = ("hold", "changes")


def shows_new_row(found: Difference, lines: Sequence[tuple[date, Change]], on: date) -> bool:
    """Tell whether lines show all that a row of a new record says.

    One that began before the day of the plan is not: a new record has no past that a line tells.
    """
    row = found.new
    start, last = _day(row.get("from", row.get("on"))), _day(row.get("until"))
    shown = _SHOWN | {"how", "into"} if found.row == "ended" else _SHOWN
    if found.row in _UNTOLD or start is None or start < on or row.keys() - shown:
        return False
    cited = {str(row[name]) for name in ("decision", "request") if name in row}
    begins = any(
        day == start and cited <= {*change.basis} and _is_of(change, found, row)
        for day, change in lines
    )
    if last is None or last == date.max:
        return begins
    over = last + timedelta(days=1)
    return begins and any(day == over and _is_of(change, found, row) for day, change in lines)


def _is_of(change: Change, found: Difference, row: Map) -> bool:
    """Tell whether a line can be the beginning or the end of a row."""
    after = change.after if isinstance(change.after, dict) else {}
    if found.row in ("heads", "delegates"):
        person = row.get("person")
        named = [*_listed(change.after), *_listed(change.before)] if change.kind == "unit" else []
        return person in named or (change.kind == "access" and person in change.id.split("/"))
    if found.row == "posts":
        same = all(row.get(name, "") == after.get(name, "") for name in ("unit", "title"))
        return same or change.action == "lock"
    if found.row == "locked":
        return change.action in ("lock", "unlock")
    if found.row == "created":
        return change.action == "create" and change.id == found.id
    return change.action in ("close", "redirect") and change.id == found.id


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _day(value: Value) -> date | None:
    return date.fromisoformat(str(value)) if value else None
