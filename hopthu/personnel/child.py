"""Read the file of a list in a process of its own: its standard input; print the cells as JSON.

A file that anybody made may make the reader of its format take all memory, or abort: then only
this process dies. `hopthu.personnel.spreadsheet` starts it.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import posixpath
import resource
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

MEMORY, SECONDS = 2**31, 120
MOST_ROWS = 200_000
"""The most rows of a sheet: three times the officials of a large province."""
MOST_COLUMNS = 256
"""Columns beyond these are not read."""
LONGEST_CELL = 32_767
"""The most characters of a cell, as in Excel."""
LARGEST_UNPACKED = 2**28
"""The most bytes of a workbook that is unpacked."""
WRITTEN_SHEET = "Như đã ghi"
"""The one sheet that is read though it is hidden: of a review, as its rows were written."""
_EXACT = 1e15
"""Numbers below this have all their digits."""
_ARCHIVE, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How .xlsx and .ods begin, and .xls."""
_DELIMITERS = ("\t", ";", ",", "|")
_NO_LIST = ("%PDF-", "<")
"""How documents and web pages begin."""
_Range = tuple[tuple[int, int], tuple[int, int]]
"""The first and the last row and column of merged cells, from 0."""


class Refused(Exception):
    """The file is not read; the text is the key of the reason."""


def main() -> None:
    """Read standard input, within the limits; print the sheets, or why there are none."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    raw = sys.stdin.buffer.read()
    try:
        read = _workbook(raw) if raw.startswith((_ARCHIVE, _OLD)) else _text(raw)
        found: object = [*read]
    except Refused as error:
        found = str(error)
    except (CalamineError, zipfile.BadZipFile, SyntaxError, KeyError, OSError, ValueError):
        found = "damaged"
    json.dump(found, sys.stdout, ensure_ascii=False)


def _sheet(
    name: str, rows: Sequence[Sequence[object]], hidden: Sequence[int], merged: Sequence[_Range]
) -> Mapping[str, Any]:
    """Return a sheet with the rows that are not blank, each with its number from 1."""
    if len(rows) > MOST_ROWS:
        raise Refused("limits")
    cells = [[_plain(cell) for cell in row[:MOST_COLUMNS]] for row in rows]
    for (top, left), (bottom, right) in merged:
        for row in cells[top : bottom + 1]:
            row[left : right + 1] = [cells[top][left]] * len(row[left : right + 1])
    filled = [(n, row) for n, row in enumerate(cells, start=1) if any(row)]
    return {"name": name, "rows": filled, "hidden": hidden}


def _plain(cell: object) -> str:
    """Return a cell as people read it: a whole number without a fraction, a day as ISO 8601."""
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d}"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return f"{cell:.0f}"
    text = str(cell).rstrip()
    if len(text) > LONGEST_CELL:
        raise Refused("limits")
    return text


def _text(raw: bytes) -> Iterator[Mapping[str, Any]]:
    """Yield the one sheet of a text.

    Bytes that are not Unicode become the character of the same number: `hopthu.personnel.charsets`
    finds out what they mean.
    """
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if "\x00" in text or text.lstrip().startswith(_NO_LIST):
        raise Refused("text")
    delimiter = max(_DELIMITERS, key=text[: 2**20].count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield _sheet("", list(islice(lines, MOST_ROWS + 1)), (), ())
    except csv.Error as error:
        raise Refused("limits") from error


def _workbook(raw: bytes) -> Iterator[Mapping[str, Any]]:
    """Yield the sheets that are not hidden."""
    hidden = _hidden_rows(raw) if raw.startswith(_ARCHIVE) else {}
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(raw))
    for each in workbook.sheets_metadata:
        is_shown = each.visible == SheetVisibleEnum.Visible or each.name == WRITTEN_SHEET
        if is_shown and each.typ == SheetTypeEnum.WorkSheet:
            sheet = workbook.get_sheet_by_name(each.name)
            if sheet.total_height > MOST_ROWS:
                raise Refused("limits")
            rows, merged = sheet.to_python(skip_empty_area=False), sheet.merged_cell_ranges
            yield _sheet(each.name, rows, hidden.get(each.name, ()), merged or ())


def _hidden_rows(raw: bytes) -> Mapping[str, Sequence[int]]:
    """Return the numbers of the hidden rows of an .xlsx, by sheet: calamine omits them."""
    found: dict[str, list[int]] = {}
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        if sum(part.file_size for part in archive.infolist()) > LARGEST_UNPACKED:
            raise Refused("limits")
        if "content.xml" in (parts := archive.namelist()) and "xl/workbook.xml" not in parts:
            return found
        relations = _elements(archive, "xl/_rels/workbook.xml.rels", "Relationship")
        targets = {each["Id"]: posixpath.join("/xl", each["Target"])[1:] for each in relations}
        for sheet in _elements(archive, "xl/workbook.xml", "sheet"):
            found[sheet["name"]], number = [], 0
            for row in islice(_elements(archive, targets[sheet["id"]], "row"), MOST_ROWS):
                number = int(row.get("r", number + 1))
                if row.get("hidden", "0") not in ("0", "false"):
                    found[sheet["name"]].append(number)
    return found


def _elements(archive: zipfile.ZipFile, part: str, name: str) -> Iterator[Mapping[str, str]]:
    """Yield the attributes of the elements of a part that have a name, all without namespaces."""
    with archive.open(part) as file:
        for event, each in ElementTree.iterparse(file, ("start", "end")):  # noqa: S314 (limits)
            if event == "end":
                each.clear()
            elif each.tag.rpartition("}")[2] == name:
                yield {key.rpartition("}")[2]: text for key, text in each.items()}


if __name__ == "__main__":
    main()
