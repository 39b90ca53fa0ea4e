"""The files of lists: workbooks and texts, as programs save them, and as nobody should."""

import io
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from defusedxml import EntitiesForbidden
from openpyxl.xml.functions import fromstring

from benchmarks.workbook import Formula, workbook, zipped
from hopthu.personnel import workbook as reader
from hopthu.personnel import workbook_limits as limits
from hopthu.personnel.reader import read_list
from hopthu.personnel.table import Cell, Row, Unreadable
from hopthu.personnel.text_table import read_text
from hopthu.personnel.workbook import read_workbook

TABLE = [["Họ và tên", "Từ ngày"], ["Lê Thị Ba", "01/02/2020"]]
DAY = date(2024, 3, 15)
SHEET = "xl/worksheets/sheet1.xml"


def cells(raw: bytes) -> list[Row]:
    (sheet,) = read_workbook(raw)
    return list(sheet.rows)


def test_a_workbook_is_read() -> None:
    """Texts, numbers, days by the format of the cell, and what a formula came to."""
    raw = workbook({
        "DS": [
            ["Họ và tên", 45366, date(2024, 3, 15), None, 1.5],
            [],
            [Formula('HYPERLINK("http://x.example/","Lê")', "Lê"), " \n ", "  a\nb "],
        ]
    })  # fmt: skip
    expected = [
        Row(1, ("Họ và tên", 45366.0, date(2024, 3, 15), None, 1.5)),
        Row(3, ("Lê", None, "a\nb")),
    ]
    assert expected == cells(raw)


def test_merged_cells_all_have_the_text() -> None:
    """Those of rows that are there; the others hold nothing."""
    raw = workbook({"DS": [["Sở", None, "x"], ["1"], ["2"]]}, {"DS": ["A1:B1", "C1:C3", "Z1:Z9"]})
    assert [("Sở", "Sở", "x"), ("1", None, "x"), ("2", None, "x")] == [r.cells for r in cells(raw)]


def test_hidden_sheets_are_not_read() -> None:
    """Nobody who looks at the list sees them."""
    raw = workbook({"DS": [["a"]], "cũ": [["b"]]}, hidden=["cũ"])
    assert ["DS"] == [sheet.name for sheet in read_workbook(raw)]


