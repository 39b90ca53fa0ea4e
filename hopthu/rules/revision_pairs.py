"""Records as two revisions have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hopthu.diagnostics.problem import Problem, shown
from hopthu.i18n.message import Message
from hopthu.model.timeline import Fact, facts_of, rows, texts
from hopthu.rules.context import RuleContext
from hopthu.source.records import Record

Between = Callable[[RuleContext, RuleContext], Iterator[Problem]]
"""A check of one revision against an earlier one, which comes first."""


def pairs(before: RuleContext, after: RuleContext, *kinds: str) -> Iterator[tuple[Record, Record]]:
    """Yield the records of `kinds` that are in both revisions, and differ."""
    for kind in kinds:
        there = {record.id: record for record in after.source.records[kind]}
        for old in before.source.records[kind]:
            if old.id in there and old.data != there[old.id].data:
                yield old, there[old.id]


def newly_cited(old: Record, new: Record) -> set[str]:
    """Return the documents by which a record was corrected since."""
    was, now = ({named for _, named in texts(each, ("corrections", "*"))} for each in (old, new))
    return now - was


def newly_changed(old: Record, new: Record) -> dict[str, frozenset[str]]:
    """Return the facts that new rows of `changes` say have changed since, with their documents."""
    was, now = (
        {
            (fact, row.start, row.decision, row.request)
            for row in rows("change", each, "changes")
            for fact in facts_of(row)
        }
        for each in (old, new)
    )
    found: dict[str, frozenset[str]] = {}
    for fact, _, *documents in now - was:
        found[fact] = found.get(fact, frozenset()).union(filter(None, documents))
    return found


def change_key(row: Fact) -> tuple[str, ...]:
    """Return what identifies a row of `changes` of a record in another revision."""
    return row.start, row.decision, row.request, *facts_of(row)


def new_changes(old: Record, new: Record) -> list[Fact]:
    """Return the rows of `changes` that are new, by their first day."""
    known = {change_key(row) for row in rows("change", old, "changes")}
    found = (row for row in rows("change", new, "changes") if change_key(row) not in known)
    return sorted(found, key=lambda row: row.start)


def edited_rows(before: RuleContext, after: RuleContext) -> tuple[list[Fact], list[Fact]]:
    """Return the rows in either revision of the records that differ, or are in one of them."""
    was, now = (_records(side) for side in (before, after))
    same = {key for key, old in was.items() if key in now and _is_same(old, now[key])}
    old, new = (
        [row for row in side.changes if (row.record.kind, row.record.id) not in same]
        for side in (before, after)
    )
    return old, new


def value_before(field: str, value: str) -> Message:
    """Return what the value of a field was."""
    if value:
        return Message("{field} was {value}", field=shown(field), value=shown(value))
    return Message("there was no {field}", field=shown(field))


def _records(side: RuleContext) -> dict[tuple[str, str], Record]:
    return {(each.kind, each.id): each for each in (*side.source.units, *side.source.people)}


def _is_same(old: Record, new: Record) -> bool:
    # A record taken over from another revision is the same object.
    return old is new or old.data == new.data
