"""What a list says of people: headers, sections, names, categories, and rows of nobody."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopthu.model.address_naming import id_stem
from hopthu.personnel.categories import (
    NOT_ENTITLED,
    category_of,
    category_of_rank,
    category_of_title,
    is_not_entitled,
)
from hopthu.personnel.charsets import _TCVN3
from hopthu.personnel.columns import columns_of, field_of
from hopthu.personnel.listing import Listing, listing_of
from hopthu.personnel.names import in_proper_case, name_of
from hopthu.personnel.table import Cell, Row, Sheet, Unreadable
from hopthu.schema.formats import ID

HEADER = ("STT", "Họ và tên", "Chức vụ", "Đơn vị", "Loại", "Từ ngày", "Ghi chú")


def sheet(*rows: tuple[Cell, ...]) -> Sheet:
    return Sheet("DS", tuple(Row(n, cells) for n, cells in enumerate(rows, start=1) if any(cells)))


def read(*rows: tuple[Cell, ...], header: tuple[Cell, ...] = HEADER) -> Listing:
    return listing_of("list.xlsx", [sheet(header, *rows)])


def whats(listing: Listing) -> list[tuple[int, str, str]]:
    return [(each.place.row, each.level, each.subject) for each in listing.findings]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("STT", "number"), ("Số TT", "number"), ("TT", "number"), ("Số thứ tự", "number"),
        ("Họ và tên", "name"), ("HỌ TÊN", "name"), ("Ho va ten", "name"), ("Họ và\ntên", "name"),
        ("Họ tên cán bộ", "name"), ("Họ và tên (chữ in hoa)", "name"), ("Họ và tên vợ", None),
        ("Họ đệm", "family"), ("Họ và tên đệm", "family"), ("Họ, chữ lót", "family"),
        ("Tên", "given"), ("Tên đơn vị", "unit"),
        ("Ngày sinh", "ignored"), ("Ngày, tháng, năm sinh", "ignored"), ("Năm sinh", "ignored"),
        ("Số CCCD", "ignored"), ("Điện thoại", "ignored"), ("Email", "ignored"), ("Nữ", "ignored"),
        ("Chức vụ", "title"), ("Chức danh", "title"), ("CHỨC VỤ/CHỨC DANH", "title"),
        ("Chức danh nghề nghiệp", "rank"), ("Ngạch", "rank"), ("Mã ngạch", "rank"),
        ("Đơn vị", "unit"), ("Đơn vị/Cơ quan/Phòng ban", "unit"), ("Đơn vị công tác", "unit"),
        ("Nơi công tác", "unit"), ("Cơ quan", "agency"), ("Cơ quan, đơn vị", "unit"),
        ("Cơ quan chủ quản", "agency"), ("Phòng ban", "part"), ("Phòng, ban", "part"),
        ("Loại", "category"), ("Đối tượng", "category"), ("Phân loại CBCCVC", "category"),
        ("Ngày bổ nhiệm", "start"), ("Từ ngày", "start"), ("Ngày nhận công tác", "start"),
        ("Số quyết định", "ignored"), ("Quyết định bổ nhiệm số", "ignored"),
        ("Ngày quyết định", "ignored"), ("Ghi chú", "note"), ("Blabla", None), ("", None),
    ],
)  # fmt: skip
def test_headers_are_known(header: str, field: str | None) -> None:
    """In the usual variants, composed or not, and typed with fonts of before Unicode."""
    assert field == field_of(header)
    assert field == field_of(unicodedata.normalize("NFD", header))
    if field != "ignored":  # whose letters a text in TCVN3 may have by chance
        codes = {letter: chr(code) for code, letter in _TCVN3.items()}
        assert field == field_of("".join(codes.get(letter, letter) for letter in header.lower()))


def test_the_header_is_found_below_titles() -> None:
    """Merged titles, a motto, then the header in two rows, and the numbers of its columns."""
    title = ("DANH SÁCH CÁN BỘ, CÔNG CHỨC, VIÊN CHỨC",) * 5
    columns = columns_of(
        sheet(
            ("UBND TỈNH", None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
            title,
            ("STT", "Họ và tên", "Bổ nhiệm", "Bổ nhiệm", "Công tác", "Công tác", "Ảnh"),
            (None, None, "Chức vụ", "Từ ngày", "Cơ quan", "Phòng ban", None),
            ("(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)"),
            ("1", "Lê Thị Ba", "Chuyên viên", "2020-02-03", "Sở Y tế", None),
        ).rows
    )
    assert columns
    assert 5 == columns.below
    expected = {
        "number": [0], "name": [1], "title": [2], "start": [3], "agency": [4], "part": [5],
    }  # fmt: skip
    assert expected == columns.of
    assert ("Ảnh",) == columns.unknown


def test_a_list_without_a_header_is_refused() -> None:
    """Nothing says what its columns hold."""
    with pytest.raises(Unreadable, match="no row names the columns"):
        listing_of("list.csv", [sheet(("1", "Lê Thị Ba", "Chuyên viên"))])


def test_people_are_read_in_their_sections() -> None:
    """A section names the unit, one inside it a part of that; a column the innermost."""
    found = read(
        ("A", "KHỐI CÁC SỞ"),
        ("I", "SỞ NỘI VỤ (45 người)"),
        (1.0, "Lê Thị Ba", "Giám đốc", None, "Công chức", date(2020, 1, 2)),
        ("1. Phòng Tổ chức", None, None),
        (2.0, "Lê Thị Tư", "Chuyên viên", None, "CC"),
        ("II. SỞ Y TẾ:", None, None, None),
        (3.0, "Lê Thị Năm", "Bác sĩ", "Khoa Nội", "VC"),
    )
    assert [
        ("Lê Thị Ba", ("KHỐI CÁC SỞ", "SỞ NỘI VỤ")),
        ("Lê Thị Tư", ("KHỐI CÁC SỞ", "SỞ NỘI VỤ", "Phòng Tổ chức")),
        ("Lê Thị Năm", ("KHỐI CÁC SỞ", "SỞ Y TẾ", "Khoa Nội")),
    ] == [(each.name, each.units) for each in found.entries]
    assert [2, 3, 5, 7] == [each.place.row for each in found.headings]
    assert date(2020, 1, 2) == found.entries[0].start


def test_a_section_may_name_the_category() -> None:
    """And the sheet, above its header, the unit of all."""
    rows = [
        ("Đơn vị: Sở Nội vụ",),
        ("STT", "Họ đệm", "Tên", "Chức vụ"),
        ("I", "CÔNG CHỨC"),
        ("1", "Lê Thị", "Ba", "Chuyên viên"),
        ("II", "VIÊN CHỨC"),
        ("2", "Hà Văn", "Tư", "Kế toán"),
    ]
    found = listing_of("list.csv", [sheet(*rows)])
    assert [
        ("Lê Thị Ba", "civil_servant", ("Sở Nội vụ",)),
        ("Hà Văn Tư", "public_employee", ("Sở Nội vụ",)),
    ] == [(each.name, each.category, each.units) for each in found.entries]
    assert () == found.headings


def test_rows_of_nobody_are_said_to_be_so() -> None:
    """Sums, signatures, headers of the next page, and what has a name only."""
    found = read(
        ("1", "Lê Thị Ba", "Chuyên viên", "SNV", "CC"),
        HEADER,
        ("2", "Lê Thị Tư", None, "SNV", "CC"),
        ("3", None, "Chuyên viên", "SNV", "CC"),
        ("4", "Lê Thị Sáu"),
        ("Tổng cộng: 4 người",),
        (None, "Người lập biểu", "GIÁM ĐỐC", "(đã ký)", "CC"),
    )
    assert ["Lê Thị Ba"] == [each.name for each in found.entries]
    assert [
        (4, "left out", "Lê Thị Tư"), (5, "left out", ""), (6, "left out", "Lê Thị Sáu"),
        (7, "look", '"Tổng cộng: 4 người"'), (8, "look", '"Người lập biểu"'),
    ] == whats(found)  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        '=HYPERLINK("http://evil.example","Lê Ba")', "Lê\x00Ba", "Lê \u202eBa", "no", "0123",
        ": - #", "{a: b}", "&a Lê", "*a", "!!python/object Lê", "- Lê Ba", "Lê Ba (con ông Tư)",
        "ThS. Lê Thị Ba", "Ba", "Лe Thị Ba", "Nguyen Van An", "Lê " + "Ba " * 40, "<script>", "%s",
        "Lê Thị Ba\nLê Thị Tư, 5", "'; DROP TABLE", "Lê\u00adThị Ba",
    ],
)  # fmt: skip
def test_names_that_are_none_are_left_out(name: str) -> None:
    """Formulas, control characters, signs of YAML, titles, parts of names, missing marks."""
    found = read(("1", name, "Chuyên viên", "SNV", "CC"))
    assert () == found.entries
    assert ["left out"] == [each.level for each in found.findings]


@pytest.mark.parametrize(
    ("written", "name", "remarked"),
    [
        ("Lê Thị Ba", "Lê Thị Ba", False),
        ("  Lê \n Thị\u00a0Ba ", "Lê Thị Ba", False),
        (unicodedata.normalize("NFD", "Lê Thị Hoà"), "Lê Thị Hoà", False),
        ("LÊ THỊ BA", "Lê Thị Ba", True),
        ("lê thị ba", "Lê Thị Ba", True),
        ("H'HEN NIÊ", "H'Hen Niê", True),
        ("Ðỗ Thị Ba", "Đỗ Thị Ba", False),
        ("Ly A Páo", "Ly A Páo", False),
        ("Mai Lan", "Mai Lan", False),
    ],
)
def test_a_name_is_proposed_as_people_write_it(written: str, name: str, remarked: bool) -> None:
    """What was changed in it, but for blanks and code points, a person sees."""
    found = name_of(written)
    assert (name, remarked) == (found.text, found.remark is not None)


@given(st.lists(st.sampled_from(["lê", "thị", "HOÀ", "H'hen", "Ba", "đỗ"]), min_size=2, max_size=5))
def test_a_proposed_name_is_accepted_again(words: list[str]) -> None:
    """So that a second import says nothing new; and an id can be made of it."""
    name = in_proper_case(" ".join(words))
    assert name == name_of(name).text
    assert name_of(name).remark is None
    assert ID.match(id_stem(name))


@pytest.mark.parametrize(
    ("written", "category"),
    [
        ("Cán bộ", "cadre"), ("CB", "cadre"), ("Công chức", "civil_servant"), ("cong chuc",
        "civil_servant"), ("CÔNG CHỨC CẤP XÃ", "civil_servant"), ("CC", "civil_servant"),
        ("Viên chức", "public_employee"), ("VC", "public_employee"),
        ("Hợp đồng", NOT_ENTITLED), ("HĐLĐ", NOT_ENTITLED), ("HĐ 68", NOT_ENTITLED),
        ("HĐ111", NOT_ENTITLED), ("Hợp đồng lao động NĐ 111", NOT_ENTITLED),
        ("Người lao động", NOT_ENTITLED), ("Người hoạt động không chuyên trách", NOT_ENTITLED),
        ("Hợp đồng làm việc", None), ("Cán bộ, công chức", None), ("", None), ("Khác", None),
    ],
)  # fmt: skip
def test_categories(written: str, category: str | None) -> None:
    """Nobody is taken of whom it is not certain (Art. 4)."""
    assert category == category_of(written)


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("Viên chức", "public_employee"), ("Viên chức văn thư", "public_employee"),
        ("Công chức Tư pháp - Hộ tịch", "civil_servant"), ("Cán bộ", "cadre"),
        ("Bí thư Đảng ủy", "cadre"), ("Phó Bí thư Thường trực Đảng ủy", "cadre"),
        ("Chủ tịch UBND xã", "cadre"), ("Phó Chủ tịch HĐND", "cadre"), ("Chủ tịch UBMTTQ", "cadre"),
        ("Bí thư Đảng ủy, Chủ tịch HĐND xã", "cadre"), ("Bí thư Đoàn TNCS", "cadre"),
        ("Bí thư Đảng ủy, Giám đốc", None), ("Chuyên viên, Bí thư chi bộ", None),
        ("Bí thư chi bộ, Trưởng phòng", None), ("Chủ tịch Hội đồng trường", None),
        ("Chủ tịch Công đoàn", None), ("Chuyên viên", None), ("Giám đốc", None),
        ("Chủ tịch", "cadre"), ("Trưởng phòng Cán bộ công chức", None),
    ],
)  # fmt: skip
def test_titles_that_show_a_category(title: str, category: str | None) -> None:
    """What begins with the category, and offices of cadres (Law on Cadres and Civil Servants)."""
    assert category == category_of_title(title)


def test_ranks_show_a_category_only_where_they_are_certain() -> None:
    """A code of a profession is that of public employees; "01.003" may be anything."""
    assert "public_employee" == category_of_rank("V.07.04.32")
    assert "civil_servant" == category_of_rank("Công chức")
    assert category_of_rank("01.003") is None
    assert category_of_rank("Chuyên viên") is None


def test_remarks_that_keep_somebody_out() -> None:
    """Those of contract staff; medals and offices of labour are none."""
    assert is_not_entitled("Hợp đồng từ 2020")
    assert not is_not_entitled("Huân chương Lao động hạng Ba")
    assert not is_not_entitled("Phòng Lao động")


@pytest.mark.parametrize(
    "written",
    [
        "HĐLĐ", "hđlđ", "HDLD", "HĐ 111", "HĐ111", "HĐ68", "HĐ-68", "HĐ NĐ 111", "HĐ theo NĐ 68",
        "HĐLĐ từ 2020", "HĐ từ 01/2020", "HĐ từ năm 2020", "Nhân viên (HĐLĐ)", "Lái xe HĐ 111",
        "Lái xe HĐ", "Nhân viên (HĐ)", "HĐ", "HĐ thời vụ", "HĐ không xác định thời hạn", "NĐ 111",
        "Theo Nghị định 111/2022/NĐ-CP", "NLĐ", "Người lao động", "LĐHĐ", "HĐ 161", "HĐ số 12/2020",
    ],
)  # fmt: skip
def test_contracts_may_be_shortened(written: str) -> None:
    """In titles, remarks, columns and headings alike; see also what is none."""
    assert is_not_entitled(written)
    assert NOT_ENTITLED == category_of(written)
    assert () == read(("1", "Lê Thị Ba", "Chuyên viên", "SNV", "CC", None, written)).entries
    if len(written) > 4:
        assert () == read(("1", "Lê Thị Ba", written, "SNV", "CC")).entries


@pytest.mark.parametrize(
    "written",
    [
        "Chủ tịch HĐND", "Phó Chủ tịch HĐND xã", "Thành viên HĐQT", "Thư ký HĐ thi đua",
        "Thường trực HĐ", "Thư ký HĐ trường", "HĐLV từ 2020", "HĐ làm việc", "HĐND 2021-2026",
        "Ủy viên HĐ từ thiện", "Phụ trách HĐ KHCN", "Đại biểu HĐND khóa 18", "Hội đồng 111",
    ],
)  # fmt: skip
def test_councils_are_no_contracts(written: str) -> None:
    """And a public employee's contract to work is none of labour (Law 58/2010/QH12, Art. 25)."""
    assert not is_not_entitled(written)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("1", "Lê Thị Ba", "Lái xe", "SNV", "HĐLĐ"), "none of the three categories"),
        (("1", "Lê Thị Ba", "Lái xe hợp đồng", "SNV", "CC"), "none of the three categories"),
        (("1", "Lê Thị Ba", "CV", "SNV", "Khác"), '"Khác" alone does not show'),
        (("1", "Lê Thị Ba", "CV", "SNV", None), "nothing says whether"),
        (("1", "Lê Thị Ba", "CV" * 200, "SNV", "CC"), "no title that could be written"),
        (("1", "Lê Thị Ba", "CV", "SNV", "CC", "31/02/2020"), "is not a day"),
    ],
)
def test_odd_rows_are_left_out_with_words(row: tuple[Cell, ...], said: str) -> None:
    """Each with its row, the reason and what to do."""
    found = read(row)
    assert () == found.entries
    (finding,) = found.findings
    assert (2, "left out", "Lê Thị Ba") == (finding.place.row, finding.level, finding.subject)
    assert said in finding.what
    assert finding.fix