def changed(raw: bytes, part: str, old: str, new: str) -> bytes:
    """Return a workbook with a text in one of its parts replaced."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old.encode() in parts[part]
    parts[part] = parts[part].replace(old.encode(), new.encode())
    return zipped(parts)


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ('<c r="A1" t="s"><v>0</v></c>', '<c r="A1" t="inlineStr"><is><t>b</t></is></c>', "b"),
        ('<c r="A1" t="s"><v>0</v></c>', '<c t="s"><v>0</v></c>', "a"),
        ('<c r="A1" t="s"><v>0</v></c>', '<c r="A1" t="e"><v>#N/A</v></c>', "#N/A"),
        ('<c r="A1" t="s"><v>0</v></c>', '<c r="A1" t="b"><v>1</v></c>', "TRUE"),
        ('<c r="A1" t="s"><v>0</v></c>', '<c r="A1"><v>1e999</v></c>', "inf"),
        ('<c r="A1" t="s"><v>0</v></c>', '<c r="A1"><v>45366</v></c>', 45366.0),
        ('<c r="A1" t="s"><v>0</v></c>', '<c r="A1" s="1"><v>9e9</v></c>', "#VALUE!"),
        ('<c r="A1" t="s"><v>0</v></c>', '<c r="A1" s="1"><v>0.5</v></c>', "12:00:00"),
        ('<c r="A1" t="s"><v>0</v></c>', '<c r="A1" s="1"><v>45366.75</v></c>', DAY),
        ('<c r="A1" t="s"><v>0</v></c>', '<c r="A1" t="d"><v>2024-03-15</v></c>', DAY),
        ('<c r="A1" t="s"><v>0</v></c>',
         '<c r="A1" t="inlineStr"><is><r><t>L</t></r><r><rPr><b/></rPr><t>ê</t></r></is></c>',
         "Lê"),
        ('<c r="A1" t="s"><v>0</v></c>', '<c r="A1"><f>A2</f></c>', None),
        ("<sheetData>", '<x:y xmlns:x="z"/><sheetData>', "a"),
    ],
)  # fmt: skip
def test_cells_of_other_programs(old: str, new: str, value: Cell) -> None:
    """Texts within the cell, cells without a name, errors, formulas that nobody computed."""
    raw = changed(workbook({"DS": [["a"]]}), "xl/worksheets/sheet1.xml", old, new)
    assert ([value] if value else []) == [row.cells[0] for row in cells(raw)]


def test_an_escaped_character_is_what_it_stands_for() -> None:
    """Excel writes a carriage return so, as XML has none."""
    assert [("a\rb",)] == [row.cells for row in cells(workbook({"DS": [["a_x000D_b"]]}))]


def test_a_text_in_several_letters_is_plain() -> None:
    """Without the bold of a part of it, and without the reading of East Asian characters."""
    rich = (
        '<si><r><t>Lê </t></r><r><rPr><b/></rPr><t>Ba</t></r><rPh sb="0" eb="1"><t>x</t></rPh></si>'
    )
    plain = '<si><t xml:space="preserve">a</t></si>'
    raw = changed(workbook({"DS": [["a"]]}), "xl/sharedStrings.xml", plain, rich)
    assert [("Lê Ba",)] == [row.cells for row in cells(raw)]


def test_the_other_epoch() -> None:
    """Workbooks of old Macintoshes count from 1904: 1,462 days later."""
    raw = workbook({"DS": [[date(2020, 3, 14)]]})
    raw = changed(raw, "xl/workbook.xml", "<sheets>", '<workbookPr date1904="1"/><sheets>')
    assert [(date(2024, 3, 15),)] == [row.cells for row in cells(raw)]


def test_a_link_alone_is_no_text() -> None:
    """A cell that looks empty stays so, whatever its link leads to."""
    link = '<hyperlinks><hyperlink ref="A2:B2" location="DS!A1"/></hyperlinks>'
    raw = changed(workbook({"DS": [["a"]]}), SHEET, "</sheetData>", f"</sheetData>{link}")
    assert [Row(1, ("a",))] == cells(raw)


BOMB = b"<a>" + b" " * (limits.LARGEST_UNPACKED + 1)
SMALL = workbook({"DS": [["a"]]})
LAUGHS = '<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 20)
)


def with_type(entities: str, part: str = SHEET) -> bytes:
    """Return a workbook with a document type in one of its parts."""
    with zipfile.ZipFile(io.BytesIO(SMALL)) as archive:
        text = archive.read(part).decode()
    head, root = text.split("?>", 1)
    root = root.replace(">", ">&a19;", 1) if entities else root
    return changed(SMALL, part, text, f"{head}?><!DOCTYPE a [{entities}]>{root}")


def with_ranges(element: str) -> bytes:
    """Return a workbook with an element after the rows."""
    return changed(SMALL, SHEET, "</sheetData>", f"</sheetData>{element}")


def with_flag(raw: bytes) -> bytes:
    """Return a zip that says of its first part that it is encrypted."""
    at = raw.index(b"PK\x01\x02") + 8
    return raw[:at] + b"\x01" + raw[at + 1 :]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"PK\x03\x04 and no more", "not a workbook that can be read"),
        (zipped({"a": b"b"}), "not a workbook that can be read"),
        (workbook({"DS": TABLE})[:-30], "not a workbook that can be read"),
        (with_flag(SMALL), "needs a password"),
        (zipped({"xl/workbook.xml": BOMB}), "unpacks to more than 256 MiB"),
        (zipped(dict.fromkeys(map(str, range(10_001)), b"")), "has more than 10000 files in it"),
        (with_type(LAUGHS), "it has a document type"),
        (with_type(LAUGHS, "xl/styles.xml"), "it has a document type"),
        (with_type(""), "it has a document type"),
        (zipped({"xl/workbook.xml": b"<a></b>"}), "not a workbook that can be read"),
        (changed(SMALL, SHEET, "</row>", ""), "not a workbook that can be read"),
        (changed(SMALL, SHEET, "<v>0</v>", "<v>99</v>"), "not a workbook that can be read"),
        (changed(SMALL, SHEET, ' t="s"><v>0', "><v>nan"), "not a workbook that can be read"),
        (changed(SMALL, SHEET, '"A1"', '"A1A"'), "not a workbook that can be read"),
        (changed(workbook({"DS": [["a"]], "b": [["b"]]}), "xl/workbook.xml", "rId2", "rId1"),
         "two of its sheets are the same file"),
        (workbook({"DS": [["x"]]}, {"DS": ["Z9:Z1"]}), "not a workbook that can be read"),
        (workbook({"DS": [["a" * 40_000]]}), "a cell has more than 32767 characters"),
        (workbook({"DS": [["x"]] * 3}, {"DS": ["A1:IV200000"] * 9}), "it merges too many cells"),
        (with_ranges('<hyperlinks><hyperlink ref="A1:XFD1048576" location="x"/></hyperlinks>'),
         "it merges too many cells"),
        (with_ranges('<hyperlinks><hyperlink ref="1:1048576" location="x"/></hyperlinks>'),
         "it merges too many cells"),
        (workbook({"DS": [["x"]]}), "no row names the columns"),
        (workbook({"DS": [], "b": []}), "list.xlsx has no rows"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "is of Excel 97, or has a password"),
        (b"", "list.xlsx is empty"),
        (b"\xef\xbb\xbf \r\n\r\n", "list.xlsx is empty"),
        (b"hello", "list.xlsx is not a workbook, though its name says so"),
        (b"a;b\n1;2\n", "list.xlsx is not a workbook, though its name says so"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "neither a workbook nor text"),
        (b'a;"' + b"x" * 40_000, "not a list that can be read"),
    ],
    ids=["cut", "no workbook", "damaged", "password", "bomb", "parts",
         "laughs", "laughing styles", "document type", "no XML", "no end of row", "no such text",
         "no number", "no such cell", "a sheet twice", "backwards", "huge cell", "merged",
         "link on everything", "link on all rows", "no header", "no rows", "xls",
         "empty", "blank", "a word", "other text", "picture",
         "open quote"],
)  # fmt: skip
def test_hostile_files_are_refused_with_words(raw: bytes, said: str, tmp_path: Path) -> None:
    """None is read to the end, and none makes anything but a sentence and its fix."""
    path = tmp_path / "list.xlsx"
    path.write_bytes(raw)
    with pytest.raises(Unreadable, match=said) as raised:
        read_list(path)
    assert "list.xlsx" in raised.value.what
    assert raised.value.fix


def test_a_text_without_a_header_is_no_worse_a_workbook(tmp_path: Path) -> None:
    """What is missing is said; a list of text is read, whatever it is called."""
    path = tmp_path / "list.csv"
    path.write_bytes(b"a;b\n1;2\n")
    with pytest.raises(Unreadable, match=r"list\.csv: no row names the columns of people"):
        read_list(path)
    named = tmp_path / "list.xlsx"
    named.write_text("Họ và tên;Chức vụ;Loại\nLê Thị Ba;CV;CC\n", encoding="utf-8")
    assert ["Lê Thị Ba"] == [each.name for each in read_list(named).entries]


def test_a_cell_far_away_costs_nothing() -> None:
    """Readers that make a table of all cells between would need 17 thousand million of them."""
    raw = changed(
        workbook({"DS": [["a", "b"]]}), "xl/worksheets/sheet1.xml",
        '</row>', '</row><row r="1048576"><c r="XFD1048576" t="s"><v>0</v></c></row>',
    )  # fmt: skip
    assert [("a", "b")] == [row.cells for row in cells(raw)]


@pytest.mark.parametrize(
    "element",
    ["<c/>" * 101, f'<dataValidations><dataValidation sqref="A1{" A1" * 100}"/></dataValidations>'],
    ids=["elements", "ranges"],
)
def test_what_takes_memory_is_counted(element: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elements of XML, and ranges within one of them, before openpyxl makes objects of them."""
    monkeypatch.setattr(limits, "MOST_ELEMENTS", 100)
    monkeypatch.setattr(reader, "load_workbook", None)
    with pytest.raises(Unreadable, match="more than 100 elements"):
        read_workbook(with_ranges(element))


