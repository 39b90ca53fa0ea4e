"""A list as rows of cells, whatever file it was in.

A cell is the text that people read in it: of a number its digits, of a day ISO 8601. Programs turn
texts into numbers and days, and back: which of them a cell was says nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from hopthu.errors import HopthuError
from hopthu.i18n.vietnamese import same

_WHOLE = re.compile(r"[0-9]{1,7}\Z")
_FORMS = (
    re.compile(
        r"(?:ngày\s*)?(?P<d>\d{1,2})(?:\s*[-/.]\s*|\s+tháng\s+)"
        r"(?P<m>\d{1,2})(?:\s*[-/.]\s*|,?\s+năm\s+)(?P<y>(19|20)\d\d)\Z",
        re.I,
    ),
    re.compile(r"(?P<y>(19|20)\d\d)\s*[-/.]\s*(?P<m>\d\d?)\s*[-/.]\s*(?P<d>\d\d?)([ T]00:00.*)?\Z"),
)


class Row(NamedTuple):
    """One row that is not blank, and its number as a spreadsheet shows it, from 1.

    Cells have no blanks at their end.
    """

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one sheet; a file of text has one, without a name.

    `hidden` are the numbers of rows that nobody who looks at it sees.
    """

    name: str
    rows: tuple[Row, ...]
    hidden: frozenset[int] = frozenset()


class Unreadable(HopthuError):
    """The file of a list cannot be read."""

    exit_code = 2


def whole(written: str) -> int | None:
    """Return the whole number that a text is, None if it is none or has more than seven digits."""
    return int(written) if _WHOLE.match(written) else None


def day_of(cell: str) -> date | None:
    """Return the day since 1900 that a cell says, day before month; None if it says none."""
    written = cell.strip().removeprefix("'")
    for form in _FORMS:
        if found := form.match(written):
            try:
                return date(int(found["y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                return None
    return None


def one_line(written: str) -> str:
    """Return a text as it counts in a cell, whatever blanks a spreadsheet program makes of it."""
    return " ".join(same(written).split())
