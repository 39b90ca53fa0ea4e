"""How the rows of a list are read: by marks, by records, and by what was decided."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet

from hopthu.errors import UsageError
from hopthu.i18n.vietnamese import same
from hopthu.load import load
from hopthu.model.organisation import Category
from hopthu.personnel import labels
from hopthu.personnel.known_units import KnownUnits, initials, spelled
from hopthu.personnel.labels import About
from hopthu.personnel.numbering import Mark, marked
from hopthu.personnel.reading import read
from hopthu.personnel.review import Question, Review
from hopthu.personnel.spreadsheet import Spreadsheet, read_spreadsheet
from hopthu.personnel.table import Row, Sheet, day_of
from hopthu.rules.context import RuleContext
from hopthu.validate import policy_of
from review_workbooks import a_list, edit

SOURCE = load(Path(__file__).parents[2])
FACTS = RuleContext(SOURCE, policy_of(SOURCE), date(2026, 11, 25))
HEADER = ("STT", "Họ và tên", "Chức vụ", "Loại", "Từ ngày", "Ghi chú")
DEPARTMENT = ("SỞ TÀI CHÍNH",)
FINANCE = "Sở Tài chính"
WORDS = st.text("aàăâbcdđeêghiklmnoôơpqrstuưvxyỳ", min_size=1, max_size=7).map(str.capitalize)
"""Words as names have them."""


Cell = str | float | date | None


def _text(cell: Cell) -> str:
    return f"{cell:.0f}" if isinstance(cell, float) else str("" if cell is None else cell)


def sheet(*rows: Sequence[Cell], name: str = "DS", hidden: Sequence[int] = ()) -> Sheet:
    """Return a sheet of rows, without those that are blank."""
    filled = (Row(n, tuple(map(_text, cells))) for n, cells in enumerate(rows, start=1))
    return Sheet(name, tuple(row for row in filled if any(row.cells)), frozenset(hidden))


def reviewed(
    *sheets: Sheet,
    decisions: Mapping[Question, str] | None = None,
    otherwise: Category | None = None,
) -> Review:
    """Return the review of a list of these sheets, once it is said that one is of FINANCE."""
    said: dict[Question, str] = {("sheet", "SỞ TÀI CHÍNH"): FINANCE, **(decisions or {})}
    return read([Spreadsheet("list.xlsx", "", sheets)], FACTS, said, otherwise)


def asked(review: Review) -> list[Question]:
    """Return what is asked besides of which unit a sheet is."""
    return [question for question in review.questions if question[0] != "sheet"]


def a_person(number: int, name: str = "Lê Văn Sáu", note: str = "") -> tuple[Cell, ...]:
    """Return the row of a civil servant."""
    return (str(number), name, "Chuyên viên", "CC", None, note)


def paths(review: Review) -> dict[str, str]:
    """Return how the place of each person is shown."""
    return {p.name: review.places[p.place].path for p in review.people}


def of(*rows: Sequence[Cell], decisions: Mapping[Question, str] | None = None) -> Review:
    """Return the review of rows in a list of Sở Tài chính."""
    return reviewed(sheet(DEPARTMENT, (), HEADER, *rows), decisions=decisions)


@pytest.mark.parametrize(
    ("number", "text", "expected", "marks"),
    [
        ("II", "Văn phòng", "Văn phòng", [Mark("I", 2)]),
        ("", "I. VĂN PHÒNG", "VĂN PHÒNG", [Mark("I", 1), Mark("A", 10)]),
        ("", "a) Phòng X", "Phòng X", [Mark("a", 1)]),
        ("", "- Phòng X", "Phòng X", [Mark("-", 0)]),
        ("", "1.2 Phòng X", "Phòng X", [Mark("1.1", 2)]),
        ("3.", "Phòng X", "Phòng X", [Mark("1", 3)]),
        ("", "1.2. Phòng X", "Phòng X", [Mark("1.1", 2)]),
        ("", "   Phòng X", "Phòng X", []),
        ("", "HĐND tỉnh", "HĐND tỉnh", []),
        ("", "Phòng X", "Phòng X", []),
    ],
)
def test_a_mark_stands_before_a_heading(
    number: str, text: str, expected: str, marks: Sequence[Mark]
) -> None:
    """In the column of numbers, or in front of the text; blanks are none."""
    found = marked(number, text)
    assert (expected, list(marks)) == (found.text, list(found.marks))


def test_marks_say_the_level() -> None:
    """A style that is not open begins below what is; one that is open goes on where it stands."""
    found = of(
        ("I", "Chi cục Một"), a_person(1, "Lê Văn Một"),
        ("1", "Phòng A"), a_person(1, "Lê Văn Hai"),
        ("2", "Phòng B"), a_person(1, "Lê Văn Ba"),
        ("II", "Chi cục Hai"), a_person(1, "Lê Văn Bốn"),
        ("1", "Phòng A"), a_person(1, "Lê Văn Năm"),
    )  # fmt: skip
    one, two = f"{FINANCE} › Chi cục Một", f"{FINANCE} › Chi cục Hai"
    assert {
        "Lê Văn Một": one, "Lê Văn Hai": f"{one} › Phòng A", "Lê Văn Ba": f"{one} › Phòng B",
        "Lê Văn Bốn": two, "Lê Văn Năm": f"{two} › Phòng A",
    } == paths(found)  # fmt: skip
    assert [] == asked(found)


def test_a_heading_without_a_mark_is_to_decide() -> None:
    """It may be below the one above it, or beside it: nobody below it is put anywhere."""
    rows = (("I", "Chi cục Một"), a_person(1), ("", "Phòng Hành chính"), a_person(2, "Hà Văn An"))
    found = of(*rows)
    question: Question = ("level", "Phòng Hành chính")
    assert question == found.places[3].question
    assert 1 == found.questions[question].people
    assert f"{FINANCE} › Chi cục Một › Phòng Hành chính (?)" == found.places[3].path
    decided = {
        labels.BELOW: f"{FINANCE} › Chi cục Một › Phòng Hành chính",
        labels.BESIDE: f"{FINANCE} › Phòng Hành chính",
        labels.AT_TOP: "Phòng Hành chính (?)",
        labels.NO_UNIT: f"{FINANCE} › Chi cục Một",
    }
    for choice, path in decided.items():
        assert path == paths(of(*rows, decisions={question: choice}))["Hà Văn An"], choice


def test_parts_without_marks_are_decided_below_each_of_their_units() -> None:
    """Once for each text, however many units have such a part."""
    headings = ("Chi cục Một", "Lãnh đạo", "Phòng A", "Chi cục Hai", "Lãnh đạo", "Phòng A", "Tổ B")
    rows = [row for text in headings for row in (("", text), a_person(1))]
    decisions: dict[Question, str] = {
        ("level", text): labels.BELOW if text.startswith("Chi") else labels.UNDER
        for text in headings
    }
    found = of(*rows, decisions={**decisions, ("kind", "Lãnh đạo"): labels.NO_UNIT})
    one, two = f"{FINANCE} › Chi cục Một", f"{FINANCE} › Chi cục Hai"
    assert {
        one: 2, f"{one} › Phòng A": 1, two: 2, f"{two} › Phòng A": 1, f"{two} › Tổ B": 1
    } == {place.path: place.people for place in found.places[2:]}  # fmt: skip


def test_an_indent_of_the_cell_is_no_mark(tmp_path: Path) -> None:
    """It is not read: such a heading is to decide, whatever it looks like."""
    rows = (DEPARTMENT, HEADER, ("I", "Chi cục Một"), a_person(1), ("", "Phòng A"), a_person(2))
    path = a_list(tmp_path / "list.xlsx", *rows)

    def indent(sheets: Mapping[str, Worksheet]) -> None:
        sheets["DS"]["B5"].alignment = Alignment(indent=2)

    edit(path, indent)
    found = reviewed(*read_spreadsheet(path).sheets)
    assert [("level", "Phòng A")] == asked(found)


def test_a_heading_without_a_mark_is_where_the_record_has_it() -> None:
    """Once a unit is in the data, its heading needs no mark."""
    found = of(("", "Phòng Ngân sách"), a_person(1))
    assert f"{FINANCE} › Phòng Ngân sách" == found.places[2].path
    assert [] == asked(found)


def test_a_unit_elsewhere_is_not_meant() -> None:
    """A record outside of the unit around decides nothing."""
    assert of(("", "Sở Y tế"), a_person(1)).places[2].question == ("level", "Sở Y tế")


def test_what_is_below_an_open_question_waits_with_it() -> None:
    """Its path, its id and its address all follow from the answer."""
    found = of(("", "Khối một"), ("1", "Phòng A"), a_person(1))
    assert [("level", "Khối một")] * 2 == [place.question for place in found.places[2:]]


def test_a_mark_with_two_readings_is_to_decide() -> None:
    """`I` behind `H` may be the letter, and may be the first Roman number below it."""
    letters = [row for mark in "ABCDEGH" for row in ((mark, f"Phòng {mark}"), a_person(1))]
    found = of(*letters, ("I", "Phòng I"), a_person(1, "Hà Văn An"))
    assert ("level", "Phòng I") == found.places[-1].question


def test_a_kind_that_no_name_shows_is_asked_once_for_each_text() -> None:
    """However often the heading stands in the list."""
    rows = [
        row
        for number in ("I", "II", "III")
        for row in ((number, f"Chi cục {number}"), ("1", "Lãnh đạo"), a_person(1))
    ]
    found = of(*rows)
    assert {("kind", "Lãnh đạo"): 3} == {key: found.questions[key].people for key in asked(found)}
    decided = of(*rows, decisions={("kind", "Lãnh đạo"): labels.NO_UNIT})
    assert [FINANCE] + [f"{FINANCE} › Chi cục {n}" for n in ("I", "II", "III")] == [
        place.path for place in decided.places[1:]
    ]
    assert [1, 1, 1] == [place.people for place in decided.places[2:]]


def test_headings_that_name_a_category_give_it() -> None:
    """They are no units."""
    found = of(("I", "CÁN BỘ"), ("1", "Lê Văn An", "Bí thư"), ("II", "Công chức"), a_person(1))
    assert ["cadre", "civil_servant"] == [person.category for person in found.people]
    assert [FINANCE] == [place.path for place in found.places[1:]]


def test_columns_that_name_a_category_give_it_by_a_mark() -> None:
    """What else stands there is asked, and so are two marks."""
    marks = (("x", None), (None, "X"), ("x", "x"), (None, "HĐ"))
    header = ("STT", "Họ và", "Tên", "Chức vụ", "Cán bộ", "CC")
    rows = [(str(n), "Lê Văn", f"{'ABCD'[n]}n", "Bí thư", *each) for n, each in enumerate(marks)]
    found = reviewed(sheet(DEPARTMENT, header, *rows))
    assert ["cadre", "civil_servant", "", ""] == [person.category for person in found.people]
    assert [("category", "Cán bộ CC"), ("category", "HĐ")] == asked(found)


def test_of_which_unit_a_sheet_is_has_to_be_said() -> None:
    """Nobody below is put anywhere before; the units of a path are those on record, or new."""
    rows = (("UBND TỈNH THANH HÓA",), ("SỞ TÀI CHÍNH",), HEADER, a_person(1))
    question: Question = ("sheet", "UBND TỈNH THANH HÓA / SỞ TÀI CHÍNH")
    found = reviewed(sheet(*rows))
    assert (question, [question]) == (found.places[1].question, [*found.questions])
    for choice, path in (
        ("so tai chinh", FINANCE),
        ("SỞ TÀI CHÍNH > CHI CỤC GIÁ", f"{FINANCE} › Chi cục Giá"),
        ("Sở Tài chính › Phòng Ngân sách", f"{FINANCE} › Phòng Ngân sách"),
    ):
        decided = reviewed(sheet(*rows), decisions={question: choice})
        assert path == paths(decided)["Lê Văn Sáu"]


def test_a_sheet_may_be_said_to_be_of_the_province() -> None:
    """Its departments are then those on record, as in a list of several units."""
    rows = (("UBND TỈNH THANH HÓA",), HEADER, ("I", "SỞ TÀI CHÍNH"), a_person(1))
    question: Question = ("sheet", "UBND TỈNH THANH HÓA")
    found = reviewed(sheet(*rows), decisions={question: "UBND tỉnh"})
    assert "so-tai-chinh" == found.places[-1].unit


def test_sheets_of_one_file_are_each_of_a_unit() -> None:
    """By their names too: a letterhead alone would put all of them into one."""
    sheets = [sheet(DEPARTMENT, HEADER, a_person(1), name=n) for n in ("Phòng Ngân sách", "Tổ X")]
    questions = [("sheet", f"SỞ TÀI CHÍNH / {each}") for each in ("Phòng Ngân sách", "Tổ X")]
    assert questions == [*reviewed(*sheets).questions]


def test_columns_name_units_within_headings() -> None:
    """The outer one first; a cell that repeats the heading is the heading."""
    header = (*HEADER[:3], "Cơ quan", "Phòng")
    found = reviewed(
        sheet(DEPARTMENT, header, ("1", "Lê Văn An", "Chuyên viên", FINANCE, "Phòng Giá"))
    )
    assert f"{FINANCE} › Phòng Giá" == paths(found)["Lê Văn An"]


def test_a_blank_cell_of_a_unit_is_decided_once() -> None:
    """They may be in the unit around, or in that of the row above."""
    header = (*HEADER[:4], "Phòng")
    rows = (("1", "Lê Văn An", "Chuyên viên", "CC", "Phòng Giá"), ("2", "Hà Văn Ba", "CV", "CC"))
    blank = reviewed(sheet(DEPARTMENT, header, *rows))
    assert "(?)" in paths(blank)["Hà Văn Ba"]
    for choice, path in ((labels.NO_UNIT, FINANCE), (labels.AS_ABOVE, f"{FINANCE} › Phòng Giá")):
        decided = {("blank", labels.BLANK): choice}
        assert (
            path
            == paths(reviewed(sheet(DEPARTMENT, header, *rows), decisions=decided))["Hà Văn Ba"]
        )


def test_everything_else_that_cannot_be_told_is_a_question() -> None:
    """Each text once: a category, a day, a remark, hidden rows."""
    odd = ("1", "Lê Văn An", "Lái xe", "HĐ 68", "2021", "Mất ngày 12/9/2026")
    found = reviewed(sheet(DEPARTMENT, HEADER, odd, a_person(2), hidden=[4]))
    assert {
        ("category", "HĐ 68"), ("day", "2021"), ("remark", "Mất ngày 12/9/2026"), ("hidden", "DS"),
    } == {*asked(found)}  # fmt: skip
    assert "" == found.people[0].category


def test_titles_are_decided_where_no_category_is_named() -> None:
    """With what was given for all of them as the proposal."""
    rows = (DEPARTMENT, HEADER[:3], ("1", "Lê Văn An", "Lái xe"), ("2", "Hà Văn Ba", "Lái xe"))
    open_ = reviewed(sheet(*rows))
    assert 2 == open_.questions["title", "Lái xe"].people
    assert "" == open_.questions["title", "Lái xe"].choice
    given = reviewed(sheet(*rows), otherwise="civil_servant")
    assert "công chức" == given.questions["title", "Lái xe"].choice
    assert "civil_servant" == given.people[0].category


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("2", "Hà Văn Ba", "", "CC", "01/02/2020"), "không có chức danh"),
        (("2", "(Khuyết)", "Chuyên viên", "CC"), "không ghi được là họ và tên"),
        (("", "Hà Văn Ba", "Chuyên viên", "CC"), "dòng không có số thứ tự như các dòng khác"),
    ],
)
def test_a_row_that_may_be_nobody_is_to_decide(row: Sequence[Cell], why: str) -> None:
    """It is shown with the reason, and neither taken nor left out."""
    person = of(a_person(1), row, a_person(3)).people[1]
    assert ("?", why) == (person.taken, person.why)


def test_who_stands_in_no_unit_is_to_decide() -> None:
    """Where a sheet is of several units, and nothing names one above them."""
    (person,) = reviewed(sheet(HEADER, a_person(1))).people
    assert ("?", "không ở dưới đơn vị nào") == (person.taken, person.why)


def test_a_text_that_was_decided_to_be_no_unit_is_none_without_a_mark() -> None:
    """One decision is enough for a text, wherever it stands."""
    rows = (("I", "Chi cục Một"), ("1", "Lãnh đạo"), a_person(1), ("II", "Chi cục Hai"),
            ("", "Lãnh đạo"), a_person(1, "Hà Văn An"))  # fmt: skip
    found = of(*rows, decisions={("kind", "Lãnh đạo"): labels.NO_UNIT})
    assert f"{FINANCE} › Chi cục Hai" == paths(found)["Hà Văn An"]
    assert [("kind", "Lãnh đạo")] == asked(found)


def test_a_decision_on_a_heading_without_a_mark_is_not_on_marked_ones() -> None:
    """Where a mark says that there is a unit, nobody was asked."""
    rows = (("I", "Chi cục Một"), ("", "Phòng A"), a_person(1), ("II", "Chi cục Hai"),
            ("1", "Phòng A"), a_person(1, "Hà Văn An"))  # fmt: skip
    found = of(*rows, decisions={("level", "Phòng A"): labels.NO_UNIT})
    assert f"{FINANCE} › Chi cục Một" == paths(found)["Lê Văn Sáu"]
    assert f"{FINANCE} › Chi cục Hai › Phòng A" == paths(found)["Hà Văn An"]


def test_what_stands_below_the_last_number_is_left_out() -> None:
    """Sums and signatures are shown, and nobody has to decide them."""
    found = of(a_person(1), ("", "Tổng cộng: 1"), ("", "NGƯỜI LẬP BIỂU", "GIÁM ĐỐC"))
    assert ["Tổng cộng: 1", "NGƯỜI LẬP BIỂU GIÁM ĐỐC"] == [each.name for each in found.people[1:]]
    assert {labels.LEFT} == {each.taken for each in found.people[1:]}
    assert [] == asked(found)


@pytest.mark.parametrize("about", ["level", "kind"])
def test_a_number_and_a_name_alone_are_to_decide(about: About) -> None:
    """A person whose title is missing, or a unit: it decides where those below it are."""
    rows = [a_person(1), ("2", "Hà Văn Ba"), a_person(3, "Lê Văn Tám")]
    if about == "kind":
        rows.insert(0, ("1", "Phòng A"))
    found = of(*rows)
    assert [(about, "Hà Văn Ba")] == asked(found)
    assert "(?)" in paths(found)["Lê Văn Tám"]
    found = of(*rows, decisions={(about, "Hà Văn Ba"): labels.A_PERSON})
    assert ["Lê Văn Sáu", "Hà Văn Ba", "Lê Văn Tám"] == [each.name for each in found.people]
    assert 1 == len({*paths(found).values()})
    assert ("?", "không có chức danh") == (found.people[1].taken, found.people[1].why)
    found = of(*rows, decisions={(about, "Hà Văn Ba"): labels.NO_UNIT})
    assert ["Lê Văn Sáu", "Lê Văn Tám"] == [each.name for each in found.people]


def test_a_unit_with_a_number_is_no_person() -> None:
    """Where units have numbers and people have none; counted through with them, it is to decide."""
    people = [("", f"Lê Văn {name}", "Chuyên viên", "CC") for name in ("Một", "Hai", "Ba", "Bốn")]
    units = [("1", "PHÒNG A"), ("2", "PHÒNG B"), ("3", "PHÒNG C")]
    apart = of(units[0], *people[:2], units[1], people[2], units[2], people[3])
    places = [f"{FINANCE} › Phòng {letter}" for letter in "AABC"]
    assert dict(zip([row[1] for row in people], places, strict=True)) == paths(apart)
    through = of(
        units[0], a_person(2, "Lê Văn Một"), a_person(3, "Lê Văn Hai"),
        ("4", "PHÒNG NGÂN SÁCH"), a_person(5, "Lê Văn Ba"), a_person(6, "Lê Văn Bốn"),
    )  # fmt: skip
    budget = f"{FINANCE} › Phòng Ngân sách"
    assert {budget} == {paths(through)[f"Lê Văn {name}"] for name in ("Ba", "Bốn")}


def test_a_part_of_the_province_is_not_meant_within_a_unit() -> None:
    """Communes have centres of the same name: that one is on record at the top decides nothing."""
    centre = "Trung tâm Phục vụ hành chính công"
    rows = (("I", "XÃ HÀ TRUNG"), a_person(1), ("", centre), a_person(2, "Lê Văn Hai"))
    decided: dict[Question, str] = {("sheet", "SỞ TÀI CHÍNH"): labels.SEVERAL}
    assert ("level", centre) in asked(of(*rows, decisions=decided))


@pytest.mark.parametrize("heading", ["P. Tổ chức - Hành chính", "X. Hà Trung", "T.T Một"])
@pytest.mark.parametrize("mark", ["A", "I"])
def test_an_abbreviation_is_no_mark(mark: str, heading: str) -> None:
    """A letter or a Roman numeral before a text is one only where it begins, or goes on."""
    found = of((mark, "Chi cục Một"), a_person(1), ("", heading), a_person(2, "Lê Văn Hai"))
    assert [("level", heading)] == asked(found)


def test_a_mark_does_not_go_on_from_a_later_one() -> None:
    """Nor from one that stands where it is to decide."""
    found = of(
        ("1", "Phòng A"), a_person(1, "Lê Văn Một"), ("2", "Chi cục B"), a_person(1, "Lê Văn Hai"),
        ("a", "Phòng Một"), a_person(1, "Lê Văn Ba"), ("1", "Tổ X"), a_person(1, "Lê Văn Bốn"),
        ("2", "Tổ Y"), a_person(1, "Lê Văn Năm"),
        decisions={("level", "Tổ X"): labels.BELOW},
    )  # fmt: skip
    assert ("level", "Tổ Y") in asked(found)


def test_a_decision_on_a_sheet_is_on_one_file() -> None:
    """Sheets of several files have the same names, and the same words above their headers."""
    one = sheet(("DANH SÁCH",), (), HEADER, a_person(1), name="Sheet1")
    none = sheet(("x", "y"), name="Sheet2", hidden=())
    lists = [Spreadsheet(name, "", [one, none]) for name in ("so-a.xlsx", "so-b.xlsx")]
    found = read(lists, FACTS, {}, None)
    for about in ("sheet", "unread"):
        assert 2 == sum(question[0] == about for question in found.questions), about
    assert ["so-a.xlsx: Sheet1", "so-b.xlsx: Sheet1"] == [each.sheet for each in found.people]


def test_as_above_ends_with_the_unit() -> None:
    """Whoever begins a heading without a unit is in none that can be told."""
    columns = ("STT", "Họ và tên", "Chức vụ", "Đơn vị", "Loại")
    found = reviewed(
        sheet(
            DEPARTMENT, (), columns,
            ("I", "Chi cục Một"), ("1", "Lê Văn Một", "Giám đốc", "Văn phòng", "CC"),
            ("II", "Chi cục Hai"), ("2", "Lê Văn Hai", "Giám đốc", None, "CC"),
            ("3", "Lê Văn Ba", "Chuyên viên", "Văn phòng", "CC"),
        ),
        decisions={("blank", labels.BLANK): labels.AS_ABOVE},
    )  # fmt: skip
    assert "" == paths(found)["Lê Văn Hai"]
    assert "?" == next(each.taken for each in found.people if each.name == "Lê Văn Hai")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("NGUYỄN VĂN HÙNG", "Nguyễn Văn Hùng"), ("H'HEN NIÊ", "H'Hen Niê"),
        ("BSCKI. Lê Văn Sáu", "Lê Văn Sáu"), ("Đ/c Lê Văn Sáu", "Lê Văn Sáu"),
        ("ThS. BSCKII. Lê Văn Sáu", "Lê Văn Sáu"),
    ],
)  # fmt: skip
def test_names_are_proposed_as_people_write_them(written: str, name: str) -> None:
    """Without what stands in front of them; what the list has is shown beside it."""
    person = of(a_person(1, written)).people[0]
    assert (name, f"danh sách ghi: {written}") == (person.name, person.why)


@pytest.mark.parametrize("written", ["Ông Ích Khiêm", "Bà Triệu", "BÀ TRẦN THỊ MƠ"])
def test_whether_ong_and_ba_belong_to_a_name_is_to_decide(written: str) -> None:
    """Ông is a surname, and both are forms of address."""
    person = of(a_person(1, written)).people[0]
    why = "họ tên bắt đầu bằng Ông hoặc Bà: là họ, hay là cách xưng hô?"
    assert (same(written).title(), "?", why) == (person.name, person.taken, person.why)


@pytest.mark.slow
@settings(deadline=None)
@given(name=st.lists(WORDS, min_size=2, max_size=5).map(" ".join))
@example(name="Nguyễn Công Danh")
@example(name="Nông Văn Dền")
def test_a_name_of_plain_words_is_as_it_is_written(name: str) -> None:
    """Whatever its words begin or end with, in capitals or not."""
    for written in (name, name.upper()):
        assert name == of(a_person(1, written)).people[0].name


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("03/04/2024", date(2024, 4, 3)), ("3.4.2024", date(2024, 4, 3)),
        ("2024-04-03", date(2024, 4, 3)), ("ngày 3 tháng 4 năm 2024", date(2024, 4, 3)),
        (date(2024, 4, 3), date(2024, 4, 3)), (45385.0, None),
        ("'3/4/2024", date(2024, 4, 3)),
        ("15/03/0215", None), ("01/01/1899", None), ("1/1/9999", None),
        ("30/02/2024", None), ("4/2024", None), ("2024", None), (2024.0, None), (None, None),
    ],
)  # fmt: skip
def test_the_day_comes_before_the_month(cell: Cell, day: date | None) -> None:
    """And what is not a whole day is none."""
    assert day == day_of(_text(cell))


def test_headers_may_have_two_rows_and_stand_again() -> None:
    """Below cells that head several columns; numbers of columns are passed over."""
    found = reviewed(
        sheet(
            DEPARTMENT,
            ("TT", "Họ và tên", "Ngày sinh", "Ngày sinh", "Chức vụ"),
            ("TT", "Họ và tên", "Nam", "Nữ", "Chức vụ"),
            ("(1)", "(2)", "(3)", "(4)", "(5)"),
            ("1", "Lê Văn An", "1/1/1980", None, "Chuyên viên"),
            ("STT", "Họ tên", "Chức vụ"),
            ("2", "Hà Văn Ba", "Kế toán"),
        ),
        otherwise="civil_servant",
    )
    assert ["Chuyên viên", "Kế toán"] == [person.title for person in found.people]


@pytest.mark.parametrize("header", ["Khoa, phòng", "Khoa/Phòng/Ban", "Phòng ban", "Bộ phận"])
def test_a_column_of_parts_may_have_several_words(header: str) -> None:
    """As those of hospitals do."""
    columns = (*HEADER[:4], header)
    found = reviewed(sheet(DEPARTMENT, columns, (*a_person(1)[:4], "Phòng Giá")))
    assert {"Lê Văn Sáu": f"{FINANCE} › Phòng Giá"} == paths(found)


def test_columns_that_are_not_read_are_named() -> None:
    """So that nobody believes that something was read of them."""
    found = reviewed(sheet(DEPARTMENT, (*HEADER, "Số CCCD"), a_person(1)))
    assert ["DS: Số CCCD"] == found.unread


def test_a_sheet_without_a_header_is_passed_over_by_decision() -> None:
    """People on it would be missing otherwise, and nobody would see it."""
    found = reviewed(sheet(DEPARTMENT, HEADER, a_person(1)), sheet(("1", "Lê Văn An"), name="Tổ"))
    assert [("unread", "Tổ")] == asked(found)


def test_a_file_without_a_header_is_refused() -> None:
    """Nothing in it says what the columns hold."""
    with pytest.raises(UsageError, match="no row names the columns"):
        reviewed(sheet(("1", "Lê Văn An")))


@pytest.mark.parametrize(
    ("written", "name", "kind"),
    [
        ("SỞ GIÁO DỤC VÀ ĐÀO TẠO", "Sở Giáo dục và Đào tạo", "department"),
        ("PHÒNG KẾ HOẠCH - TÀI CHÍNH", "Phòng Kế hoạch - Tài chính", "division"),
        ("XÃ THỌ XUÂN", "Xã Thọ Xuân", "commune"),
        ("TRƯỜNG THPT SỐ 1", "Trường THPT số 1", "school"),
        ("Ban Giám đốc", "Ban Giám đốc", ""),
    ],
)
def test_a_name_shows_kind_and_spelling(written: str, name: str, kind: str) -> None:
    """As a sentence has it where the list has capitals."""
    assert kind == KnownUnits(FACTS).kind_by_name(written, at_top=False)
    assert name == spelled(written, kind)


def test_short_names_are_initials() -> None:
    """As symbols of documents have them."""
    assert "SGDĐT" == initials("Sở Giáo dục và Đào tạo")


def test_units_are_known_by_name_short_name_and_id() -> None:
    """Marks count, unless the list has none; a commune's committee is the commune."""
    known = KnownUnits(FACTS)
    names = ("Sở Tài chính", "SO TAI CHINH", "STC", "so-tai-chinh", "Sở Tài chính tỉnh Thanh Hóa")
    assert {"so-tai-chinh"} == {known.below("", name) for name in names}
    assert known.below("", "Xã Thọ Xuân") == known.below("", "UBND xã Thọ Xuân") != ""
    assert "" == known.below("", "Sở Tài chình")


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("Xã Đông Lạ", ("Xã Đông Lạ, tỉnh Thanh Hóa", "UBND xã Đông Lạ tỉnh Thanh Hoá")),
        ("Phường Lạ", ("PHƯỜNG LẠ (THANH HÓA)", "Phường Lạ, Thanh Hóa")),
        ("Sở Lạ", ("SỞ LẠ THANH HÓA", "Sở Lạ tỉnh Thanh Hóa", "Sở Lạ, tỉnh Thanh Hóa")),
        ("Trung tâm Lạ", ("Trung tâm Lạ, tỉnh Thanh Hóa", "Trung tâm Lạ tỉnh Thanh Hóa")),
        ("Trường Lạ", ("TRƯỜNG LẠ, TỈNH THANH HÓA",)),
    ],
)
def test_the_province_behind_a_name_makes_no_second_unit(
    name: str, others: tuple[str, ...]
) -> None:
    """Of whatever kind the unit is, and whichever of its names comes first."""
    header = (*HEADER[:4], "Đơn vị")
    for number in range(len(others) + 1):
        names = (name, *others)[number:] + (name, *others)[:number]
        rows = [(*a_person(n)[:4], each) for n, each in enumerate(names, start=1)]
        found = reviewed(sheet(header, *rows))
        assert [len(names)] == [place.people for place in found.places[1:]]
        if number == 0 or "," in names[0]:
            assert name == found.places[1].name


