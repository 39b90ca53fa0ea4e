"""Read a reviewed workbook back; rows that are missing, there twice or changed are refused."""

from __future__ import annotations

from collections.abc import Sequence

from hopthu.i18n.message import Message
from hopthu.personnel import labels
from hopthu.personnel.spreadsheet import Spreadsheet
from hopthu.personnel.table import Row, text_of
from hopthu.personnel.workbook import Line, Refusal, Table, Workbook, one_line


def is_workbook(file: Spreadsheet) -> bool:
    """Tell whether a file is a workbook that a list is reviewed in."""
    first = file.sheets[0]
    return first.name == labels.INFO_SHEET and text_of(first.rows[0].cells[0]) == labels.FORM


def tables(file: Spreadsheet) -> Workbook:
    """Return a workbook, with what is refused of it."""
    found = Workbook(file.name)
    sheets = {sheet.name: sheet.rows for sheet in file.sheets}
    for table in found.tables:
        if table.layout.sheet in sheets:
            _fill(table, sheets[table.layout.sheet])
    said = {key: (row.number, value) for row in file.sheets[0].rows for key, value in (_pair(row),)}
    at, seal = said.get(labels.SEAL, (1, ""))
    found.info = [_pair(row) for row in file.sheets[0].rows if row.number < at]
    if seal != found.seal():
        what = Message("this sheet, or which rows the others have, was changed")
        cell = f"{labels.INFO_SHEET}!B{at}"
        found.refusals.append(Refusal(labels.INFO_SHEET, at, cell, what))
    _ = found.decided
    return found


def _pair(row: Row) -> tuple[str, str]:
    """Return the first two cells of a row."""
    key, value = (one_line(text_of(cell)) for cell in (*row.cells, None)[:2])
    return key, value


def _fill(table: Table, rows: Sequence[Row]) -> None:
    """Fill a table with the rows that are not blank."""
    name, columns = table.layout.sheet, table.layout.columns
    headers = [column.header for column in columns.values()]
    if [text_of(cell) for cell in rows[0].cells[: len(headers)]] != headers:
        what = Message("the header is not the one that was written")
        table.refusals.append(Refusal(name, 1, f"{name}!A1", what))
        return
    for row in rows[1:]:
        cells = (*row.cells, *[None] * len(columns))[: len(columns)]
        line = Line(table, row.number, dict(zip(columns, cells, strict=True)))
        if not any(map(line.text, columns)):
            continue
        number = line.number("number")
        if number in table.lines or not number:
            line.refuse("number", Message("the row is not one that was written, or is there twice"))
        else:
            table.lines[number] = line
    table.refuse_others()
    if missing := next((n for n, at in enumerate(sorted(table.lines), start=1) if n != at), None):
        what = Message("row number {number} is missing", number=missing)
        table.refusals.append(Refusal(name, 1, f"{name}!A1", what))
