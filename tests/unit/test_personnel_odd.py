"""Lists as offices really keep them: what is odd in them is read as it was meant, or left out."""

import io
import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from hopthu.personnel.categories import category_of
from hopthu.personnel.findings import Odd
from hopthu.personnel.listing import Listing, listing_of
from hopthu.personnel.names import name_of
from hopthu.personnel.reader import read_list
from hopthu.personnel.table import Cell, Row, Sheet, Unreadable
from hopthu.personnel.workbook import read_workbook

HEADER = ("STT", "Họ và tên", "Chức vụ", "Đơn vị", "Loại", "Từ ngày", "Ghi chú")
FIRST = (1.0, "Lê Thị Ba", "Chuyên viên", "Sở Y tế", "CC")
SECOND = (2.0, "Hà Văn Tư", "Kế toán", "Sở Y tế", "VC")


def read(*rows: tuple[Cell, ...], header: tuple[Cell, ...] = HEADER) -> Listing:
    numbered = enumerate((header, *rows), start=1)
    return listing_of("l.xlsx", [Sheet("DS", tuple(Row(n, c) for n, c in numbered if any(c)))])


def of_workbook(build: Callable[[Worksheet], None]) -> Listing:
    """Return what is read of a workbook as a spreadsheet program saves it."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    build(sheet)
    file = io.BytesIO()
    book.save(file)
    return listing_of("l.xlsx", read_workbook(file.getvalue()))


def people(listing: Listing) -> list[str]:
    return [each.name for each in listing.entries]


def left(listing: Listing) -> list[tuple[int, str]]:
    return [(f.place.row, str(f.what)) for f in listing.findings if f.level == "left out"]


def test_a_hidden_row_is_left_out() -> None:
    """A filter that was left on, or somebody who is gone: only a person can tell."""

    def build(sheet: Worksheet) -> None:
        for row in (HEADER, FIRST, SECOND):
            sheet.append(row)
        sheet.row_dimensions[3].hidden = True

    found = of_workbook(build)
    assert ["Lê Thị Ba"] == people(found)
    assert [(3, "the row is hidden")] == left(found)


def test_hidden_columns_that_count_are_named() -> None:
    """Nobody who looks at the list sees what was read there."""

    def build(sheet: Worksheet) -> None:
        for row in (HEADER, FIRST):
            sheet.append(row)
        for letter in "AE":
            sheet.column_dimensions[letter].hidden = True

    found = of_workbook(build)
    assert ["Lê Thị Ba"] == people(found)
    assert ['columns that are hidden, and were read: "Loại"'] == [f.what for f in found.findings]


def test_a_name_in_two_columns_below_one_header() -> None:
    """Merged over both in a workbook, with an empty cell beside it in a text."""

    def build(sheet: Worksheet) -> None:
        sheet.append(("STT", "Họ và tên", None, "Chức vụ", "Loại"))
        sheet.merge_cells("B1:C1")
        sheet.append((1, "Lê Thị", "Ba", "Chuyên viên", "CC"))
        sheet.append((2, "Hà Văn Tư", None, "Chuyên viên", "CC"))
        sheet.merge_cells("B3:C3")

    assert ["Lê Thị Ba", "Hà Văn Tư"] == people(of_workbook(build))
    header = ("STT", "Họ và tên", None, "Chức vụ", "Loại")
    rows = [(1.0, "Lê Thị", "Ba", "CV", "CC"), (2.0, "Hà Văn", "Tư", "CV", "CC")]
    assert ["Lê Thị Ba", "Hà Văn Tư"] == people(read(*rows, header=header))


def test_a_column_without_a_header_is_no_part_of_names() -> None:
    """Where it has anything else, or little."""
    header = ("STT", "Họ và tên", None, "Chức vụ", "Loại")
    rows = [(1.0, "Lê Thị Ba", "x", "CV", "CC"), (2.0, "Hà Văn Tư", None, "CV", "CC"),
            (3.0, "Hà Văn Ba", 1980.0, "CV", "CC")]  # fmt: skip
    assert ["Lê Thị Ba", "Hà Văn Tư", "Hà Văn Ba"] == people(read(*rows, header=header))


def test_tables_side_by_side_are_refused() -> None:
    """Half of the people would be lost."""
    header = ("TT", "Họ và tên", "Chức vụ", "Loại", None, "TT", "Họ và tên", "Chức vụ", "Loại")
    row = (1.0, "Lê Thị Ba", "CV", "CC", None, 2.0, "Hà Văn Tư", "CV", "CC")
    with pytest.raises(
        Unreadable, match='two tables side by side: "Họ và tên" heads columns B and'
    ):
        read(row, header=header)


def test_names_of_relatives_are_not_read() -> None:
    """The column is named, as others that are not read."""
    header = ("Họ và tên", "Chức vụ", "Loại", "Đơn vị", "Họ tên người phụ thuộc")
    found = read(("Lê Thị Ba", "CV", "CC", "SYT", "Lê An"), header=header)
    assert ["Lê Thị Ba"] == people(found)
    assert ['columns that were not read: "Họ tên người phụ thuộc"'] == [
        each.what for each in found.findings
    ]


@pytest.mark.parametrize("sign", ["x", "X", 1.0, "✓", "1"])
def test_a_category_marked_in_a_column_of_its_own(sign: Cell) -> None:
    """As in the forms of statistics."""
    header = ("TT", "Họ và tên", "Chức vụ", "Cán bộ", "Công chức", "Viên chức", "HĐLĐ")
    rows = [
        (1.0, "Lê Thị Ba", "Chủ tịch", sign, None, None, None),
        (2.0, "Hà Văn Tư", "CV", None, sign, None, None),
        (3.0, "Hà Văn Năm", "CV", None, None, sign, None),
        (4.0, "Hà Văn Sáu", "CV", None, None, None, sign),
        (5.0, "Hà Văn Bảy", "CV", None, sign, sign, None),
        (6.0, "Hà Văn Tám", "CV", None, None, None, None),
    ]
    found = read(*rows, header=header)
    expected = ["cadre", "civil_servant", "public_employee"]
    assert expected == [each.category for each in found.entries]
    assert [5, 6, 7] == [row for row, _ in left(found)]
    assert "none of the three categories" in left(found)[0][1]
    assert "two categories" in left(found)[1][1]


def test_a_category_marked_below_a_common_header() -> None:
    """A header of two rows."""
    rows = [
        ("TT", "Họ và tên", "Chức vụ", "Đối tượng", "Đối tượng"),
        ("TT", "Họ và tên", "Chức vụ", "CC", "VC"),
        (1.0, "Lê Thị Ba", "CV", None, "x"),
    ]
    found = read(*rows[1:], header=rows[0])
    assert ["public_employee"] == [each.category for each in found.entries]


@pytest.mark.parametrize("title", ["-", ".", "nt", '"', "-nt-", "như trên", 12.0, "Như trên", "//"])
def test_signs_are_no_titles(title: Cell) -> None:
    """Nor is what stands for the row above."""
    found = read((1.0, "Lê Thị Ba", title, "SYT", "CC"))
    assert [] == people(found)
    assert [2] == [row for row, _ in left(found)]


@pytest.mark.parametrize(
    ("written", "name"),
    [("LÊ THỊ Ba", "Lê Thị Ba"), ("Hà văn Tư", "Hà Văn Tư"), ("K'sor H'HEN", "K'sor H'Hen")],
)
def test_names_half_in_capitals_are_proposed(written: str, name: str) -> None:
    """And a person looks at them."""
    found = name_of(written)
    assert name == found.text
    assert found.remark


@pytest.mark.parametrize("written", ["Ông Lê Văn Ba", "Bà Hà Thị Tư", "ÔNG LÊ VĂN BA", "bà Hà Tư"])
def test_forms_of_address_are_no_names(written: str) -> None:
    """Though Ông is a family name of some."""
    with pytest.raises(Odd, match="form of address") as raised:
        name_of(written)
    assert "hopthu person add" in raised.value.fix


@pytest.mark.parametrize("name", ["Y Moan Êñuôl", "K'sor Phước", "Lê-na Ba", "A Páo", "H'Hen Niê"])
def test_names_are_left_as_they_are(name: str) -> None:
    """Those of one letter, and with apostrophes or hyphens, too."""
    assert (name, None) == name_of(name)


def test_rows_below_the_signatures_are_nobody() -> None:
    """Even where rows have no numbers, and the category and the unit are given for all."""
    rows: list[tuple[Cell, ...]] = [
        ("Đơn vị: Sở Y tế", None),
        ("Họ và tên", "Chức vụ"),
        ("Lê Thị Ba", "Chuyên viên"),
        (None, "Thanh Hóa, ngày 01 tháng 10 năm 2026"),
        ("NGƯỜI LẬP BIỂU", "GIÁM ĐỐC"),
        ("Lê Thị Hoa", "Hà Văn Giám"),
    ]
    numbered = tuple(Row(n, cells) for n, cells in enumerate(rows, start=1))
    found = listing_of("l.xlsx", [Sheet("DS", numbered)], "civil_servant")
    assert ["Lê Thị Ba"] == people(found)
    assert [6] == [row for row, _ in left(found)]
    assert [4, 5] == [f.place.row for f in found.findings if f.level == "look"]


def test_the_next_table_below_signatures_is_read() -> None:
    """With the header that is its own, in whatever order."""
    found = read(
        FIRST,
        (None, "Người lập biểu", None, None, "Giám đốc"),
        ("TT", "Họ và tên", "Đơn vị", "Chức vụ", "Loại"),
        (1.0, "Hà Văn Tư", "Sở Tài chính", "Kế toán", "VC"),
    )
    assert [("Lê Thị Ba", "Chuyên viên", ("Sở Y tế",)), ("Hà Văn Tư", "Kế toán", ("Sở Tài chính",))
            ] == [(each.name, each.title, each.units) for each in found.entries]  # fmt: skip


def test_numbers_of_columns_are_nobody_on_any_page() -> None:
    """Written as text or as numbers."""
    again = tuple(float(n) for n in range(1, 6))
    found = read(FIRST, HEADER, again, SECOND, ("(1)", "(2)", "(3)", "(4)", "(5)"))
    assert ["Lê Thị Ba", "Hà Văn Tư"] == people(found)
    assert () == found.findings


def test_a_heading_in_small_letters_ends_the_one_before() -> None:
    """Else who stands below it would be in the unit above it."""
    header = ("STT", "Họ và tên", "Chức vụ", "Loại")
    rows: list[tuple[Cell, ...]] = [
        ("SỞ Y TẾ", "SỞ Y TẾ", "SỞ Y TẾ", "SỞ Y TẾ"),
        (1.0, "Lê Thị Ba", "Giám đốc", "CC"),
        ("Văn phòng",) * 4,
        (2.0, "Hà Văn Tư", "CV", "CC"),
        (None, "Tổ chuyên trách"),
        (3.0, "Hà Văn Năm", "CV", "CC"),
        (None, "Lê Thị Hoa"),
    ]
    found = read(*rows, header=header)
    assert [("SỞ Y TẾ",), ("SỞ Y TẾ", "Văn phòng"), ("SỞ Y TẾ", "Tổ chuyên trách")] == [
        each.units for each in found.entries
    ]
    assert [(8, "look")] == [(f.place.row, f.level) for f in found.findings]


@pytest.mark.parametrize(
    "written",
    ["Ngày 15 tháng 3 năm 2020", "15 tháng 03 năm 2020", "'15/03/2020", "ngày 15/03/2020"],
)
def test_days_written_out(written: str) -> None:
    """Which can be one day only."""
    found = read((*FIRST, written))
    assert [date(2020, 3, 15)] == [each.start for each in found.entries]


@pytest.mark.parametrize(
    "written", ["15/3/20", "3/2020", "2020", "15032020", "31 tháng 2 năm 2020"]
)
def test_days_that_are_none_say_what_to_do(written: str) -> None:
    """To correct them, or to clear them."""
    found = read((*FIRST, written))
    assert [2] == [row for row, _ in left(found)]
    assert "or clear the cell" in found.findings[0].fix


@pytest.mark.parametrize("code", ["V.07.05.15", "V07.05.15", "V. 07.05.15", "v.07.05.15"])
def test_codes_of_professions(code: str) -> None:
    """With the point behind the letter or without."""
    header = ("TT", "Họ và tên", "Chức vụ", "Mã ngạch")
    found = read((1.0, "Lê Thị Ba", "Giáo viên", code), header=header)
    assert ["public_employee"] == [each.category for each in found.entries]


@pytest.mark.parametrize("code", ["01.003", 1.003, "15.111"])
def test_a_code_that_shows_no_category_is_named(code: Cell) -> None:
    """Civil servants and public employees of administration have the same: nothing is guessed."""
    header = ("TT", "Họ và tên", "Chức vụ", "Mã ngạch")
    found = read((1.0, "Lê Thị Ba", "Chuyên viên", code), header=header)
    ((_, what),) = left(found)
    assert str(code) in what
    assert "--category" in found.findings[0].fix


def test_people_who_left_their_work() -> None:
    """In the words of remarks."""
    rows = [(1.0, "Lê Thị Ba", "CV", "SYT", "CC", None, said) for said in
            ("Đã nghỉ việc", "Chết 2025", "Đã mất", "Thôi việc")]  # fmt: skip
    said = [each.on(date(2026, 1, 1)) for e in read(*rows).entries for _, each in e.remarks]
    assert ["gone"] * 4 == said
    kept = (1.0, "Lê Thị Ba", "CV", "SYT", "CC", None, "Bệnh binh mất sức")
    assert [()] == [each.remarks for each in read(kept).entries]


def test_a_name_that_was_not_computed_is_said_to_be() -> None:
    """Programs other than spreadsheets save no value."""

    def build(sheet: Worksheet) -> None:
        sheet.append(HEADER)
        sheet.append((1, '=CONCATENATE("Lê"," Ba")', *FIRST[2:]))

    found = of_workbook(build)
    assert [2] == [row for row, _ in left(found)]
    assert "open the list in a spreadsheet program" in found.findings[0].fix


@pytest.mark.parametrize(
    "raw", [b"%PDF-1.7\n\xff\xfe", b"\n <html><table>", "\ufeff<?xml version='1.0'?>".encode()]
)
def test_what_is_no_list_is_said_to_be_none(raw: bytes, tmp_path: Path) -> None:
    """Documents and web pages that are named like lists."""
    path = tmp_path / "list.csv"
    path.write_bytes(raw)
    with pytest.raises(Unreadable, match="neither a workbook nor text"):
        read_list(path)


def test_bars_between_cells(tmp_path: Path) -> None:
    """Some programs export so."""
    path = tmp_path / "list.csv"
    path.write_text("TT|Họ và tên|Chức vụ|Loại\n1|Lê Thị Ba|Trưởng phòng, kế toán|CC\n")
    assert ["Trưởng phòng, kế toán"] == [each.title for each in read_list(path).entries]


def test_windows_1258_is_known_by_the_words_that_differ(tmp_path: Path) -> None:
    """Most words of a short list look alike in it and in Western letters: Lê, Hà, Công, viên."""
    text = (
        "STT;Họ và tên;Ngày sinh;Chức vụ;Đơn vị;Loại;Từ ngày;Ghi chú\r\n"
        "1;Lê Thị Ba;01/02/1980;Chuyên viên;Sở Nội vụ;Công chức;15/03/2020;\r\n"
        "2;Hà Văn Tư;01/02/1980;Chuyên viên;Sở Nội vụ;Công chức;15/03/2020;\r\n"
    )
    path = tmp_path / "list.csv"
    path.write_bytes(_in_windows_1258(text))
    assert ["Lê Thị Ba", "Hà Văn Tư"] == people(read_list(path))


def _in_windows_1258(text: str) -> bytes:
    """Return a text with letters of Windows-1258, each tone behind its letter."""
    tones = "\u0300\u0301\u0303\u0309\u0323"
    out = b""
    for letter in text:
        try:
            out += letter.encode("cp1258")
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            base = unicodedata.normalize("NFC", "".join(p for p in parts if p not in tones))
            out += base.encode("cp1258") + "".join(p for p in parts if p in tones).encode("cp1258")
    return out


@pytest.mark.parametrize(
    ("name", "title", "meant"),
    [
        ("TrÇn Hïng", "Chuyên viên", '"Trần Hùng" (TCVN3)'),
        ("Lª ThÞ Hoa", "Chuyên viên", '"Lê Thị Hoa" (TCVN3)'),
        ("Leâ Thò Hoa", "Chuyên viên", '"Lê Thị Hoa" (VNI)'),
        ("Lê Thị Hoa", "KÕ to¸n", '"Kế toán" (TCVN3)'),
    ],
)
def test_a_cell_of_before_unicode_in_a_list_of_today(name: str, title: str, meant: str) -> None:
    """It was pasted there; its letters would be those of a name."""
    found = read(FIRST, (2.0, name, title, "Sở Y tế", "CC"))
    assert ["Lê Thị Ba"] == people(found)
    ((row, what),) = left(found)
    assert 3 == row
    assert meant in what


def test_a_second_line_of_a_title_heads_nothing() -> None:
    """Nor does a remark on a line of its own: who stands below is where they were."""
    header = ("STT", "Họ và tên", "Chức vụ", "Loại", "Ghi chú")
    rows: list[tuple[Cell, ...]] = [
        ("I", "SỞ Y TẾ"),
        (1.0, "Lê Thị Ba", "Phó Giám đốc", "CC"),
        (None, None, "kiêm Chi cục trưởng"),
        (2.0, "Hà Văn Tư", "Chuyên viên", "CC"),
        (None, None, None, None, "đang đi học"),
        (3.0, "Hà Văn Năm", "Chuyên viên", "CC"),
    ]
    found = read(*rows, header=header)
    assert [("SỞ Y TẾ",)] * 3 == [each.units for each in found.entries]
    assert [(4, "look"), (6, "look")] == [(f.place.row, f.level) for f in found.findings]


@pytest.mark.parametrize("mark", ["1.2", 1.2, "I.2", "II.1.", "1.2.1"])
def test_headings_with_numbers_of_two_parts(mark: Cell) -> None:
    """They are marks, not people; who stands below is in the part that they name."""
    header = ("STT", "Họ và tên", "Chức vụ", "Loại")
    rows: list[tuple[Cell, ...]] = [
        ("I", "SỞ Y TẾ"), (1.0, "Phòng Kế toán"), (1.0, "Lê Thị Ba", "CV", "CC"),
        (mark, "Phòng Nghiệp vụ"), (2.0, "Hà Văn Tư", "CV", "CC"),
    ]  # fmt: skip
    found = read(*rows, header=header)
    assert "Phòng Kế toán" == found.entries[0].units[-1]
    assert "Phòng Nghiệp vụ" == found.entries[1].units[-1]
    assert () == found.findings


@pytest.mark.parametrize(
    "written", ["Khuyết", "Chưa bố trí", "Đang tuyển dụng", "KHUYẾT TRƯỞNG PHÒNG", "Còn trống"]
)
def test_a_vacant_post_is_nobody(written: str) -> None:
    """Though it may look like a name of three words."""
    with pytest.raises(Odd, match="is vacant"):
        name_of(written)


@pytest.mark.parametrize(
    ("written", "category"),
    [("Công chức lãnh đạo", "civil_servant"), ("Công chức loại A1", "civil_servant"),
     ("Viên chức hạng III", "public_employee"), ("Công chức.", "civil_servant")],
)  # fmt: skip
def test_a_category_may_be_told_more_closely(written: str, category: str) -> None:
    """What follows it changes nothing."""
    assert category == category_of(written)


@pytest.mark.parametrize(
    "written", ["Biên chế", "Công chức, viên chức", "Công chức hoặc viên chức", "CBCC"]
)
def test_what_names_no_category_is_shown(written: str) -> None:
    """So that somebody sees why the row was left out."""
    found = read((1.0, "Lê Thị Ba", "CV", "SYT", written))
    ((_, what),) = left(found)
    assert f'"{written}" alone does not show' in what