def test_people_of_one_unit_who_stand_apart_are_told() -> None:
    """Two merged blocks of one text may be two units: whoever reads the units sees their rows."""
    header = (*HEADER[:4], "Phòng")
    names = ("Văn phòng", "Văn phòng", "Phòng Giá", "Văn phòng")
    rows = [(*a_person(n)[:4], each) for n, each in enumerate(names, start=1)]
    found = reviewed(sheet(DEPARTMENT, header, *rows))
    apart = "; ở 2 chỗ, có phải cùng một đơn vị? Dòng 3–4, 6"
    assert [f"cột đơn vị{apart}", "cột đơn vị"] == [place.how for place in found.places[2:]]


def test_headings_of_one_text_that_follow_each_other_are_told() -> None:
    """Whether two teams of one name are one, nothing else in the sheet of units would show."""
    review = of(("1", "Đội Cơ động"), a_person(1), ("2", "Đội Cơ động"), a_person(2, "Hà Văn Tư"))
    assert [each.how for each in review.places[2:]] == [
        "số thứ tự 1; ở 2 chỗ, có phải cùng một đơn vị? Dòng 4, 6"
    ]


def test_headings_of_one_text_without_people_of_their_own_are_told() -> None:
    rows = (("I", "CHI CỤC X"), ("1", "Phòng A"), a_person(1), ("II", "CHI CỤC X"),
            ("1", "Phòng B"), a_person(2, "Hà Văn Tư"))  # fmt: skip
    assert [each.how.partition("; ")[2] for each in of(*rows).places[2:]] == [
        "ở 2 chỗ, có phải cùng một đơn vị? Dòng 4, 7", "", ""
    ]  # fmt: skip


