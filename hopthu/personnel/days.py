"""The days of a list and of a workbook, as people and spreadsheets write them: day before month."""

from __future__ import annotations

import re
from datetime import date, timedelta

from hopthu.personnel.table import Cell, text_of, whole

_FORMS = (
    re.compile(
        r"(?:ngày\s*)?(?P<d>\d{1,2})(?:\s*[-/.]\s*|\s+tháng\s+)"
        r"(?P<m>\d{1,2})(?:\s*[-/.]\s*|,?\s+năm\s+)(?P<y>\d{4})\Z",
        re.I,
    ),
    re.compile(r"(?P<y>\d{4})\s*[-/.]\s*(?P<m>\d{1,2})\s*[-/.]\s*(?P<d>\d{1,2})(?:[ T]00:00.*)?\Z"),
)
_EPOCH = date(1899, 12, 30)
_SERIALS = (20_000, 80_000)
"""Numbers of these are days that a spreadsheet counts, from 1954 to 2119."""


def day_of(cell: Cell) -> date | None:
    """Return the day that a cell says, None if it says none."""
    if isinstance(cell, date):
        return cell
    written = text_of(cell).strip().removeprefix("'")
    for form in _FORMS:
        if found := form.match(written):
            try:
                return date(int(found["y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                return None
    days = whole(written) or 0
    return _EPOCH + timedelta(days=days) if _SERIALS[0] <= days < _SERIALS[1] else None
