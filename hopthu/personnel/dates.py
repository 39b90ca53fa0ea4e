"""The days of a list, as people and spreadsheets write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.personnel.findings import Odd
from hopthu.personnel.table import Cell, text_of
from hopthu.personnel.workbook import serial_day
from hopthu.schema.formats import iso_date

_PARTS = re.compile(r"(\d{1,4})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,4})(?:[ T]0{1,2}:00(:00)?)?\Z")
_WRITTEN_OUT = re.compile(
    r"(?:ngày\s*)?(\d{1,2})\s+tháng\s+(\d{1,2}),?\s+năm\s+(\d{4})\Z", re.IGNORECASE
)
_BEFORE = re.compile(r"'|ngày\s+(?=\d+\s*[-/.])", re.IGNORECASE)
"""What may stand before the numbers: the sign that makes a text of a cell, or the word."""
_NUMBER = re.compile(r"[0-9]{5}(\.[0-9]+)?\Z")
# A serial number of these days is no number that people write for a day: 1954 to 2119.
_SERIALS = (20_000, 80_000)


def is_day_first(cells: Iterable[Cell]) -> bool:
    """Tell whether a column certainly has the day before the month, as the law writes it.

    One of its dates has to show it, as 15/03/2024 does, and none the contrary.
    """
    found = [_numbers(cell) for cell in cells if isinstance(cell, str)]
    pairs = [(first, second) for first, second, third in filter(None, found) if third > 31]
    return any(first > 12 for first, _ in pairs) and all(second <= 12 for _, second in pairs)


def day_of(cell: Cell, *, day_first: bool) -> date | None:
    """Return the day that a cell says, None if it is blank; raise `Odd` if it cannot be told.

    `day_first` is what the column shows; without it 03/04/2024 could be either.
    """
    if cell is None:
        return None
    if isinstance(cell, date):
        return _within(cell.isoformat(), cell)
    written = text_of(cell)
    if found := _WRITTEN_OUT.match(written):
        return _within(f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}", cell)
    if _NUMBER.match(written) and _SERIALS[0] <= float(written) < _SERIALS[1]:
        return serial_day(float(written))
    numbers = _numbers(written)
    if numbers is None:
        raise Odd(Message("{text} is not a day", text=shown(written)), _fix())
    first, second, third = numbers
    if first > 31:
        return _within(f"{first:04d}-{second:02d}-{third:02d}", cell)
    if first != second and first <= 12 and second <= 12 and not day_first:
        raise Odd(
            Message(
                "{text} may be two days: no other date of the column shows whether the day or the "
                "month comes first",
                text=shown(written),
            ),
            _fix(),
        )
    return _within(f"{third:04d}-{second:02d}-{first:02d}", cell)


def _numbers(cell: Cell) -> tuple[int, int, int] | None:
    """Return the three numbers of a text; one of them, the first or the last, is a year."""
    found = _PARTS.match(_BEFORE.sub("", cell.strip(), 1)) if isinstance(cell, str) else None
    if found is None:
        return None
    first, second, third = found[1], found[2], found[3]
    if (len(first), len(third)) in ((4, 1), (4, 2), (1, 4), (2, 4)):
        return int(first), int(second), int(third)
    return None


def _within(iso: str, cell: Cell) -> date:
    if iso_date(iso):
        raise Odd(Message("{text} is not a day", text=shown(text_of(cell))), _fix())
    return date.fromisoformat(iso)


def _fix() -> Message:
    return Message("write it as 2024-03-15; or clear the cell, to begin on the adoption's day")