def test_a_heading_that_is_no_unit_is_no_other_place_of_the_unit_around_it() -> None:
    decisions: dict[Question, str] = {("kind", "LÃNH ĐẠO"): labels.NO_UNIT,
                                      ("kind", "CÔNG TÁC"): labels.NO_UNIT}  # fmt: skip
    review = of(("1", "LÃNH ĐẠO"), a_person(1), ("2", "CÔNG TÁC"), a_person(2, "Hà Văn Tư"),
                decisions=decisions)  # fmt: skip
    assert review.places[1].how == "theo quyết định"


def test_two_columns_of_days_that_differ_are_to_decide() -> None:
    header = ("STT", "Họ và tên", "Chức vụ", "Loại", "Từ ngày", "Ngày bổ nhiệm")
    row = ("1", "Lê Văn Sáu", "Chuyên viên", "CC")
    review = reviewed(sheet(DEPARTMENT, header, (*row, "15/03/2020", "01/02/2019")))
    assert asked(review) == [("day", "15/03/2020; 01/02/2019")]
    same_day = reviewed(sheet(DEPARTMENT, header, (*row, "15/03/2020", "15/03/2020")))
    assert (asked(same_day), same_day.people[0].start) == ([], date(2020, 3, 15))


@pytest.mark.slow
def test_a_list_has_so_many_units_at_most() -> None:
    header = ("Họ và tên", "Chức vụ", *["Phòng"] * 200)
    rows = [("Lê Văn Sáu", "Kế toán", *(f"Phòng {n}-{m}" for m in range(200))) for n in range(200)]
    with pytest.raises(UsageError, match="at most 20000 units"):
        reviewed(sheet(header, *rows))


def test_a_number_of_very_many_parts_is_no_mark() -> None:
    assert marked("", "1" + ".1" * 9 + " Phòng X").marks
    assert not marked("", "1" + ".1" * 10 + " Phòng X").marks
