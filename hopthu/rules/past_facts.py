"""What records were before their facts changed, as their rows of `changes` say under `was`.

A record has the values of today. What was decided before a unit went to another parent, or given
before somebody had another name, is judged by the values of that day (Art. 5.1, 5.2).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from hopthu.i18n.message import Message
from hopthu.rules.rows import MOST, Row, day_before, facts_of, text, written
from hopthu.source.records import Record
from hopthu.source.values import Map


def was(row: Row) -> Map:
    """Return the facts that a row of `changes` says a record had before, by name."""
    stated = written(row).get("was")
    return stated if isinstance(stated, dict) else {}


class State(NamedTuple):
    """What a record had until a change, which is None for what it has now."""

    until: Row | None
    data: Map


@dataclass(frozen=True)
class PastFacts:
    """The facts of records on days gone by: the present ones, as far as no row says otherwise."""

    units: Mapping[str, Record]
    changes: Mapping[str, Sequence[Row]]
    """The rows of `changes` of each record that has any."""

    def states(self, record: Record) -> list[State]:
        """Return what a record has, and what it had before each of its changes, latest first."""
        found = [State(None, record.data)]
        for row in self._rows_of(record.id):
            found.append(State(row, {**found[-1].data, **was(row)}))
        return found

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
        found: dict[str, None] = {}
        while unit in self.units and unit not in found and len(found) < MOST:
            found[unit] = None
            unit = text(self.on(self.units[unit], day), "parent")
        return tuple(found)

    def moved(self, above: Mapping[str, Iterable[str]]) -> frozenset[str]:
        """Return the units that had others above them, once; `above` are those of today."""
        went = {unit for unit in self.units if any("parent" in was(r) for r in self._rows_of(unit))}
        if not went:
            return frozenset()
        return frozenset(unit for unit in self.units if not went.isdisjoint(above.get(unit, ())))

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

    @cached_property
    def days(self) -> frozenset[str]:
        """The last days on which something was as it is no longer."""
        return frozenset(day_before(row.start) for rows in self._stating.values() for row in rows)

    def _rows_of(self, key: str) -> Sequence[Row]:
        return self._stating.get(key, ())

    @cached_property
    def _stating(self) -> Mapping[str, Sequence[Row]]:
        """The rows that say what was before, of each record that has any, latest first."""
        found: dict[str, Sequence[Row]] = {}
        for key, listed in self.changes.items():
            stating = [row for row in listed if was(row)]
            if stating:
                # Of one day the one listed last came last.
                found[key] = sorted(stating, key=lambda row: row.start)[::-1]
        return found
