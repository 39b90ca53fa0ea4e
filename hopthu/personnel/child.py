"""Read a workbook in a process of its own: its standard input; print the cells as JSON.

A file that anybody made may make the reader of its format take all memory, or abort: then only
this process dies. `hopthu.personnel.spreadsheet` starts it.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from typing import IO, Any
from xml.parsers import expat

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

MEMORY, SECONDS = 2**31, 120
MOST_ROWS = 200_000
"""The most rows of a sheet: three times the officials of a large province."""
MOST_COLUMNS = 256
"""Columns beyond these are not read."""
LONGEST_CELL = 32_767
"""The most characters of a cell, as in Excel."""
LARGEST_UNPACKED = 2**28
"""The most bytes of a workbook that is unpacked."""
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


class Refused(Exception):
    """The file is not read; the text is the key of the reason."""


def main() -> None:
    """Read standard input, within the limits; print the sheets, or why there are none."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        found: object = list(_sheets(sys.stdin.buffer.read()))
    except Refused as error:
        found = str(error)
    except (CalamineError, zipfile.BadZipFile, expat.ExpatError, KeyError, OSError, ValueError):
        found = "damaged"
    json.dump(found, sys.stdout, ensure_ascii=False)


def _sheets(raw: bytes) -> Iterator[Mapping[str, Any]]:
    """Yield the sheets that are not hidden, with their rows that are not blank."""
    hidden = _hidden_rows(raw) if raw.startswith(b"PK") else {}
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(raw))
    for each in workbook.sheets_metadata:
        visible = each.visible == SheetVisibleEnum.Visible
        if visible and each.typ == SheetTypeEnum.WorkSheet:
            sheet = workbook.get_sheet_by_name(each.name)
            yield {"name": each.name, "rows": _rows(sheet), "hidden": hidden.get(each.name, [])}


def _rows(sheet: CalamineSheet) -> list[tuple[int, list[object]]]:
    """Return the rows that are not blank, each with its number from 1."""
    if sheet.total_height > MOST_ROWS:
        raise Refused("rows")
    rows = sheet.to_python(skip_empty_area=False)
    cells = [[_plain(cell) for cell in row[:MOST_COLUMNS]] for row in rows]
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        for row in cells[top : bottom + 1]:
            row[left : right + 1] = [cells[top][left]] * len(row[left : right + 1])
    return [(n, row) for n, row in enumerate(cells, start=1) if any(c is not None for c in row)]


def _plain(cell: object) -> object:
    """Return a cell as JSON has it: text, a number, nothing, or a list with a day."""
    if isinstance(cell, datetime):
        return [cell.date().isoformat()]
    if isinstance(cell, date):
        return [cell.isoformat()]
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, int | float):
        return float(cell)
    text = str(cell) if isinstance(cell, time) else cell
    if not isinstance(text, str) or not text.strip():
        return None
    if len(text) > LONGEST_CELL:
        raise Refused("cell")
    return text


def _hidden_rows(raw: bytes) -> dict[str, list[int]]:
    """Return the numbers of the hidden rows of each sheet of an .xlsx, which calamine omits."""
    found: dict[str, list[int]] = {}
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        if sum(part.file_size for part in archive.infolist()) > LARGEST_UNPACKED:
            raise Refused("unpacked")
        if "xl/workbook.xml" not in archive.namelist():
            return {}  # it is an .ods
        targets: dict[str, str] = {}
        sheets: dict[str, str] = {}

        def relation(name: str, attributes: Mapping[str, str]) -> None:
            if name == "Relationship":
                targets[attributes["Id"]] = attributes["Target"]

        def sheet(name: str, attributes: Mapping[str, str]) -> None:
            if name == "sheet":
                sheets[attributes["name"]] = attributes[f"{_RELATION} id"]

        _parse(archive, "xl/_rels/workbook.xml.rels", relation)
        _parse(archive, "xl/workbook.xml", sheet)
        for title, key in sheets.items():
            target = targets[key]
            part = target[1:] if target.startswith("/") else f"xl/{target}"
            found[title] = _hidden_in(archive, part)
    return found


def _hidden_in(archive: zipfile.ZipFile, part: str) -> list[int]:
    """Return the numbers of the hidden rows of one sheet; a row without one follows the last."""
    numbers: list[int] = []
    last = 0

    def row(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal last
        if name == "row":
            last = int(attributes.get("r", last + 1))
            if attributes.get("hidden", "0") not in ("0", "false"):
                numbers.append(last)

    _parse(archive, part, row)
    return numbers


def _parse(
    archive: zipfile.ZipFile, part: str, element: Callable[[str, Mapping[str, str]], None]
) -> None:
    """Call `element` with the local name and the attributes of each element of a part."""
    parser = expat.ParserCreate(namespace_separator=" ")

    def start(name: str, attributes: dict[str, str]) -> None:
        element(name.rpartition(" ")[2], attributes)

    def doctype(*_: object) -> None:
        raise Refused("damaged")

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    file: IO[bytes]
    with archive.open(part) as file:
        parser.ParseFile(file)


if __name__ == "__main__":
    main()
