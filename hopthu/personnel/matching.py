"""Who of a list is who in the data: by name and unit, on one day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hopthu.i18n.vietnamese import Spelling, fold, spelling
from hopthu.model.timeline import text
from hopthu.personnel.person_row import Entry
from hopthu.rules.context import RuleContext


class Seat(NamedTuple):
    """Somebody of the data in a unit on the day."""

    person: str
    name: str
    unit: str


class Placed(NamedTuple):
    """Somebody of the list, with the unit that the texts of the list name."""

    entry: Entry
    unit: str


@dataclass(frozen=True, slots=True)
class Matching:
    """The people of a list beside those of the data.

    - `same`: of one name in one unit; as many of the one as of the other.
    - `respelled`: in one unit, with names that differ in their marks alone.
    - `unknown`: of the list, without anybody in the data; `named` has those of the name elsewhere.
    - `absent`: of the data on that day, without anybody in the list.
    """

    same: Sequence[tuple[Placed, Seat]]
    respelled: Sequence[tuple[Placed, Seat]]
    unknown: Sequence[Placed]
    absent: Sequence[Seat]
    named: Mapping[Spelling, list[str]]
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
    same, left, rest = _paired(placed, seats(facts, on), spelling)
    respelled, unknown, rest = _paired(left, rest, fold)
    known = {seat.person for _, seat in (*same, *respelled)}
    named: dict[Spelling, list[str]] = {}
    for key, record in facts.people.items():
        if key not in known:
            named.setdefault(spelling(text(record.data, "name")), []).append(key)
    absent = [seat for seat in rest if seat.person not in known]
    return Matching(same, respelled, unknown, absent, named)


def _paired(
    people: Iterable[Placed], seats: Sequence[Seat], form: Callable[[str], Hashable]
) -> tuple[list[tuple[Placed, Seat]], list[Placed], list[Seat]]:
    """Pair rows and seats of one unit whose names have the same form; return who is left of both.

    Each seat is taken once, in its order.
    """
    free: dict[tuple[Hashable, str], list[Seat]] = defaultdict(list)
    for seat in reversed(seats):
        free[form(seat.name), seat.unit].append(seat)
    pairs: list[tuple[Placed, Seat]] = []
    left: list[Placed] = []
    for each in people:
        alike = free.get((form(each.entry.name), each.unit))
        if alike:
            pairs.append((each, alike.pop()))
        else:
            left.append(each)
    taken = {(seat.person, seat.unit) for _, seat in pairs}
    return pairs, left, [seat for seat in seats if (seat.person, seat.unit) not in taken]
