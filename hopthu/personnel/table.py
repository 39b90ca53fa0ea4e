"""A list as rows of cells, whatever file it was in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from hopthu.errors import HopthuError

Cell = str | date | float | None
"""Text, a day, a number, or nothing. Text is never blank, and has no blanks at its end."""


_WHOLE = re.compile(r"[0-9]{1,7}\Z")


class Row(NamedTuple):
    """One row that is not blank, and its number as a spreadsheet shows it, from 1."""

    number: int
    cells: tuple[Cell, ...]


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


def text_of(cell: Cell) -> str:
    """Return a cell as people read it: a whole number without a fraction, a day as ISO 8601."""
    if cell is None:
        return ""
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return cell if isinstance(cell, str) else cell.isoformat()


def whole(written: str) -> int | None:
    """Return the whole number that a text is, None if it is none or has more than seven digits."""
    return int(written) if _WHOLE.match(written) else None