def test_openpyxl_parses_with_defusedxml() -> None:
    """Should a part be read that was not counted, its entities are refused there."""
    assert openpyxl.DEFUSEDXML
    with pytest.raises(EntitiesForbidden):
        fromstring('<!DOCTYPE a [<!ENTITY b "ha">]><a>&b;</a>')


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are not blank."""
    monkeypatch.setattr(reader, "MOST_ROWS", 10)
    with pytest.raises(Unreadable, match="more than 10 rows"):
        read_workbook(workbook({"DS": [["a"]] * 12}))


@pytest.mark.parametrize("delimiter", [";", ",", "\t"], ids=["semicolon", "comma", "tab"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_texts_as_spreadsheets_save_them(delimiter: str, encoding: str) -> None:
    """In each encoding, with each sign between cells, also inside quotes; with and without mark."""
    title = f'"Phó phòng{delimiter} kế toán"'
    lines = [["DANH SÁCH", "", ""], ["Họ và tên", "Chức vụ", "Đơn vị"], ["Lê Ba", title, "Sở"]]
    text = "\r\n".join(delimiter.join(line) for line in lines)
    rows = read_text(text.encode(encoding)).rows
    expected = [
        Row(1, ("DANH SÁCH", None, None)),
        Row(2, ("Họ và tên", "Chức vụ", "Đơn vị")),
        Row(3, ("Lê Ba", f"Phó phòng{delimiter} kế toán", "Sở")),
    ]
    assert expected == list(rows)


def test_a_line_break_within_a_cell_makes_no_row() -> None:
    """Rows are numbered as a spreadsheet numbers them."""
    assert [1, 2] == [row.number for row in read_text(b'a;"b\nc"\nd;e\n').rows]


@pytest.mark.parametrize("what", ["folder", "missing", "too large"])
def test_what_is_no_file(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is said so."""
    path = tmp_path / "list.csv"
    if what == "folder":
        path.mkdir()
    elif what == "too large":
        path.write_bytes(b"a" * 200)
        monkeypatch.setattr("hopthu.personnel.reader.LARGEST", 100)
    with pytest.raises(Unreadable) as raised:
        read_list(path)
    assert raised.value.fix
