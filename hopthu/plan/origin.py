"""The rows that a change comes from, and the documents that these rest on (Art. 5.1, 5.2).

What holds on one day in one revision is compared with what holds on another day, or in another
revision: the rows that differ, of those that can have such an effect, are its origin. A row that
the edit writes rests on what the edit says (`hopthu.plan.edits`), any other on what it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from hopthu.model.organisation import (
    Creation,
    Ending,
    FactChange,
    Organisation,
    Person,
    Tenure,
)
from hopthu.plan.diff import Change, Documents, Row
from hopthu.plan.edits import Edit

_STATE = ("left", "ended", "locked", "posts", "created")
_OFFICES = {"head": ("heads",), "delegate": ("delegates",)}
_PLACE = ("store", "kind", "parent")
Edited = Mapping[str, Mapping[Row, Documents]]
"""The rows that an edit writes, by record, with what they rest on."""
Where = tuple[str, tuple[str, ...]]
"""A record, and the lists and fields of it in which an origin may be."""


class _Held(NamedTuple):
    """A row that holds on a day, with its documents."""

    row: Row
    value: tuple[object, ...]
    documents: Documents


@dataclass(frozen=True, slots=True)
class Origins:
    """Finds the origin of changes from `before` on `since` to `after` on the day `on`.

    `since` is None if the state before is that of servers of which nobody knows what was applied.
    `edited` has the rows that an edit writes and what it says they rest on.
    """

    before: Organisation
    since: date | None
    after: Organisation
    on: date
    edited: Edited = field(default_factory=dict)

    def cited(self, changes: Iterable[Change]) -> tuple[Change, ...]:
        """Return the changes with their rows and documents; those that have some keep them."""
        return tuple(each if each.rows or each.basis else self._cited(each) for each in changes)

    def _cited(self, change: Change) -> Change:
        rows: Sequence[tuple[Row, Documents]] = ()
        places = [*self._places(change)]
        for where in places:
            if rows := self._differing(where):
                break
        passed = self.since is None or self.before is self.after
        if not rows and passed and (change.kind == "mailbox" or self._in_office(change)):
            rows = next(filter(None, (self._holding(each, change) for each in places)), ())
        documents = dict.fromkeys(each for _, named in rows for each in named)
        return replace(change, rows=tuple(row for row, _ in rows), basis=tuple(documents))

    def _places(self, change: Change) -> Iterator[Where]:
        """Yield where the origin of a change may be, the most likely place first."""
        if change.kind == "access":
            unit, _, person = change.id.partition("/")
            yield unit, _OFFICES.get(change.after or change.before, ("heads", "delegates"))
            yield unit, ("ended",)
            yield from ((person, (name,)) for name in _STATE)
            yield unit, ("created", "address")
        elif change.kind == "address":
            keys = [*filter(None, (change.before, change.after))]
            named = ("address",) if self._primary(change, keys) else ("aliases", "former")
            yield from ((key, (*named, "exception")) for key in keys)
            for key in keys:
                if not self._rewritten(change, key):
                    yield from self._state(key, change)
        elif change.kind == "entry":
            yield change.id, ("name", "posts")
        elif change.kind == "mailbox":
            yield from self._of_mailbox(change)

    def _of_mailbox(self, change: Change) -> Iterator[Where]:
        key = change.id
        fields = change.after if isinstance(change.after, dict) else {}
        if change.action == "change" and not {"unit", "title"}.isdisjoint(fields):
            yield key, ("posts",)
        elif change.action == "change" and "state" not in fields:
            yield key, tuple(fields)
            if "refusal" in fields:
                yield from self._above(key, (*_PLACE, "name", "address", "ended"))
        elif change.action == "move":
            yield key, ("posts",)
            yield from self._above(key, _PLACE)
        else:
            yield from self._state(key, change)
            if change.action in ("erase", "change"):
                yield key, ("hold",)

    def _primary(self, change: Change, keys: Sequence[str]) -> bool:
        """Return whether an address is, or was, the primary one of its mailbox."""
        local = change.id.partition("@")[0]
        sides = (self.before, self.after)
        records = (side.units.get(key) or side.people.get(key) for side in sides for key in keys)
        boxes = [record.mailbox for record in records if record and record.mailbox]
        return any(box.address == local for box in boxes)

    def _rewritten(self, change: Change, key: str) -> bool:
        """Return whether an address is newly on record for a mailbox, or no longer."""
        local = change.id.partition("@")[0]
        old, new = (
            side.units.get(key) or side.people.get(key) for side in (self.before, self.after)
        )
        if not (old and old.mailbox and new and new.mailbox):
            return False
        listed = [{box.address, *box.aliases, *box.former} for box in (old.mailbox, new.mailbox)]
        named = [bool({local, change.id} & each) for each in listed]
        return named[0] != named[1]

    def _state(self, key: str, change: Change) -> Iterator[Where]:
        """Yield where it stands that a mailbox is open, locked, redirected or closed."""
        begins = change.action in ("create", "add")
        yield from ((key, (name,)) for name in (_STATE[::-1] if begins else _STATE))
        yield key, ("address", "hold")
        pending, seen = [key], {key}
        while pending:
            unit = self.after.units.get(pending.pop(0))
            for heir in unit.ended.into if unit and unit.ended else ():
                if heir not in seen:
                    seen.add(heir)
                    pending.append(heir)
                    yield heir, ("ended", "created")

    def _above(self, key: str, names: tuple[str, ...]) -> Iterator[Where]:
        """Yield the unit of a mailbox and those above it."""
        person = self.after.people.get(key)
        held = _main(person, self.on) if person else None
        unit = self.after.units.get(held.unit if held else key)
        while unit:
            yield from ((unit.id, (name,)) for name in names)
            unit = self.after.units.get(unit.parent or "")

    def _differing(self, where: Where) -> list[tuple[Row, Documents]]:
        """Return the rows at a place by which both sides differ, and fields that the edit writes.

        Rows that the edit writes explain all others, and rows that are new those that are over.
        """
        key, names = where[0], tuple(where[1])
        was = {*_held(self.before, key, names, self.since or self.on)}
        now = {*_held(self.after, key, names, self.on)}
        written = self.edited.get(key, {})
        sides = (sorted(now - was), sorted(was - now))
        edited = [[each for each in side if each.row in written] for side in sides]
        rows = next(filter(None, (*edited, *sides)), [])
        known = {each.row: each.documents for each in was}
        named = [(each.row, self._documents(each, known)) for each in rows]
        return [*named, *self._fields(key, names)]

    def _in_office(self, change: Change) -> bool:
        """Return whether an office on record would give the access that somebody gets or loses."""
        unit, _, person = change.id.partition("/")
        held = _held(self.after, unit, ("heads", "delegates"), self.on)
        return change.kind == "access" and any(each.value[1] == person for each in held)

    def _holding(self, where: Where, change: Change) -> list[tuple[Row, Documents]]:
        """Return the latest row at a place that holds.

        An office that somebody holds is why they get access, and never why they lose it.
        """
        rows = [*_held(self.after, where[0], tuple(where[1]), self.on)]
        if change.kind == "access" and where[1][0] in ("heads", "delegates"):
            rows = [each for each in rows if change.id == f"{where[0]}/{each.value[1]}"]
            rows = rows if change.after else []
        last = max(rows, key=lambda each: str(each.value[0]), default=None)
        if last is None:
            return []
        return [(last.row, self.edited.get(last.row.record, {}).get(last.row, last.documents))]

    def _documents(self, held: _Held, known: Mapping[Row, Documents]) -> Documents:
        """Return what a row rests on: if it is edited or gone, what it newly names."""
        edited = self.edited.get(held.row.record, {})
        if held.row in edited or self.before is self.after:
            return edited.get(held.row, held.documents)
        return tuple(each for each in held.documents if each not in known.get(held.row, ()))

    def _fields(self, key: str, names: Sequence[str]) -> Iterator[tuple[Row, Documents]]:
        """Yield the fields in no row that the edit writes: by their name, or where they stand."""
        for row, named in self.edited.get(key, {}).items():
            if not row.list and {*row.key.split(".")} & {*names}:
                yield row, named


def by_policy(
    changes: Iterable[Change], alone: Iterable[Change], edits: Iterable[Edit]
) -> tuple[Change, ...]:
    """Return the changes; those that another policy makes `alone` come from its keys."""
    made = set(map(_effect, alone))
    rows = edited_rows(edit for edit in edits if edit.kind == "policy").get("", {})
    basis = tuple(dict.fromkeys(each for named in rows.values() for each in named))

    def cited(change: Change) -> Change:
        if change.kind == "policy" or _effect(change) not in made:
            return change
        return replace(change, cause="policy", rows=tuple(rows), basis=basis)

    return tuple(map(cited, changes))


def _effect(change: Change) -> tuple[str, str, str, str]:
    return change.kind, change.id, change.action, str(change.after)


def edited_rows(edits: Iterable[Edit]) -> dict[str, dict[Row, Documents]]:
    """Return the rows that an edit writes, by record; a field is a row by itself."""
    found: dict[str, dict[Row, Documents]] = {}
    for edit in edits:
        rows = found.setdefault(edit.id, {})
        for key in [edit.day] if edit.list else {**edit.before, **edit.after}:
            row = Row(edit.id, edit.list, key)
            rows[row] = (*rows.get(row, ()), *edit.basis)
    return found


def _held(organisation: Organisation, key: str, names: Sequence[str], day: date) -> Iterator[_Held]:
    """Yield the rows of a record in some lists that hold on a day."""
    record = organisation.units.get(key) or organisation.people.get(key)
    if record is None:
        return
    for row in record.changes:
        if row.on <= day and not {*names}.isdisjoint(row.facts):
            yield _row(Row(key, "changes", row.on.isoformat()), row, row.facts)
    for name in names:
        found = getattr(record, name, None)
        rows = found if isinstance(found, tuple) else (found,)
        if isinstance(record, Person) and name == "posts":
            rows = (_main(record, day),)
        for each in rows:
            if isinstance(each, Tenure) and (name == "posts" or each.holds_on(day)):
                first = "" if name == "hold" else each.start.isoformat()
                value = (each.person, each.unit, each.title, each.acting, each.holds_on(day))
                yield _row(Row(key, name, first), each, value)
            elif isinstance(each, Ending | Creation) and each.on <= day:
                yield _row(Row(key, name, ""), each, _ending(each))


def _row(
    row: Row, given: Tenure | Ending | Creation | FactChange, value: tuple[object, ...]
) -> _Held:
    day = given.start if isinstance(given, Tenure) else given.on
    documents = tuple(dict.fromkeys(filter(None, (given.decision, given.request))))
    return _Held(row, (day, *value), documents)


def _ending(row: Ending | Creation) -> tuple[object, ...]:
    return (row.how, row.into, row.address_to) if isinstance(row, Ending) else ()


def _main(person: Person, day: date) -> Tenure | None:
    """Return the main post of a day; without a post, the last one that has begun."""
    begun = [post for post in person.posts if post.start <= day]
    held = [post for post in begun if post.holds_on(day)] or begun
    main = [post for post in held if post.main] or held
    return max(main, key=lambda post: post.start, default=None)
