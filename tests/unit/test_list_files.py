"""Files of lists: what is read of each format, and what no file may do to the reader."""

import time
import zipfile
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

import hostile_lists
import office_lists
from hopthu.personnel.spreadsheet import read_spreadsheet
from hopthu.personnel.table import Unreadable
from hostile_lists import Hostile
from review_workbooks import a_list

HOSTILE = [
    pytest.param(each, id=name, marks=[pytest.mark.slow] if name in hostile_lists.LARGE else [])
    for name, each in hostile_lists.HOSTILE.items()
]
LISTS = office_lists.lists()


@pytest.mark.parametrize("each", HOSTILE)
def test_a_hostile_file_is_text_or_is_refused(each: Hostile, tmp_path: Path) -> None:
    """With a sentence, in bounded time; formulas and entities are never more than text."""
    began = time.monotonic()
    cells: list[str] | None = None
    with suppress(Unreadable):
        found = read_spreadsheet(each.write(tmp_path))
        cells = [cell for sheet in found.sheets for row in sheet.rows for cell in row.cells]
    outcome = hostile_lists.REFUSE if cells is None else hostile_lists.TEXT
    assert each.expect in (hostile_lists.EITHER, outcome)
    assert all(isinstance(cell, str) for cell in cells or ())
    assert not any("root:" in cell for cell in cells or () if isinstance(cell, str))
    assert time.monotonic() - began < 120


@pytest.mark.parametrize("office", LISTS.values(), ids=LISTS)
def test_every_format_keeps_rows_and_texts(office: office_lists.OfficeList, tmp_path: Path) -> None:
    """.xlsx, .xls, .ods and .csv, also in the fonts of before: each name in its own row."""
    found = read_spreadsheet(office_lists.build(office, tmp_path))
    sheets = {sheet.name: sheet for sheet in found.sheets}
    for person in office.people:
        sheet = sheets.get(person.sheet, found.sheets[0])
        (row,) = (row for row in sheet.rows if row.number == person.row)
        said = " ".join(" ".join(cell.split()) for cell in row.cells)
        assert person.name.lower() in said.lower()


def test_merged_cells_say_the_same_in_each_row(tmp_path: Path) -> None:
    """Across and down; hidden rows are known, hidden sheets are not read."""
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (("Họ và tên", None), ("Phòng A", "Lê Văn An"), (None, "Hà Văn Ba")):
        sheet.append(row)
    sheet.merge_cells("A1:B1")
    sheet.merge_cells("A2:A3")
    sheet.row_dimensions[3].hidden = True
    book.create_sheet("Ẩn").sheet_state = "hidden"
    book["Ẩn"].append(("x",))
    book.save(tmp_path / "list.xlsx")
    (found,) = read_spreadsheet(tmp_path / "list.xlsx").sheets
    assert ("Họ và tên", "Họ và tên") == found.rows[0].cells
    assert ("Phòng A", "Hà Văn Ba") == found.rows[2].cells
    assert {3} == found.hidden


def test_a_cell_is_the_text_that_is_seen_in_it(tmp_path: Path) -> None:
    """Days, numbers and texts; blanks in front of a text may be its mark."""
    cells = ("  a ", 7, date(2026, 1, 2), None, "  ", 0, 1.5, True)
    path = a_list(tmp_path / "list.xlsx", (), cells)
    (row,) = read_spreadsheet(path).sheets[0].rows
    assert (2, ("  a", "7", "2026-01-02", "", "", "0", "1.5", "True")) == (row.number, row.cells)


def test_a_file_that_kills_its_reader_kills_nothing_else(tmp_path: Path) -> None:
    """Two far cells make the library abort, in a process of its own."""
    path = a_list(tmp_path / "list.xlsx", ("x",))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    part = "xl/worksheets/sheet1.xml"
    far = b'<row r="199999"><c r="XFD199999" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    parts[part] = parts[part].replace(b"</sheetData>", far)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(Unreadable, match="too much memory or time"):
        read_spreadsheet(path)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("missing.xlsx", "cannot be read: No such file"),
        ("list.txt", "is not a list"),
        ("list.xlsm", "is not a list"),
    ],
)
def test_other_files_are_refused(name: str, why: str, tmp_path: Path) -> None:
    """By their names."""
    if name != "missing.xlsx":
        (tmp_path / name).write_bytes(b"Ho va ten")
    with pytest.raises(Unreadable, match=why):
        read_spreadsheet(tmp_path / name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("sign", [";", ",", "\t", "|"])
def test_text_is_read_whatever_separates_its_cells(
    sign: str, encoding: str, tmp_path: Path
) -> None:
    """In Unicode, or in a set of before it."""
    path = tmp_path / "list.csv"
    path.write_text(sign.join(("Họ và tên", "Chức vụ")) + "\n" + sign.join("ab"), encoding)
    assert ("Họ và tên", "Chức vụ") == read_spreadsheet(path).sheets[0].rows[0].cells
