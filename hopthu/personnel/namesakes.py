"""Rows of one list with one name: a person with two posts, or two people."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import Spelling, fold, same, spelling
from hopthu.personnel.findings import Finding, Place, left_out, look
from hopthu.personnel.matching import Placed
from hopthu.personnel.person_row import Entry

_BESIDE = re.compile(r"\b(kiêm\b|kiem nhiem\b)", re.IGNORECASE)
"""Held beside another post; `kiem` alone may be `kiểm`."""
_AT_AN_END = re.compile(r"\W*(kiêm\b|kiem nhiem\b)|.*\b(kiêm|kiêm nhiệm|kiem nhiem)\W*\Z", re.I)
_FURTHER = re.compile(r"\bkiêm\s+(?P<title>\w+)", re.IGNORECASE)
_MOST_NAMED = 20


def says_beside(note: str) -> bool:
    """Tell whether a remark is of a post held beside another one."""
    return _BESIDE.search(same(note)) is not None


def is_beside(entry: Entry) -> bool:
    """Tell whether a row says that it is of a post held beside another one."""
    return _is_side_title(entry.title) or any(map(says_beside, entry.notes))


def posts_beside(rows: Sequence[Placed], known: Collection[Place]) -> Mapping[Place, Placed]:
    """Return which rows seem to be posts that the person of another row holds beside theirs.

    Rows that are `known` are in the data already. Of two others the main post is in the first, or
    in the one whose title does not say that it is held beside another.
    """
    found: dict[Place, Placed] = {}
    for group in _by_name(rows):
        ordered = sorted(
            group, key=lambda row: (row.entry.place not in known, _is_side_title(row.entry.title))
        )
        for number, row in enumerate(ordered):
            if row.entry.place in known:
                continue
            mains = (each for each in ordered[:number] if each.entry.place not in found)
            main = next((each for each in mains if _are_of_one(each, row)), None)
            if main:
                found[row.entry.place] = main
    return found


def left_beside(row: Placed, main: Placed, person: str) -> Finding:
    """Return that a row is not taken, being a further post of `main`, whose id is `person`."""
    entry = row.entry
    at = _row(main.entry.place, alone=main.entry.place.sheet == entry.place.sheet)
    command = f"hopthu person transfer {person or 'PERSON'} --secondary --unit {row.unit}"
    return left_out(
        entry.place, entry.name,
        Message("row {row} has the same name, and one of them says that the post is held beside "
                "another", row=at),
        Message("if it is one person, add this post to them with `{command}`; if these are two, "
                "give --namesakes once the list is right", command=command),
    )  # fmt: skip


def shared_names(
    rows: Sequence[Placed], ids: Mapping[Place, str], new: Collection[str]
) -> Iterator[Finding]:
    """Yield the rows whose name others have in other units, if one of them is `new`.

    Of many names, as lists of a whole province have, what to check is the same for each row.
    """
    groups = [
        group
        for group in _by_name(rows)
        if len(people := {ids[row.entry.place] for row in group}) > 1 and not people.isdisjoint(new)
    ]
    for group in groups:
        alone = len({row.entry.place.sheet for row in group}) == 1
        places = ", ".join(_row(row.entry.place, alone=alone) for row in group[:_MOST_NAMED])
        what = Message("the name stands in several units: rows {rows}", rows=places)
        if len(groups) > _MOST_NAMED:
            what = Message("has the name of another row, in another unit")
        fix = Message(
            "nothing, if these are different people; if they are one, delete the row of the "
            "further post, and add that with `hopthu person transfer --secondary`"
        )
        yield from (look(row.entry.place, row.entry.name, what, fix) for row in group)


def _by_name(rows: Sequence[Placed]) -> Iterator[list[Placed]]:
    """Yield the rows of each name that stands in several units."""
    found: dict[Spelling, list[Placed]] = defaultdict(list)
    for row in rows:
        found[spelling(row.entry.name)].append(row)
    for group in found.values():
        if len({row.unit for row in group}) > 1:
            yield sorted(group, key=lambda row: row.entry.place)


def _are_of_one(main: Placed, row: Placed) -> bool:
    if main.unit == row.unit:
        return False
    if is_beside(main.entry) or is_beside(row.entry):
        return True
    return _has_further(main.entry, row.entry) or _has_further(row.entry, main.entry)


def _has_further(entry: Entry, other: Entry) -> bool:
    """Tell whether a title goes on with that of another row: `Phó Giám đốc kiêm Trưởng phòng`.

    `Kế toán kiêm Thủ quỹ` is one post, and says nothing of others.
    """
    found = _FURTHER.search(same(entry.title))
    return found is not None and fold(other.title).startswith(fold(found["title"]))


def _is_side_title(title: str) -> bool:
    return _AT_AN_END.match(same(title)) is not None


def _row(place: Place, *, alone: bool) -> str:
    return str(place.row) if alone or not place.sheet else f"{place.sheet}:{place.row}"
