"""Which differences of the records the other lines of a plan already show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hopthu.model.organisation import Organisation
from hopthu.plan.diff import Change
from hopthu.plan.new_rows import shows_new_row
from hopthu.plan.raw_diff import Difference
from hopthu.source.values import Map, Value

Lines = Sequence[tuple[date, Change]]
_RECORD_FIELDS = ("short", "kind", "parent", "regulation", "category")
"""Fields of which `record_diff` has a line each."""


@dataclass(frozen=True, slots=True)
class Told:
    """The lines of a plan with their days, by the unit or person they are about.

    `policy` has the keys of the policy with a line, `cited` the documents that lines rest on.
    """

    lines: Mapping[str, Lines]
    policy: frozenset[str]
    cited: frozenset[str]
    on: date
    sides: Sequence[Organisation]

    def rest(self, found: Difference) -> Difference | None:
        """Return what no line shows of a difference; None if that is nothing."""
        lines = self.lines.get(found.id, ())
        if found.kind == "documents":
            return found
        if found.fresh and found.row not in ("", "mailbox"):
            return None if shows_new_row(found, lines, self.on) else found
        if found.before is None or found.after is None:
            shown = self._row(found, lines) if found.row else bool(lines)
            return None if shown else found
        if not found.after:
            return None if lines else found
        left = [name for name in found.after if not self._field(found, name, lines)]
        was, now = ({name: side[name] for name in left} for side in (found.before, found.after))
        return found._replace(before=was, after=now) if left else None

    def shows_policy(self, key: str) -> bool:
        """Return whether a line shows a change of a key of the policy, or of one above or below."""
        return any(
            f"{name}.".startswith(f"{key}.") or f"{key}.".startswith(f"{name}.")
            for name in self.policy
        )

    def _row(self, found: Difference, lines: Lines) -> bool:
        """Return whether a line shows that a whole row is new, or gone."""
        if found.row == "mailbox":
            return any(change.kind == "address" for _, change in lines)
        if found.row == "changes":
            return _rests_on(found.new, lines) and self._was_so(found)
        days = {*self._days(found, found.old), *self._days(found, found.new)}
        row = found.new or found.old
        return any(day in days and _is_about(change, found, row) for day, change in lines)

    def _was_so(self, found: Difference) -> bool:
        """Return whether a record had until the plan what its row says it had before.

        A line of the change has that; anything else a row says of the past no line has.
        """
        was, before = found.new.get("was"), self.sides[-1]
        record = before.units.get(found.id) or before.people.get(found.id)
        if not isinstance(was, dict) or record is None:
            return True
        return all(getattr(record, fact, None) == value for fact, value in was.items())

    def _field(self, found: Difference, name: str, lines: Lines) -> bool:
        """Return whether a line shows that a field has another value."""
        if not found.row:
            return any(_shows_field(change, name, found.old.get(name)) for _, change in lines)
        if found.row == "mailbox" and name == "former":
            return _shows_former(found, lines)
        if found.row == "mailbox":
            return name in ("address", "aliases") and _shows_addresses(found, lines)
        days: set[date] = set()
        if name in ("until", "on"):
            days = {*self._turns(found.old, found.new, name)}
        elif name in ("title", "unit", "person", "main", "how", "into", "address_to"):
            days = {*self._days(found, found.old), *self._days(found, found.new)}
        return any(
            day in days and _is_about(change, found, found.new, name) for day, change in lines
        )

    def _days(self, found: Difference, row: Map) -> Iterator[date]:
        """Yield the day on which a line would show the row, unless it was over before the plan."""
        start = _day(row.get("from", row.get("on")))
        if start is None:
            return
        if start > self.on:
            yield start
        elif (until := self._until(found.id, row)) is None or until >= self.on:
            yield self.on

    def _until(self, key: str, row: Map) -> date | None:
        """Return the last day of a row: its own, or the eve of the next one."""
        for side in self.sides:
            unit, person = side.units.get(key), side.people.get(key)
            for each in (*unit.heads, *unit.delegates) if unit else person.posts if person else ():
                holder = row.get("person") if unit else row.get("unit")
                same = each.start.isoformat() == row.get("from")
                if same and holder == (each.person if unit else each.unit):
                    return each.until
        return _day(row.get("until"))

    def _turns(self, old: Map, new: Map, name: str) -> Iterator[date]:
        """Yield the days on which the old and the new end, or beginning, would show."""
        days = [_day(row.get(name)) for row in (old, new)]
        if name == "until":
            days = [day and day + timedelta(days=1) for day in days if day != date.max]
        yield from (day for day in days if day and day > self.on)
        if len({day is not None and day <= self.on for day in days}) > 1:
            yield self.on


def told_by(lines: Iterable[tuple[date, Change]], on: date, sides: Sequence[Organisation]) -> Told:
    """Return what the `lines` of a plan for the day `on` show; `sides` are both revisions."""
    found: dict[str, list[tuple[date, Change]]] = defaultdict(list)
    policy: set[str] = set()
    cited: set[str] = set()
    for day, change in lines:
        cited.update(change.basis)
        if change.kind == "policy":
            policy.add(change.id)
        for key in change.records():
            found[key].append((day, change))
    return Told(found, frozenset(policy), frozenset(cited), on, sides)


def _is_about(change: Change, found: Difference, row: Map, name: str = "") -> bool:
    """Return whether a line can be the effect of a row, or of one of its fields."""
    fields = {*_keys(change.before), *_keys(change.after)}
    of_field = {
        "title": "title" in fields,
        "how": "how" in fields,
        "into": change.action == "redirect" or "into" in fields,
        "address_to": change.kind == "address",
    }
    if name in of_field:
        return of_field[name]
    return _is_about_row(change, found, row, fields)


def _is_about_row(change: Change, found: Difference, row: Map, fields: set[str]) -> bool:
    of_office = found.row in ("heads", "delegates")
    if found.row == "hold":
        return "until" in fields or change.action in ("erase", "archive")
    if change.kind == "access":
        return not of_office or row.get("person") in change.id.split("/")
    if of_office:
        return change.kind == "unit" and isinstance(change.after, list)
    if found.row == "posts" and change.action == "change":
        return not fields.isdisjoint({"unit", "title"})
    return change.kind in ("mailbox", "unit") and change.action != "change"


def _rests_on(row: Map, lines: Lines) -> bool:
    """Return whether a line shows what a row of `changes` is the basis of."""
    cited = {str(row[name]) for name in ("decision", "request") if name in row}
    return any(cited <= set(change.basis) for _, change in lines) if cited else False


def _shows_field(change: Change, name: str, old: Value) -> bool:
    if change.action == "create":
        return name == "name" or (name == "store" and change.kind == "mailbox")
    if name in _RECORD_FIELDS:
        return change.kind in ("unit", "person") and name in _keys(change.before)
    if name == "name":
        renamed = change.kind == "unit" and change.before == old
        return renamed or (change.kind == "mailbox" and name in _keys(change.after))
    return name == "store" and change.kind == "mailbox" and change.action in ("move", "create")


def _shows_addresses(found: Difference, lines: Lines) -> bool:
    """Return whether each local part that is new or gone has a line, or the new primary one."""
    old, new = _locals(found.old), _locals(found.new)
    former = {*_listed(found.old.get("former")), *_listed(found.new.get("former"))}
    ids = (c.id for _, c in lines if c.kind == "address" and c.id not in former)
    shown = {each.split("@")[0] for each in ids}
    if old ^ new:
        return old ^ new <= shown
    return any(c.kind == "mailbox" and "address" in _keys(c.after) for _, c in lines)


def _shows_former(found: Difference, lines: Lines) -> bool:
    """Return whether each former address that is new or gone has a line, as at former domains."""
    old, new = ({*map(str, _listed(side.get("former")))} for side in (found.old, found.new))
    return old ^ new <= {c.id for _, c in lines if c.kind == "address"}


def _locals(mailbox: Map) -> set[str]:
    address = mailbox.get("address")
    return {*map(str, [address] if address else []), *map(str, _listed(mailbox.get("aliases")))}


def _listed(value: Value) -> Sequence[Value]:
    return value if isinstance(value, list) else ()


def _keys(value: object) -> Iterable[str]:
    return value.keys() if isinstance(value, dict) else ()


def _day(value: Value) -> date | None:
    return date.fromisoformat(str(value)) if value else None
