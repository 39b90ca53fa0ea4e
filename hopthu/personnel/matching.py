"""Who of a list is who in the data: by name and unit, on one day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from hopthu.i18n.vietnamese import Spelling, fold, spelling
from hopthu.personnel.person_row import Entry
from hopthu.rules.context import RuleContext
from hopthu.rules.rows import text


class Seat(NamedTuple):
    """Somebody of the data in a unit on the day."""

    person: str
    name: str
    unit: str


class Placed(NamedTuple):
    """Somebody of the list, with the unit that the texts of the list name."""

    entry: Entry
    unit: str


@dataclass
class Matching:
    """The people of a list beside those of the data.

    - `same`: of one name in one unit; as many of the one as of the other.
    - `respelled`: in one unit, with names that differ in their marks alone.
    - `unknown`: of the list, without anybody in the data; `named` has those of the name elsewhere.
    - `absent`: of the data on that day, without anybody in the list.
    """

    same: list[tuple[Placed, Seat]] = field(default_factory=list)
    respelled: list[tuple[Placed, Seat]] = field(default_factory=list)
    unknown: list[Placed] = field(default_factory=list)
    absent: list[Seat] = field(default_factory=list)
    named: dict[Spelling, list[str]] = field(default_factory=dict)
    """The people of the data of each name of whom no seat is taken by a row, on any day."""


def seats(facts: RuleContext, on: str) -> list[Seat]:
    """Return who is in which unit on a day, by the posts they hold."""
    return [
        Seat(key, text(record.data, "name"), unit)
        for key, record in facts.people.items()
        for unit in dict.fromkeys(row.unit for row in facts.posts[key] if row.holds_on(on))
    ]


def matched(placed: Iterable[Placed], facts: RuleContext, on: str) -> Matching:
    """Compare the people of a list with those of the data on a day."""
    there = seats(facts, on)
    found = Matching()
    free: dict[tuple[Spelling, str], list[Seat]] = defaultdict(list)
    for seat in reversed(there):
        free[spelling(seat.name), seat.unit].append(seat)
    left: list[Placed] = []
    for each in placed:
        alike = free.get((spelling(each.entry.name), each.unit))
        if alike:
            found.same.append((each, alike.pop()))
        else:
            left.append(each)
    taken = {(seat.person, seat.unit) for _, seat in found.same}
    rest = [seat for seat in there if (seat.person, seat.unit) not in taken]
    rest, found.unknown = _respelled(found, left, rest)
    known = {seat.person for _, seat in (*found.same, *found.respelled)}
    found.absent = [seat for seat in rest if seat.person not in known]
    for key, record in facts.people.items():
        if key not in known:
            found.named.setdefault(spelling(text(record.data, "name")), []).append(key)
    return found


def _respelled(
    found: Matching, left: Sequence[Placed], rest: Sequence[Seat]
) -> tuple[list[Seat], list[Placed]]:
    """Pair who is left by folded name and unit; return the seats and people still left."""
    free: dict[tuple[str, str], list[Seat]] = defaultdict(list)
    for seat in reversed(rest):
        free[fold(seat.name), seat.unit].append(seat)
    unknown: list[Placed] = []
    for each in left:
        alike = free.get((fold(each.entry.name), each.unit))
        if alike:
            found.respelled.append((each, alike.pop()))
        else:
            unknown.append(each)
    taken = {(seat.person, seat.unit) for _, seat in found.respelled}
    return [seat for seat in rest if (seat.person, seat.unit) not in taken], unknown
