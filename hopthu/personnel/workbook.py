"""Read the cells of an .xlsx workbook, with openpyxl.

Nothing is computed: of a formula the value that was saved with it counts.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell as Found
from openpyxl.cell.cell import MergedCell
from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.datetime import from_excel
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet

from hopthu.diagnostics.problem import cut, printable
from hopthu.i18n.message import Message
from hopthu.personnel.table import (
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    Cell,
    Row,
    Sheet,
    Unreadable,
)
from hopthu.personnel.workbook_limits import check_limits, damaged

_LAST_SERIAL = 2_958_465  # 9999-12-31


def is_workbook(raw: bytes) -> bool:
    """Tell whether a file begins as a zip, as workbooks do."""
    return raw.startswith(b"PK\x03\x04")


def read_workbook(raw: bytes) -> list[Sheet]:
    """Return the sheets of a workbook that are not hidden; raise `Unreadable` if it is none."""
    seen = [sheet for sheet in _opened(raw).worksheets if sheet.sheet_state == "visible"]
    return [Sheet(s.title, _rows(s), _hidden_rows(s), _hidden_columns(s)) for s in seen]


def serial_day(serial: float) -> date | None:
    """Return the day that a number stands for in a spreadsheet, None if there is no such day."""
    day = from_excel(int(serial)) if 1 <= serial <= _LAST_SERIAL else None
    return day.date() if isinstance(day, datetime) else None


def _opened(raw: bytes) -> Workbook:
    check_limits(raw)
    with _broken_is_said():
        parts = _parts_of_sheets(raw)
    if len(set(parts)) < len(parts):  # openpyxl would read it as often as it is named
        raise damaged(Message("two of its sheets are the same file"))
    with _broken_is_said():
        return load_workbook(io.BytesIO(raw), data_only=True, keep_links=False)


def _parts_of_sheets(raw: bytes) -> list[str]:
    reader = ExcelReader(io.BytesIO(raw), keep_links=False)
    with reader.archive:
        reader.read_manifest()
        reader.read_workbook()
        return [relation.target for _, relation in reader.parser.find_sheets()]


@contextmanager
def _broken_is_said() -> Iterator[None]:
    """Raise `Unreadable` for whatever openpyxl raises, which of a broken file is nearly anything.

    Only calls of openpyxl stand within; it takes apart what the file says as it comes.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pictures, styles and forms that it leaves out
            yield
    except Exception as error:
        first = error.__cause__ or error  # the text around a cause only guesses
        said = str(first).partition("\n")[0] or type(first).__name__
        raise damaged(cut(printable(said), 120)) from error


def _rows(sheet: Worksheet) -> tuple[Row, ...]:
    """Return the rows that are not blank."""
    rows: dict[int, dict[int, Cell]] = {}
    # All public ways to the cells make those that are missing, up to the last row and column.
    for (row, column), cell in sheet._cells.items():
        value = _value(cell) if column <= MOST_COLUMNS else None
        if value is not None:
            rows.setdefault(row, {})[column] = value
    if len(rows) > MOST_ROWS:
        raise Unreadable(
            Message("a sheet has more than {number} rows", number=MOST_ROWS),
            fix=Message("divide the list, or delete the empty rows at its end"),
        )
    _fill_merged(sheet, rows)
    return tuple(Row(number, _in_order(rows[number])) for number in sorted(rows))


def _hidden_rows(sheet: Worksheet) -> frozenset[int]:
    return frozenset(number for number, row in sheet.row_dimensions.items() if row.hidden)


def _hidden_columns(sheet: Worksheet) -> frozenset[int]:
    """Return the columns that are hidden, from 0; one record may stand for several."""
    return frozenset(
        number - 1
        for column in sheet.column_dimensions.values()
        if column.hidden
        for number in range(column.min or 1, min(column.max or 1, MOST_COLUMNS) + 1)
    )


def _fill_merged(sheet: Worksheet, rows: dict[int, dict[int, Cell]]) -> None:
    """Give every cell of a merged range that has a row what its first cell holds."""
    for merged in sheet.merged_cells.sorted():
        value = rows.get(merged.min_row, {}).get(merged.min_col)
        if value is None:
            continue
        columns = range(merged.min_col, min(merged.max_col, MOST_COLUMNS) + 1)
        for number in range(merged.min_row, merged.max_row + 1):
            if number in rows:
                rows[number] |= dict.fromkeys(columns, value)


def _in_order(cells: dict[int, Cell]) -> tuple[Cell, ...]:
    return tuple(cells.get(column) for column in range(1, max(cells) + 1))


def _value(cell: Found | MergedCell) -> Cell:
    """Return what a cell holds: a day without its time, a number as float, all else as text."""
    value = cell.value
    if value is None or isinstance(value, str):
        link = cell.hyperlink
        if link and value in (link.target, link.location):
            return None  # openpyxl writes where a link leads into a cell without text
        return kept(unescape(value)) if value else None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    return value if isinstance(value, date) else kept(str(value))


def kept(text: str) -> Cell:
    """Return a text without blanks around it, None if nothing is left."""
    text = text.strip()
    if len(text) > LONGEST_CELL:
        raise Unreadable(
            Message("a cell has more than {number} characters", number=LONGEST_CELL),
            fix=Message("shorten it; a list has a name or a title in a cell"),
        )
    return text or None