def test_a_category_can_be_given_for_all() -> None:
    """Of the rows that name none."""
    rows = [("Họ và tên", "Chức vụ", "Loại"), ("Lê Ba", "CV", None), ("Lê Tư", "CV", "VC")]
    found = listing_of("list.csv", [sheet(*rows)], "cadre")
    assert ["cadre", "public_employee"] == [each.category for each in found.entries]


def test_a_list_in_tcvn3_is_converted_and_said_to_be() -> None:
    """With all its cells."""
    codes = {letter: chr(code) for code, letter in _TCVN3.items()}
    texts = [HEADER, ("1", "Nguyễn Thị Hưởng", "Chuyên viên chính", "Sở Nội vụ", "Công chức")]
    typed = [tuple("".join(codes.get(c, c) for c in text) for text in row) for row in texts]
    found = listing_of("list.xlsx", [sheet(*typed)])
    (entry,) = found.entries
    assert ("Nguyễn Thị Hưởng", "Chuyên viên chính") == (entry.name, entry.title)
    assert "TCVN3" in found.findings[0].what


def test_a_list_in_two_sets_is_refused() -> None:
    """Half of it would be wrong."""
    codes = {letter: chr(code) for code, letter in _TCVN3.items()}
    names = ["Nguyễn Thị Hưởng", "Trần Văn Đức", "Phạm Hồng Thuỷ"]
    typed = [("".join(codes.get(c, c) for c in name), "Chuyên viên", "Sở Nội vụ") for name in names]
    with pytest.raises(Unreadable, match="neither Unicode nor wholly"):
        listing_of("list.xlsx", [sheet(("Họ và tên", "Chức vụ", "Đơn vị"), *typed)])


CELLS = st.one_of(st.none(), st.text(max_size=30), st.floats(), st.dates())


@pytest.mark.slow
@given(st.lists(st.lists(CELLS, max_size=8), max_size=6))
def test_any_rows_make_people_or_findings(rows: list[list[Cell]]) -> None:
    """Never anything else, such as an exception."""
    cleaned = [tuple((c.strip() or None) if isinstance(c, str) else c for c in row) for row in rows]
    try:
        found = read(*cleaned)
    except Unreadable:
        return
    assert len(found.entries) <= len(rows)
    assert all(each.fix for each in found.findings)
