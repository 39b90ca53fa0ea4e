"""Planned rows that follow a unit's beginning or end to the later day it is put off to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from hopthu.rules.context import RuleContext
from hopthu.rules.edits.immutable_history import OF_ROWS, row_key, value
from hopthu.rules.powers.competence import Competent
from hopthu.rules.rows import Row, day_before, text

_SEVERAL = 2
"""So many people who go by one decision on the day of an event go by it, and not by their own."""


def changed_fields(old: Row, new: Row) -> list[str]:
    """Return the fields that differ; another request for the same decision changes nothing."""
    fields = (field for field in (*OF_ROWS, "until") if field != "request")
    return [field for field in fields if value(old, field) != value(new, field)]


@dataclass(frozen=True)
class Postponed:
    """The beginnings and ends of units that went from a day in `old` to a later one in `new`.

    `present` are the rows of `new` by `row_key`.
    """

    old: RuleContext
    new: RuleContext
    power: Competent
    present: Mapping[tuple[str, ...], Row]

    def takes(self, row: Row) -> bool:
        """Tell whether a row that was planned is the same, but for the day to which its event went.

        That is the end of the unit somebody goes from to its successor, or the beginning of the
        unit they go to or head, and a decision on it was theirs. What puts it off stands in the
        unit.
        """
        moved = (row._replace(start=event.start) for event in self._put_off(row))
        found = filter(None, (self.present.get(row_key(each)) for each in moved))
        return any(not changed_fields(row, each) for each in found)

    def _put_off(self, row: Row) -> Iterator[Row]:
        """Yield the events that were to bring a row about, as they are on their later day."""
        new = self.new
        for event in self._events(row):
            begins = event.kind == "created"
            now = (new.created if begins else new.ended).get(event.unit)
            if now is None or now.start <= event.start:
                continue
            goes_on = begins or row.unit in new.heirs[now.unit]
            if goes_on and (row.decision == event.decision or self._planned_first(event, row)):
                yield now

    def _events(self, row: Row) -> Iterator[Row]:
        """Yield the beginning of a row's unit, and the end of the one left, if on its first day."""
        begins = self.old.created.get(row.unit) if row.kind in ("post", "head") else None
        ends = self.old.ended.get(self._left(row))
        yield from (each for each in (begins, ends) if each and each.start == row.start)

    def _planned_first(self, event: Row, row: Row) -> bool:
        """Tell whether the decision on a row planned an event that another has put off since.

        The unit no longer tells of it. It is the earlier one, of who may decide on the event, and
        several people go by it, and none by the later one.
        """
        facts, power = self.old, self.power
        going = self._going[event.kind, event.unit]
        issuer = power.issuers.get(row.decision)
        first, since = (
            text(facts.documents[each].data, "date") if each in facts.documents else ""
            for each in (row.decision, event.decision)
        )
        return (
            "" < first < since
            and event.decision not in going
            and len(going.get(row.decision, ())) >= _SEVERAL
            and issuer is not None
            and power.may("created" if event.kind == "created" else "ended", issuer, (event.unit,))
        )

    @cached_property
    def _going(self) -> dict[tuple[str, str], dict[str, set[str]]]:
        """Return who goes on the day of each event, by decision; the event by kind and unit."""
        found: dict[tuple[str, str], dict[str, set[str]]] = {}
        lists = (*self.old.posts.values(), *self.old.heads.values())
        for row in (each for listed in lists for each in listed):
            for event in self._events(row):
                by_decision = found.setdefault((event.kind, event.unit), {})
                by_decision.setdefault(row.decision, set()).add(row.person)
        return found

    def _left(self, row: Row) -> str:
        """Return the unit that a main post takes somebody out of, empty if there is none."""
        if row.kind != "post" or not row.main:
            return ""
        before = (post for post in self.old.posts.get(row.person, ()) if post.main)
        return next((post.unit for post in before if post.holds_on(day_before(row.start))), "")
