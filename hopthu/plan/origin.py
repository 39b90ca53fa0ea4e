"""The rows that a change comes from, and the documents that these rest on (Art. 5.1, 5.2).

What holds on one day in one revision is compared with what holds on another day, or in another
revision: the rows that differ, of those that can have such an effect, are its origin. A row that
the edit writes rests on what the edit says (`hopthu.plan.edits`), any other on what it names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import NamedTuple

from hopthu.desired.inputs import reached
from hopthu.desired.successors import answering
from hopthu.desired.unit_folders import path_of
from hopthu.model.organisation import (
    Address,
    Creation,
    Ending,
    FactChange,
    Organisation,
    Tenure,
)
from hopthu.plan.diff import Change, Documents, Row
from hopthu.plan.edits import Edit

_STATE = ("left", "ended", "locked", "posts", "created")
_OFFICES = {"head": ("heads",), "delegate": ("delegates",)}
_ALL = ("heads", "delegates")
_TREE = ("created", "ended", "parent", "kind", "address")
_SAID = (
    *("person", "start", "on", "unit", "title", "how", "into", "address_to", "mailbox_to"),
    *("business_to", "facts"),
)
"""What a row says, but for its last day and its documents."""
Edited = Mapping[str, Mapping[Row, Documents]]
"""The rows that an edit writes, by record, with what they rest on."""
Where = tuple[str, tuple[str, ...]]
"""A record, and the lists and fields of it in which an origin may be."""


class _Held(NamedTuple):
    """A row that holds on a day, with its documents."""

    row: Row
    value: tuple[object, ...]
    documents: Documents


@dataclass(frozen=True)
class Origins:
    """Finds the origin of changes from `before` on `since` to `after` on the day `on`.

    `since` is None if the state before is that of servers of which nobody knows what was applied:
    then no row differs. `edited` has the rows that an edit writes and what it says they rest on.
    """

    before: Organisation
    since: date | None
    after: Organisation
    on: date
    edited: Edited = field(default_factory=dict)

    def cited(self, changes: Iterable[Change]) -> tuple[Change, ...]:
        """Return the changes with their rows and documents; those that have some keep them."""
        return tuple(
            each if each.cause or each.rows or each.basis else self._cited(each) for each in changes
        )

    def _cited(self, change: Change) -> Change:
        places = [*self._places(change)]
        found = self._first(places, self.since) if self.since else {}
        if not found and (self.since is None or self.before is self.after):
            found = self._first(self._lasting(change, places), date.min)
        documents = dict.fromkeys(each for named in found.values() for each in named)
        return replace(change, rows=tuple(found), basis=tuple(documents))

    def _places(self, change: Change) -> Iterator[Where]:
        """Yield where the origin of a change may be, the most likely place first."""
        if change.kind == "access":
            unit, _, person = change.id.partition("/")
            units = self._had_by(unit)
            yield from ((each, ("ended",)) for each in units)
            offices = _OFFICES.get(change.after or change.before, _ALL)
            yield from ((each, offices) for each in units)
            yield from ((person, (name,)) for name in _STATE)
            yield unit, ("created", "address")
        elif "@" in change.id and isinstance(change.after or change.before, str):
            yield from self._of_address(change)
        elif change.kind == "entry":
            yield change.id.partition("/")[0], ("name",)
        elif change.kind == "list":
            yield from self._of_list(change)
        elif change.kind == "mailbox" and change.action == "change":
            yield from self._of_field(change.id, next(iter(change.after)), change)
        elif change.kind == "mailbox":
            yield from self._of_field(change.id, "store" if change.action == "move" else "", change)

    def _of_field(self, key: str, name: str, change: Change) -> Iterator[Where]:
        """Yield where it stands what a field of a mailbox is."""
        if name in ("unit", "title", "store"):
            yield key, ("posts",)
        if name == "store":
            units = self._had_by(key)
            yield from ((each, ("ended",)) for each in units)
            yield from self._above(units[-1], ("store", "kind", "parent"))
        elif name == "folder":
            yield from self._of_folder(key)
        elif name == "refusal":
            yield from ((key, names) for names in (("left", "ended"), ("posts",)))
            for side, day in self._sides:
                for step, answers in answering(side, key, day):
                    yield step.id, ("created", "address") if answers else ("ended", "parent")
        elif name in ("", "state", "custodian"):
            yield from self._of_state(key, change)
        else:
            yield key, (name,)

    def _of_folder(self, key: str) -> Iterator[Where]:
        """Yield where it stands what a unit and those above are called, then its namesakes."""
        yield from self._above(key, ("name", "parent"))
        for paths, alike in self._folders:
            for unit in alike.get(paths.get(key, ""), ()):
                yield from self._above(unit, (*_TREE, "name"))

    @cached_property
    def _sides(self) -> Sequence[tuple[Organisation, date]]:
        """Both sides with the values of their days, the later one first."""
        days = ((self.after, self.on), (self.before, self.since or self.on))
        return [(side.at(day), day) for side, day in days]

    @cached_property
    def _folders(self) -> Sequence[tuple[Mapping[str, str], Mapping[str, Sequence[str]]]]:
        """The path of each unit, and the units of each path, before and after."""
        found = []
        for units in (side.units for side, _ in self._sides[::-1]):
            paths = {key: path_of(unit, units).casefold() for key, unit in units.items()}
            alike = defaultdict[str, list[str]](list)
            for key, path in paths.items():
                alike[path].append(key)
            found.append((paths, alike))
        return found

    def _of_list(self, change: Change) -> Iterator[Where]:
        """Yield where it stands that there is a list, or that a record puts somebody on it."""
        _, unit, *records = change.id.split("/")
        holders = [*filter(None, (change.before, change.after))]
        for record in records:
            second = record, ("second_posts",)
            yield from ((key, ("left",)) for key in holders)
            # A unit stands on a list itself, or for whoever heads it: only these leave by a lock.
            yield record, ("posts",) if record in holders else ("heads",)
            now, was = ({*_rows(side, second, day)} for side, day in self._sides)
            if change.action == "add" or was - now:  # nobody leaves one for another post
                yield second
            yield from ((key, (name,)) for key in holders if key != record for name in _STATE)
        if change.action == "rename":
            yield unit, ("address" if "@" in change.after else "name",)
        for record in records or [unit]:
            yield from self._above(record, _TREE)

    def _of_address(self, change: Change) -> Iterator[Where]:
        keys = [*filter(None, (change.before, change.after))]
        rewritten = {key: self._rewritten(change.id, key) for key in keys}
        yield from ((key, (*names, "exception")) for key, names in rewritten.items() if names)
        for key, names in rewritten.items():
            if not names or None in self._boxes(key):
                yield from self._of_state(key, change)

    def _rewritten(self, address: str, key: str) -> tuple[str, ...]:
        """Return the fields of a mailbox of which an address is newly one, or no longer."""
        names, local = ("address", "aliases", "former"), address.partition("@")[0]
        sides = [
            [bool(box) and not {local, address}.isdisjoint(_listed(box, name)) for name in names]
            for box in self._boxes(key)
        ]
        return tuple(name for name, *held in zip(names, *sides, strict=True) if held[0] != held[1])

    def _boxes(self, key: str) -> Sequence[Address | None]:
        """Return the mailbox of a record before and after."""
        return [getattr(side.record(key), "mailbox", None) for side in (self.before, self.after)]

    def _of_state(self, key: str, change: Change) -> Iterator[Where]:
        """Yield where it stands that a mailbox is open, locked, redirected or closed."""
        begins = change.action in ("create", "add")
        yield from ((key, (name,)) for name in (_STATE[::-1] if begins else _STATE))
        yield key, ("address", "hold")
        for heir in reached([key], self._heirs):
            if heir != key:
                yield heir, ("ended", "created")

    def _heirs(self, key: str) -> tuple[str, ...]:
        unit = self.after.units.get(key)
        return unit.ended.into if unit and unit.ended else ()

    def _above(self, key: str, names: tuple[str, ...]) -> Iterator[Where]:
        """Yield the unit of a mailbox and those above it."""
        units, person = self.after.units, self.after.people.get(key)
        unit = person.home(self.on) if person else key
        while unit in units:
            yield from ((unit, (name,)) for name in names)
            unit = units[unit].parent or ""

    def _lasting(self, change: Change, places: Sequence[Where]) -> Sequence[Where]:
        """Return the places with rows that a change may come from although they hold as before.

        An office that somebody holds is why they get access, and never why they lose it.
        """
        if change.kind != "access":
            return places if change.kind == "mailbox" else ()
        unit, _, person = change.id.partition("/")
        rows = (_rows(self.after, (key, _ALL), self.on) for key in self._had_by(unit))
        if all(person not in each.value for offices in rows for each in offices):
            return ()
        return [each for each in places if change.after or not {*each[1]} <= {*_ALL}]

    def _had_by(self, unit: str) -> tuple[str, ...]:
        """Return the units whose heads and delegates have had the mailbox of a unit."""
        return self.after.heirs(unit, self.on) if unit in self.after.units else (unit,)

    def _first(self, places: Iterable[Where], since: date) -> Mapping[Row, Documents]:
        """Return the rows, and fields that the edit writes, at the first place with any."""
        return next(filter(None, (self._differing(where, since) for where in places)), {})

    def _differing(self, where: Where, since: date) -> Mapping[Row, Documents]:
        """Return the rows at a place by which both sides differ, and fields that the edit writes.

        Rows that the edit writes explain all others, and rows that are new those that are over.
        """
        was, now = {*_rows(self.before, where, since)}, {*_rows(self.after, where, self.on)}
        written = self.edited.get(where[0], {})
        sides = (sorted(now - was), sorted(was - now))
        edited = [[each for each in side if each.row in written] for side in sides]
        known = {each.row: each.documents for each in was}
        found = {
            each.row: self._documents(each, known)
            for each in next(filter(None, (*edited, *sides)), [])
        }
        # A field in no row is known by its name, or by where it stands.
        fields = {row: {*row.key.split(".")} for row in written if not row.list}
        return found | {row: written[row] for row in fields if fields[row] & {*where[1]}}

    def _documents(self, held: _Held, known: Mapping[Row, Documents]) -> Documents:
        """Return what a row rests on: if it is edited or gone, what it newly names."""
        edited = self.edited.get(held.row.record, {})
        if held.row in edited or self.before is self.after:
            return edited.get(held.row, held.documents)
        return tuple(each for each in held.documents if each not in known.get(held.row, ()))


def _rows(organisation: Organisation, where: Where, day: date) -> Iterator[_Held]:
    """Yield the rows at a place that hold on a day; of posts the main ones."""
    key, names = where
    record = organisation.record(key)
    for row in record.changes if record else ():
        if row.on <= day and not {*names}.isdisjoint(row.facts):
            yield _held(Row(key, "changes", str(row.on)), row)
    for name in names:
        found = getattr(record, name, None)
        for each in found if isinstance(found, tuple) else (found,):
            if isinstance(each, Tenure):
                counts = each.holds_on(day) and (each.main or name == "second_posts")
            else:
                counts = isinstance(each, Ending | Creation) and each.on <= day
            if counts:
                first = str(each.start) if isinstance(found, tuple) else ""
                yield _held(Row(key, "posts" if name == "second_posts" else name, first), each)


def _held(row: Row, given: Tenure | Ending | Creation | FactChange) -> _Held:
    documents = tuple(dict.fromkeys(filter(None, (given.decision, given.request))))
    return _Held(row, tuple(getattr(given, name, None) for name in _SAID), documents)


def _listed(box: Address | None, name: str) -> tuple[str, ...]:
    """Return the addresses in a field of a mailbox."""
    found = getattr(box, name, ())
    return (found,) if isinstance(found, str) else found


def edited_rows(edits: Iterable[Edit]) -> dict[str, dict[Row, Documents]]:
    """Return the rows that an edit writes, by record; a field is a row by itself."""
    found: dict[str, dict[Row, Documents]] = {}
    for edit in edits:
        rows = found.setdefault(edit.id, {})
        for key in [edit.day] if edit.list else {**edit.before, **edit.after}:
            row = Row(edit.id, edit.list, key)
            rows[row] = (*rows.get(row, ()), *edit.basis)
    return found


def by_policy(
    changes: Iterable[Change], alone: Iterable[Change], edits: Iterable[Edit]
) -> tuple[Change, ...]:
    """Return the changes; those that another policy makes `alone` come from its keys."""
    made = {(change.on, change.effect) for change in alone}
    rows = edited_rows(edit for edit in edits if edit.kind == "policy").get("", {})
    basis = tuple(dict.fromkeys(each for named in rows.values() for each in named))

    def cited(change: Change) -> Change:
        if change.kind == "policy" or (change.on, change.effect) not in made:
            return change
        return replace(change, cause="policy", rows=tuple(rows), basis=basis)

    return tuple(map(cited, changes))
