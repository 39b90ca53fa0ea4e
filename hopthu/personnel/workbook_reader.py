"""Read a reviewed workbook back; rows that are missing or there twice are refused."""

from __future__ import annotations

from collections.abc import Sequence

from hopthu.i18n.message import Message
from hopthu.personnel import labels
from hopthu.personnel.child import WRITTEN_SHEET
from hopthu.personnel.spreadsheet import Spreadsheet
from hopthu.personnel.table import Row, text_of
from hopthu.personnel.workbook import Line, Refusal, Table, Workbook
from hopthu.personnel.workbook_layout import UNITS


def is_workbook(file: Spreadsheet) -> bool:
    """Tell whether a file is a workbook that a list is reviewed in."""
    first = file.sheets[0]
    return first.name == labels.INFO_SHEET and text_of(first.rows[0].cells[0]) == labels.FORM


def tables(file: Spreadsheet) -> Workbook:
    """Return a workbook, with what is refused of it."""
    found = Workbook(file.name)
    sheets = {sheet.name: sheet.rows for sheet in file.sheets}
    written = [row.cells for row in sheets.get(WRITTEN_SHEET, ())]
    for number, table in enumerate(found.tables):
        rows = [text_of(cells[number]) for cells in written if number < len(cells)]
        _fill(table, sheets.get(table.layout.sheet, ()), [*filter(None, rows)])
    return found


def _fill(table: Table, rows: Sequence[Row], written: Sequence[str]) -> None:
    """Fill a table with the rows that are not blank, each with what was written into it."""
    name, columns = table.layout.sheet, table.layout.columns
    headers = [column.header for column in columns.values()]
    if rows and [text_of(cell) for cell in rows[0].cells[: len(headers)]] != headers:
        what = Message("the header is not the one that was written")
        table.refusals.append(Refusal(name, 1, f"{name}!A1", what))
        return
    for row in rows[1:]:
        cells = (*row.cells, *[None] * len(columns))[: len(columns)]
        line = Line(table, row.number, dict(zip(columns, cells, strict=True)))
        if not any(map(line.text, columns)):
            continue
        number = line.number("number")
        is_added = table.layout == UNITS and number > len(written)
        if number in table.lines or not (is_added or 0 < number <= len(written)):
            line.refuse("number", Message("the row is not one that was written, or is there twice"))
            continue
        texts = [] if is_added else written[number - 1].split("\n")
        line.was = dict(zip(columns, texts, strict=False))
        table.lines[number] = line
    for number in sorted({*range(1, len(written) + 1)} - {*table.lines}):
        what = Message("row number {number} is missing", number=number)
        table.refusals.append(Refusal(name, 1, f"{name}!A1", what))
