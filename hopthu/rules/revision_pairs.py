"""Records as two revisions have them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from hopthu.diagnostics.problem import Problem
from hopthu.model.timeline import facts_of, rows, texts
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
    return _corrections(new) - _corrections(old)


def newly_changed(old: Record, new: Record) -> dict[str, frozenset[str]]:
    """Return the facts that new rows of `changes` say have changed since, with their documents."""
    found: dict[str, frozenset[str]] = {}
    for fact, _, *documents in _changes(new) - _changes(old):
        found[fact] = found.get(fact, frozenset()).union(filter(None, documents))
    return found


def _corrections(record: Record) -> set[str]:
    return {named for _, named in texts(record, ("corrections", "*"))}


def _changes(record: Record) -> set[tuple[str, str, str, str]]:
    return {
        (fact, row.start, row.decision, row.request)
        for row in rows("change", record, "changes")
        for fact in facts_of(row)
    }


def differing(before: RuleContext, after: RuleContext) -> tuple[RuleContext, RuleContext]:
    """Return both revisions with those units and people only that differ, or are in one of them.

    What a record says in its rows follows from the record alone.
    """
    was, now = (
        narrowed(
            side,
            units=_not_in(other.source.units, side.source.units),
            people=_not_in(other.source.people, side.source.people),
        )
        for side, other in ((before, after), (after, before))
    )
    return was, now


def narrowed(facts: RuleContext, **kinds: Iterable[Record]) -> RuleContext:
    """Return the same facts with other records of some kinds."""
    records = {**facts.source.records, **{kind: tuple(kinds[kind]) for kind in kinds}}
    return replace(facts, source=replace(facts.source, records=records))


def _not_in(others: Sequence[Record], records: Sequence[Record]) -> Iterator[Record]:
    """Yield the records that are otherwise, or not at all, among the others."""
    shared = set(map(id, others))  # a record taken over from another revision is the same object
    there = {other.id: other.data for other in others}
    for record in records:
        if id(record) not in shared and there.get(record.id) != record.data:
            yield record
