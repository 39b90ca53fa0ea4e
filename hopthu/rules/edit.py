"""An edit: what two revisions have in common, and what differs; the rules of edits read it here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from hopthu.diagnostics.problem import Problem, shown
from hopthu.i18n.message import Message
from hopthu.model.timeline import Fact, facts_of, rows, texts
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.competence import Competent
from hopthu.source.records import Record

Key = tuple[str, ...]


class Pair(NamedTuple):
    """A record as two revisions have it."""

    old: Record
    new: Record

    def corrected_by(self) -> set[str]:
        """Return the documents by which the record was corrected since."""
        was, now = ({named for _, named in texts(each, ("corrections", "*"))} for each in self)
        return now - was

    def changed(self) -> dict[str, frozenset[str]]:
        """Return the facts that new rows of `changes` say have changed, with their documents."""
        was, now = (
            {
                (fact, row.start, row.decision, row.request)
                for row in rows("change", each, "changes")
                for fact in facts_of(row)
            }
            for each in self
        )
        found: dict[str, frozenset[str]] = {}
        for fact, _, *documents in now - was:
            found[fact] = found.get(fact, frozenset()).union(filter(None, documents))
        return found

    def changes(self) -> list[tuple[Fact | None, Fact]]:
        """Return the rows of `changes` by their first day, each as it was before, if it was."""
        known = {key_of(row): row for row in rows("change", self.old, "changes")}
        found = sorted(rows("change", self.new, "changes"), key=lambda row: row.start)
        return [(known.get(key_of(row)), row) for row in found]


@dataclass(frozen=True)
class Edit:
    """The records before and after an edit, with the policy of each."""

    before: RuleContext
    after: RuleContext

    @cached_property
    def power(self) -> Competent:
        """Who may decide on what after the edit."""
        return Competent(self.after)

    @property
    def is_first(self) -> bool:
        """Tell whether it is a first load, which adds everything and brings its history."""
        return not self.before.documents

    def pairs(self, *kinds: str) -> Iterator[Pair]:
        """Yield the records of `kinds` that are in both revisions, and differ."""
        for kind in kinds:
            yield from self._pairs[kind]

    def rows(self) -> Iterator[tuple[Fact | None, Fact | None]]:
        """Yield the rows of records that differ, each as before and as it is now."""
        was, now = ({key_of(row): row for row in listed} for listed in (self.old, self.new))
        yield from ((row, now.get(key_of(row))) for row in self.old)
        yield from ((None, row) for row in self.new if key_of(row) not in was)

    def kept(self) -> Iterator[tuple[Pair, Fact, Fact | None]]:
        """Yield the rows that were in records which are still there, and what became of each."""
        policy = next(iter(self.after.source.policy), None)
        for old, new in self.rows():
            of_policy = old is not None and old.record.kind == "policy"
            here = policy if of_policy else old and self.after.holder(old.record.id)
            if old and here:
                yield Pair(old.record, here), old, new

    def added(self) -> Iterator[Fact]:
        """Yield the rows that were not there."""
        yield from (new for old, new in self.rows() if new and not old)

    @cached_property
    def old(self) -> list[Fact]:
        """The rows before the edit, of records that differ or are gone."""
        return self._rows(self.before)

    @cached_property
    def new(self) -> list[Fact]:
        """The rows after the edit, of records that differ or are new."""
        return self._rows(self.after)

    def _rows(self, side: RuleContext) -> list[Fact]:
        return [row for row in side.changes if (row.record.kind, row.record.id) not in self._same]

    @cached_property
    def _same(self) -> frozenset[Key]:
        there, here = (
            {(r.kind, r.id) for r in (*side.source.units, *side.source.people)}
            for side in (self.before, self.after)
        )
        differing = self.pairs("units", "people")
        return frozenset(there & here - {(pair.old.kind, pair.old.id) for pair in differing})

    @cached_property
    def _pairs(self) -> Mapping[str, list[Pair]]:
        found: dict[str, list[Pair]] = {}
        for kind in ("units", "people", "documents"):
            there = {record.id: record for record in self.after.source.records[kind]}
            both = (
                Pair(old, there[old.id])
                for old in self.before.source.records[kind]
                if old.id in there
            )
            # A record taken over from another revision is the same object.
            found[kind] = [p for p in both if p.old is not p.new and p.old.data != p.new.data]
        return found


CheckEdit = Callable[[Edit], Iterator[Problem]]
"""A check of an edit."""


def key_of(row: Fact) -> Key:
    """Return what identifies a row in another revision; a change of facts is all that it says."""
    key = row.kind, row.record.id, row.start, row.unit, row.person
    if row.kind == "change":
        return *key, row.decision, row.request, *facts_of(row)
    return key


def value_before(field: str, value: str) -> Message:
    """Return what the value of a field was."""
    if value:
        return Message("{field} was {value}", field=shown(field), value=shown(value))
    return Message("there was no {field}", field=shown(field))
