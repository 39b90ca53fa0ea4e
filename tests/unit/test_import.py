"""`hopthu import`: a list becomes a workbook, and only a reviewed workbook becomes data."""

import io
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
import yaml
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from samples import workspace

from hopthu.app.edit import facts_of
from hopthu.cli import main
from hopthu.editing.listed_check import checked
from hopthu.personnel import labels
from hopthu.personnel.review import PEOPLE, QUESTIONS, UNITS, Layout
from hopthu.personnel.spreadsheet import read_spreadsheet
from hopthu.personnel.table import Row
from hopthu.personnel.workbook import Workbook, is_workbook
from review_workbooks import (
    BASIS,
    EDITED,
    ON,
    a_list,
    change,
    column,
    decide,
    edit,
    imported,
    put,
    repository,
    review,
    rows,
    tick,
)

pytestmark = pytest.mark.slow

HEADER = ("STT", "Họ và tên", "Chức vụ", "Loại", "Từ ngày", "Ghi chú")
ROWS = (
    HEADER,
    ("I", "SỞ TÀI CHÍNH"),
    ("A", "CHI CỤC GIÁ"),
    (1, "NGUYỄN THỊ ÚT", "Chi cục trưởng", "CC", date(2025, 7, 1)),
    ("1", "Phòng Thẩm định"),
    (1, "Hà Văn Bưởi", "Chuyên viên", "CC", "01/07/2025"),
    (2, "Lê Thị Mít", "Lái xe", "HĐLĐ"),
    (3, "Lê Thị Cam", "Kế toán", "VC", None, "Nghỉ hưu từ 01/12/2030"),
)
BRANCH, DIVISION = "chi-cuc-gia", "phong-tham-dinh-chi-cuc-gia"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the shipped data, with a document that adopts lists."""
    return repository(tmp_path)


@pytest.fixture
def made(root: Path, tmp_path: Path) -> Path:
    """Return a workbook in which nothing is decided."""
    return review(root, a_list(tmp_path / "list.xlsx", *ROWS))


@pytest.fixture
def ready(root: Path, made: Path) -> Path:
    """Return a workbook in which everything is decided and ticked."""
    decide(made, {"HĐLĐ": labels.NOT_ENTITLED, "Nghỉ hưu từ 01/12/2030": labels.TAKEN})
    tick(review(root, made.parent / "list.xlsx"))
    return made


def records(root: Path, kind: str) -> dict[str, dict[str, object]]:
    """Return the records of a file of data by their ids."""
    found = yaml.safe_load((root / f"data/{kind}.yaml").read_text(encoding="utf-8"))
    return {each["id"]: each for each in found}


def data_of(root: Path) -> dict[str, bytes]:
    """Return the content of all data files."""
    return {path.name: path.read_bytes() for path in sorted((root / "data").iterdir())}


def refused(root: Path, made: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the cells for which an import is refused, and why; nothing was written."""
    before = data_of(root)
    capsys.readouterr()
    assert 2 == imported(root, made)
    assert before == data_of(root)
    *cells, error, fix = capsys.readouterr().err.splitlines()
    assert f"review.xlsx: {len(cells)} cell(s) are not right; nothing was written" in error
    assert "fix:" in fix
    return cells


def test_a_workbook_shows_each_unit_as_it_was_read(made: Path) -> None:
    """With its path, its people, and the id and address it would have."""
    _, branch, division = rows(made, "Đơn vị")
    assert "Sở Tài chính › Chi cục Giá › Phòng Thẩm định" == division["Được đọc là"]
    shown = ("Dòng", "Danh sách ghi", "Số người", "Người đầu", "Người cuối", "Tình trạng", "Mã")
    assert (5, "Phòng Thẩm định", 3, "Hà Văn Bưởi", "Lê Thị Cam", "Mới", DIVISION) == tuple(
        division[key] for key in shown
    )
    assert (2, 1) == (division["Thuộc số"], branch["Thuộc số"])


def test_a_workbook_names_what_it_was_made_of(made: Path) -> None:
    """The list, its digest, the revision of the data, and the day."""
    sheet = load_workbook(made)["Hướng dẫn"]
    said = {row[0]: row[1] for row in sheet.iter_rows(values_only=True)}
    assert ("list.xlsx", "25/11/2026") == (said["Danh sách"], said["Ngày"])
    assert 64 == len(str(said["SHA-256"]))
    assert said["Dữ liệu (commit)"]


def test_choices_are_lists_and_headers_are_frozen(made: Path) -> None:
    """As a clerk expects of a form."""
    book = load_workbook(made)
    assert "hidden" == book["Danh mục"].sheet_state
    for name, cells in (("Đơn vị", ("N", "R")), ("Người", ("I", "L", "N")),
                        ("Cần quyết định", ("G",))):  # fmt: skip
        validated = " ".join(str(each.sqref) for each in book[name].data_validations.dataValidation)
        assert all(f"{letter}2" in validated for letter in cells), (name, validated)
        assert str(book[name].freeze_panes).endswith("2")


def test_an_import_writes_what_was_reviewed(root: Path, ready: Path) -> None:
    """Units below each other, people with their posts, on the document that adopts the list."""
    change(ready, "Người", {"Họ và tên": "Nguyễn Thị Út"}, "Thủ trưởng", labels.HEAD)
    change(ready, "Đơn vị", {"Mã": BRANCH}, "Địa chỉ thư", "gia.stc")
    assert 0 == imported(root, ready)
    units, people = records(root, "units"), records(root, "people")
    assert "Chi cục Giá" == units[BRANCH]["name"]
    paper = {"decision": BASIS, "request": BASIS}
    head = {"person": "nguyen-thi-ut", "from": date(2026, 10, 1), **paper}
    assert [head] == units[BRANCH]["heads"]
    assert (BRANCH, "division") == (units[DIVISION]["parent"], units[DIVISION]["kind"])
    post = {"unit": DIVISION, "title": "Chuyên viên", "from": date(2025, 7, 1), **paper}
    assert [post] == people["ha-van-buoi"]["posts"]
    assert "public_employee" == people["le-thi-cam"]["category"]
    assert "le-thi-mit" not in people
    text = (root / "data/units.yaml").read_text(encoding="utf-8")
    assert f"- id: {DIVISION}\n  name: Phòng Thẩm định\n  kind: division\n" in text
    assert 0 == main(["check", "--root", str(root), *ON])


def test_importing_twice_changes_nothing(root: Path, ready: Path) -> None:
    """Neither the same workbook, nor a new one of the same list."""
    assert 0 == imported(root, ready)
    written = data_of(root)
    assert 0 == imported(root, ready)
    assert written == data_of(root)
    again = review(root, ready.parent / "list.xlsx", to="again.xlsx")
    assert {"Đã có"} == {row["Tình trạng"] for row in rows(again, "Đơn vị")}
    assert [labels.PRESENT] * 2 == [row["Nhận"] for row in rows(again, "Người")][:2]


def test_a_dry_run_shows_what_would_be_written(
    root: Path, ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a diff."""
    before = data_of(root)
    assert 0 == imported(root, ready, "--dry-run")
    assert before == data_of(root)
    said = capsys.readouterr().out
    assert f"+- id: {DIVISION}\n" in said
    assert "would be added: 2 unit(s), 3 people, 0 head(s); there already: 0, left out: 1" in said


def test_what_is_not_decided_is_refused_by_its_cell(
    root: Path, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So is each unit that nobody ticked."""
    assert [
        "Cần quyết định!G2: not decided yet", "Cần quyết định!G3: not decided yet",
    ] == refused(root, made, capsys)  # fmt: skip
    decide(made, {"HĐLĐ": labels.NOT_ENTITLED, "Nghỉ hưu từ 01/12/2030": labels.TAKEN})
    assert {"not applied yet: run the import with --review again"} == {
        each.partition(": ")[2] for each in refused(root, made, capsys)
    }
    review(root, made.parent / "list.xlsx")
    assert [
        "Đơn vị!R2: the unit is not ticked", "Đơn vị!R3: the unit is not ticked",
        "Đơn vị!R4: the unit is not ticked",
    ] == refused(root, made, capsys)  # fmt: skip


def test_open_questions_about_headings_stand_first(root: Path, tmp_path: Path) -> None:
    """Then other open ones, then those that are decided: nobody has to look for them."""
    path = a_list(tmp_path / "list.xlsx", *ROWS, ("", "Tổ Lạ"), (4, *ROWS[5][1:]))
    made = review(root, path)
    open_ = ["Tổ Lạ", "HĐLĐ", "Nghỉ hưu từ 01/12/2030"]
    assert open_ == [row["Danh sách ghi"] for row in rows(made, "Cần quyết định")]
    decide(made, {"Tổ Lạ": labels.BELOW})
    review(root, path)
    assert [*open_[1:], "Tổ Lạ"] == [row["Danh sách ghi"] for row in rows(made, "Cần quyết định")]


def test_no_other_file_is_written_over(
    root: Path, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Such as the list itself."""
    path = made.parent / "list.xlsx"
    before = path.read_bytes()
    assert 2 == main(["import", str(path), "--review", str(path), "--root", str(root), *ON])
    assert "is not a workbook of a review" in capsys.readouterr().err
    assert before == path.read_bytes()


@pytest.mark.parametrize(
    ("sheet", "header", "value", "where"),
    [
        ("Người", "Nhận", labels.LEFT, "Người!L2"),
        ("Người", "Chức danh", "Kế toán", "Người!G2"),
        ("Đơn vị", "Tên đơn vị", "Sở Khác", "Đơn vị!L2"),
        ("Đơn vị", "Đúng", labels.TICK, "Đơn vị!R2"),
    ],
)
def test_what_was_written_into_a_review_is_not_lost(
    root: Path, ready: Path, capsys: pytest.CaptureFixture[str],
    sheet: str, header: str, value: str | int, where: str,
) -> None:  # fmt: skip
    """Whoever is not to be taken would be taken again, and nobody would hear of it."""
    put(ready, "Đơn vị", {}, "Đúng", None)
    list_ = ready.parent / "list.xlsx"
    again = ["import", str(list_), "--review", str(ready), "--root", str(root), *ON]
    assert 0 == main(again)
    put(ready, sheet, {"Số": 1}, header, value)
    before = ready.read_bytes()
    capsys.readouterr()
    assert 2 == main(again)
    assert f"was written into besides the decisions, first at {where}" in capsys.readouterr().err
    assert before == ready.read_bytes()


@pytest.mark.parametrize(
    ("sheet", "where", "header", "value", "cell"),
    [
        ("Đơn vị", {"Mã": DIVISION}, "Mã", "so-y-te", "Đơn vị!O4: so-y-te is another unit"),
        ("Đơn vị", {"Mã": DIVISION}, "Mã", "Phòng", "Đơn vị!O4: \"Phòng\" is not an id"),
        ("Đơn vị", {"Mã": DIVISION}, "Mã", BRANCH, "Đơn vị!O4: the id chi-cuc-gia is taken"),
        ("Đơn vị", {"Mã": DIVISION}, "Thuộc số", 3, "Đơn vị!K4: it is not the number of a unit"),
        ("Đơn vị", {"Mã": DIVISION}, "Loại đơn vị", "phong", "Đơn vị!N4: \"phong\" is not one of"),
        ("Đơn vị", {"Mã": BRANCH}, "Địa chỉ thư", "stc", "Đơn vị!P3: the address \"stc\" is taken"),
        ("Đơn vị", {"Mã": BRANCH}, "Tên đơn vị", None, "Đơn vị!L3: this cell may not be blank"),
        ("Đơn vị", {"Mã": "so-tai-chinh"}, "Mã", "so-cu", "Đơn vị!O2: the data has no unit"),
        ("Người", {"Mã": "ha-van-buoi"}, "Họ và tên", "Bưởi", "Người!F3: \"Bưởi\" is not the name"),
        ("Người", {"Mã": "ha-van-buoi"}, "Từ ngày", "xx", "Người!H3: \"xx\" is not a day"),
        ("Người", {"Mã": "ha-van-buoi"}, "Chức danh", None, "Người!G3: this cell may not be blank"),
        ("Người", {"Mã": "ha-van-buoi"}, "Đơn vị số", 9, "Người!D3: it is not the number"),
        ("Người", {"Mã": "ha-van-buoi"}, "Mã", "le-van-bay", "Người!O3: \"le-van-bay\" is not"),
        ("Người", {"Mã": "ha-van-buoi"}, "Mã", None, "Người!O3: this cell may not be blank"),
        ("Đơn vị", {"Mã": DIVISION}, "Mã", None, "Đơn vị!O4: this cell may not be blank"),
        ("Người", {"Mã": "ha-van-buoi"}, "Địa chỉ thư", "utnt", "Người!P3: the address \"utnt\""),
        ("Người", {"Mã": "ha-van-buoi"}, "Nhận", "có lẽ", "Người!L3: \"có lẽ\" is not one of"),
        ("Người", {"Mã": "ha-van-buoi"}, "Thủ trưởng", "Phó", "Người!N3: \"Phó\" is not one of"),
        ("Người", {"Mã": "ha-van-buoi"}, "Nhóm", "x", "Người!I3: \"x\" is not one of: cán bộ"),
        ("Người", {"Mã": "ha-van-buoi"}, "Từ ngày", "9" * 5000, "is not a day"),
        ("Người", {"Mã": "ha-van-buoi"}, "Đơn vị số", "9" * 5000, "is not a whole number"),
        ("Đơn vị", {"Mã": DIVISION}, "Thuộc số", "x", "Đơn vị!K4: \"x\" is not a whole number"),
        ("Đơn vị", {"Mã": DIVISION}, EDITED, "x", "Đơn vị!Q4: \"x\" is not a whole number"),
        ("Người", {"Mã": "ha-van-buoi"}, "Thủ trưởng", labels.HEAD, "has no mailbox, and no head"),
        ("Người", {"Mã": "ha-van-buoi"}, "Số", 1, "Người!A3: the row is not one that was written"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_refused(
    sheet: str, where: Mapping[str, object], header: str, value: str | int | None, cell: str,
    root: Path, ready: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """With its sheet and its place in it."""
    change(ready, sheet, where, header, value)
    assert any(cell in each for each in refused(root, ready, capsys))


def test_a_choice_may_have_any_capitals(root: Path, ready: Path) -> None:
    """As spreadsheet programs correct them."""
    put(ready, "Đơn vị", {}, "Đúng", None)
    put(ready, "Cần quyết định", {"Số": 2}, "Quyết định", " không ")
    tick(review(root, ready.parent / "list.xlsx"))
    assert 0 == imported(root, ready)
    assert "le-thi-cam" not in records(root, "people")


@pytest.mark.parametrize(
    ("text", "choice", "said"),
    [
        ("Phòng Hành chính", "Sở", 'Cần quyết định!G2: "Sở" is not one of: Thuộc đề mục'),
        ("Nghỉ hưu", "Khong", 'Cần quyết định!G3: "Khong" is not one of: Có, Không'),
    ],
)
def test_a_review_refuses_what_is_no_choice(
    text: str, choice: str, said: str, root: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """And keeps the workbook as it is."""
    path = a_list(tmp_path / "list.xlsx", *ROWS[:4], ("", "Phòng Hành chính"),
                  (2, *ROWS[5][1:], "Nghỉ hưu"))  # fmt: skip
    made = review(root, path)
    decide(made, {text: choice})
    before = made.read_bytes()
    assert 2 == main(["import", str(path), "--review", str(made), "--root", str(root), *ON])
    assert said in capsys.readouterr().err
    assert before == made.read_bytes()


def test_what_others_took_since_is_refused_by_cell(
    root: Path, ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The revision of the data alone refuses nothing."""
    people = root / "data/people.yaml"
    text = people.read_text(encoding="utf-8").replace("address: baylv}", "address: camlt}")
    assert text != people.read_text(encoding="utf-8")
    people.write_text(text, encoding="utf-8")
    assert ['Người!P5: the address "camlt" is taken'] == refused(root, ready, capsys)


def test_what_check_would_refuse_is_refused_by_cell(
    root: Path, ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All rules judge the result before any of it is written."""
    change(ready, "Đơn vị", {"Mã": BRANCH}, "Tên đơn vị", "Chi cục Giá 💰")
    (cell,) = refused(root, ready, capsys)
    assert cell.startswith("Đơn vị!O3: ")


@pytest.mark.parametrize("layout", [UNITS, PEOPLE, QUESTIONS], ids=lambda each: each.sheet)
def test_a_closed_cell_that_was_changed_is_refused(
    layout: Layout, root: Path, ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In whichever column it is, with what was written there."""
    before = ready.read_bytes()
    for key, each in layout.columns.items():
        if not each.open and key != "number":
            put(ready, layout.sheet, {"Số": 2}, each.header, "77")
            (cell,) = refused(root, ready, capsys)
            assert cell.startswith(f"{layout.sheet}!{column(ready, layout.sheet, each.header)}")
            assert cell.endswith(", and may not be changed")
            ready.write_bytes(before)


@pytest.mark.slow
@pytest.mark.parametrize("layout", [UNITS, PEOPLE], ids=lambda each: each.sheet)
def test_a_column_sorted_alone_is_refused(
    layout: Layout, root: Path, ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whichever it is, though somebody wrote into some rows: each of its rows is another one."""
    change(ready, "Người", {"Số": 3}, "Thủ trưởng", labels.HEAD)
    put(ready, "Người", {"Số": 3}, "Nhận", labels.LEFT)
    change(ready, "Đơn vị", {"Số": 2}, "Tên viết tắt", "CCG")
    before = ready.read_bytes()
    for each in layout.columns.values():
        values = [row[each.header] for row in rows(ready, layout.sheet)]
        ordered = sorted(values, key=lambda value: (value == "", str(value)))
        ordered = ordered if ordered != values else values[::-1]
        put(ready, layout.sheet, {}, each.header, ordered)
        if ordered != values:
            assert refused(root, ready, capsys), each.header
        ready.write_bytes(before)


def test_a_row_that_was_edited_says_so(
    root: Path, ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And a row that says so was edited."""
    row = {"Mã": "ha-van-buoi"}
    put(ready, "Người", row, "Chức danh", "Kế toán")
    assert [
        edited := 'Người!G3: it was "Chuyên viên", and is "Kế toán"',
        "Người!Q3: 1 cell(s) of this row were changed: write that here if it is right",
    ] == refused(root, ready, capsys)
    put(ready, "Người", row, "Chức danh", "Chuyên viên ")
    put(ready, "Người", row, EDITED, 1)
    (cell,) = refused(root, ready, capsys)
    assert cell.startswith("Người!Q3: 0 cell(s) of this row were changed")
    put(ready, "Người", row, "Chức danh", "Kế toán")
    assert 0 == imported(root, ready)
    assert f"{edited}\n" in capsys.readouterr().out
    (post,) = records(root, "people")["ha-van-buoi"]["posts"]  # type: ignore[misc]
    assert "Kế toán" == post["title"]


def test_rows_that_are_said_to_be_edited_swap_no_other_cells(
    root: Path, ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody wrote into a cell of every row, and said so: each other cell is as it was."""
    change(ready, "Người", {}, "Chức danh", "Văn thư")
    groups = [row["Nhóm"] for row in rows(ready, "Người")]
    put(ready, "Người", {}, "Nhóm", [groups[3], *groups[1:3], groups[0]])
    assert [
        'Người!G2: it was "Chi cục trưởng", and is "Văn thư"',
        'Người!I2: it was "công chức", and is "viên chức"',
        "Người!Q2: 2 cell(s) of this row were changed: write that here if it is right",
    ] == refused(root, ready, capsys)[:3]


@pytest.mark.parametrize("sheet", ["Đơn vị", "Người", "Cần quyết định"])
def test_a_row_is_not_lost_with_its_number(
    sheet: str, root: Path, ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor is a sheet."""
    whole = ready.read_bytes()
    left = len(rows(ready, sheet)) - 1
    edit(ready, lambda sheets: sheets[sheet].delete_rows(left + 2))
    assert [f"{sheet}!A1: row number {left + 1} is missing"] == refused(root, ready, capsys)
    ready.write_bytes(whole)
    book = load_workbook(ready)
    book.remove(book[sheet])
    book.save(ready)
    assert left + 1 == len(refused(root, ready, capsys))


def test_a_review_is_of_the_workbook_that_was_written(
    root: Path, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It does not forget the decisions of rows that are gone."""
    edit(made, lambda sheets: sheets["Cần quyết định"].delete_rows(2))
    list_ = made.parent / "list.xlsx"
    assert 2 == main(["import", str(list_), "--review", str(made), "--root", str(root), *ON])
    assert "Cần quyết định!A1: row number 1 is missing" in capsys.readouterr().err


def test_any_text_of_a_list_is_the_same_when_it_is_read_back(root: Path, tmp_path: Path) -> None:
    """So that nobody is refused what they did not change."""
    texts = ("_x0041_", "a\n  b", "e\u0302\u0301", "Cao\u202e\u200b", "'x", "1e5", "007", "TRUE",
             "&amp;<b>", "\u00a0x\u00a0", "12/5/2026", "x" * 6_000, "👩‍👩‍👧", "#N/A")  # fmt: skip
    people = ((n, f"Lê Văn {each}", each, "CC", each, each) for n, each in enumerate(texts, 1))
    made = review(root, a_list(tmp_path / "list.xlsx", *ROWS[:2], *people))
    assert len(texts) == len(rows(made, "Người"))
    assert [] == Workbook(read_spreadsheet(made)).refusals


def test_a_header_that_was_changed_is_refused(
    root: Path, ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cells below it may mean anything."""

    def turned(sheets: Mapping[str, Worksheet]) -> None:
        sheets["Đơn vị"]["B1"] = "x"

    edit(ready, turned)
    assert "Đơn vị!A1: the header is not the one that was written" in refused(root, ready, capsys)


def test_spreadsheet_programs_may_turn_cells(root: Path, ready: Path) -> None:
    """Numbers into texts, texts into days; blanks at the end; rows in another order."""

    def turned(sheets: Mapping[str, Worksheet]) -> None:
        units, people = sheets["Đơn vị"], sheets["Người"]
        for row in range(2, 5):
            for letter in (column(ready, "Đơn vị", "Số"), column(ready, "Đơn vị", "Thuộc số")):
                value = units[f"{letter}{row}"].value
                units[f"{letter}{row}"] = None if value is None else f"{value} "
            units[f"{column(ready, 'Đơn vị', 'Tên đơn vị')}{row}"].value += "  "
        units[f"{column(ready, 'Đơn vị', 'Đúng')}2"] = "X"
        people[f"{column(ready, 'Người', 'Từ ngày')}3"] = "1/7/2025"
        people[f"{column(ready, 'Người', 'Từ ngày')}5"] = datetime(2025, 7, 1)  # noqa: DTZ001
        people[f"{column(ready, 'Người', EDITED)}5"] = "1 "
        people.append(("", " "))
        two, three = ([cell.value for cell in people[row]] for row in (2, 3))
        for number, values in ((2, three), (3, two)):
            for cell, value in zip(people[number], values, strict=True):
                cell.value = value

    edit(ready, turned)
    assert 0 == imported(root, ready)
    people = records(root, "people")
    for key in ("ha-van-buoi", "le-thi-cam"):
        (post,) = people[key]["posts"]  # type: ignore[misc]
        assert date(2025, 7, 1) == post["from"]


def test_a_place_may_be_no_unit_after_all(root: Path, ready: Path) -> None:
    """Its people are then in the unit above it, and so are its parts."""
    change(ready, "Đơn vị", {"Mã": BRANCH}, "Loại đơn vị", labels.NO_UNIT)
    assert 0 == imported(root, ready)
    (post,) = records(root, "people")["nguyen-thi-ut"]["posts"]  # type: ignore[misc]
    assert "so-tai-chinh" == post["unit"]
    assert "so-tai-chinh" == records(root, "units")[DIVISION]["parent"]


def test_a_unit_that_no_heading_names_may_be_added(
    root: Path, ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a row of its own, with the next number; the rows of people name it by that."""
    cells = {"Số": 4, "Thuộc số": 1, "Tên đơn vị": "Phòng Lạ", "Loại đơn vị": "phòng",
             "Mã": "phong-la-so-tai-chinh"}  # fmt: skip

    def add(sheets: Mapping[str, Worksheet]) -> None:
        sheet = sheets["Đơn vị"]
        for header, value in cells.items():
            sheet[f"{column(ready, 'Đơn vị', header)}5"] = value

    edit(ready, add)
    assert ["Đơn vị!R5: the unit is not ticked"] == refused(root, ready, capsys)
    put(ready, "Đơn vị", {"Số": 4}, "Đúng", "x")
    change(ready, "Người", {"Mã": "ha-van-buoi"}, "Đơn vị số", 4)
    assert 0 == imported(root, ready)
    (post,) = records(root, "people")["ha-van-buoi"]["posts"]  # type: ignore[misc]
    assert "phong-la-so-tai-chinh" == post["unit"]
    assert "so-tai-chinh" == records(root, "units")["phong-la-so-tai-chinh"]["parent"]


def test_somebody_may_be_moved_and_left_out_by_hand(root: Path, ready: Path) -> None:
    """Whatever the list says, if the row says so."""
    change(ready, "Người", {"Mã": "ha-van-buoi"}, "Đơn vị số", 1)
    change(ready, "Người", {"Mã": "le-thi-cam"}, "Nhận", labels.LEFT)
    assert 0 == imported(root, ready)
    people = records(root, "people")
    (post,) = people["ha-van-buoi"]["posts"]  # type: ignore[misc]
    assert "so-tai-chinh" == post["unit"]
    assert "le-thi-cam" not in people


def test_one_name_twice_in_one_unit_is_to_decide(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They may be one person; if they are two, each has an id and an address."""
    made = review(root, a_list(tmp_path / "list.xlsx", *ROWS[:6], (2, *ROWS[5][1:])))
    tick(made)
    assert ["Người!L3: not decided yet", "Người!L4: not decided yet"] == refused(root, made, capsys)
    change(made, "Người", {"Nhận": "?"}, "Nhận", labels.TAKEN)
    assert 0 == imported(root, made)
    assert {"ha-van-buoi", "ha-van-buoi-2"} <= records(root, "people").keys()


def test_who_may_have_moved_is_to_decide(root: Path, tmp_path: Path) -> None:
    """Somebody of the name is on record in a unit of the list, and not in it there."""
    finance = ("Phòng Ngân sách", "Lê Văn Bình"), ("", "Hà Văn Bưởi")
    list_ = a_list(
        tmp_path / "list.xlsx", (*HEADER[:4], "Phòng"), ROWS[1],
        *((n, name, "Chuyên viên", "CC", part) for n, (part, name) in enumerate(finance, start=1)),
    )  # fmt: skip
    made = review(root, list_)
    decide(made, {labels.BLANK: labels.NO_UNIT})
    review(root, list_)
    moved, new = rows(made, "Người")
    assert ("?", "có thể là người đã có trong dữ liệu: le-van-binh") == (
        moved["Nhận"],
        moved["Lý do"],
    )
    assert labels.TAKEN == new["Nhận"]


@pytest.mark.parametrize("name", ["=1+1", "+84", "@SUM(A1)", "-2+3", '=HYPERLINK("http://x")'])
def test_nothing_of_a_list_becomes_a_formula(root: Path, tmp_path: Path, name: str) -> None:
    """Neither in a cell nor in a list of choices."""
    rows_ = [list(row) for row in ROWS]
    rows_[2][1] = rows_[5][1] = rows_[5][2] = rows_[7][5] = name
    book = tmp_path / "list.xlsx"
    a_list(book, *rows_)

    def as_text(sheets: Mapping[str, Worksheet]) -> None:
        for line in sheets["DS"].iter_rows():
            for cell in line:
                cell.data_type = "s" if cell.data_type == "f" else cell.data_type

    edit(book, as_text)
    made = review(root, book)
    with zipfile.ZipFile(io.BytesIO(made.read_bytes())) as archive:
        for part in archive.namelist():
            assert b"<f>" not in archive.read(part), part
    assert name in [row["Chức danh"] for row in rows(made, "Người")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list.xlsx", "--basis", BASIS], "is not a workbook of a review"),
        (["review.xlsx"], "give the document that adopts the list as --basis"),
        (["review.xlsx", "--basis", "qd-1-x-2026"], "there is no document"),
        (["review.xlsx", "--basis", "qd-2236-ubnd-2025"], "is of kind decision, not adoption"),
    ],
)
def test_only_a_workbook_is_imported(
    arguments: list[str], said: str, root: Path, ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a document that adopts the list."""
    file, *more = arguments
    assert 2 == main(["import", str(ready.parent / file), "--root", str(root), *ON, *more])
    assert said in capsys.readouterr().err


@pytest.mark.drill
def test_a_workbook_that_libreoffice_saved_is_the_same(root: Path, ready: Path) -> None:
    """Its own dates, numbers and blanks say what was written; saving is not writing."""
    folder = ready.parent / "saved"
    convert = ["soffice", "--headless", "--convert-to", "xlsx", "--outdir", folder, ready]
    subprocess.run(convert, check=True)
    assert rows(ready, "Đơn vị") == rows(folder / ready.name, "Đơn vị")
    put(ready, "Đơn vị", {}, "Đúng", None)
    (saved := folder / ready.name).rename(folder / "ticked.xlsx")
    subprocess.run(convert, check=True)
    again = ["import", str(ready.parent / "list.xlsx"), "--review", str(saved), "--root", str(root)]
    assert 0 == main([*again, *ON])
    assert 0 == imported(root, folder / "ticked.xlsx")
    assert {BRANCH, DIVISION} <= records(root, "units").keys()


def test_no_cell_makes_the_check_fail_otherwise(root: Path, ready: Path) -> None:
    """Whatever somebody writes into any cell is right, or is refused with its place."""
    facts = facts_of(workspace(root, date(2026, 11, 25)))
    book = read_spreadsheet(ready)
    right = 0
    for at, sheet in enumerate(book.sheets):
        # Of a table, a row of each kind is enough; of the first sheet, each row is another.
        for number, row in enumerate(sheet.rows[:9] if at == 0 else sheet.rows[-2:]):
            place = number if at == 0 else len(sheet.rows) - 2 + number
            for column_ in range(len(row.cells)):
                for value in ("", "x", "9" * 5000, "-1", "2026-01-01"):
                    cells = (*row.cells[:column_], value, *row.cells[column_ + 1 :])
                    changed = [*sheet.rows]
                    changed[place] = Row(row.number, cells)
                    sheets = [*book.sheets]
                    sheets[at] = replace(sheet, rows=tuple(changed))
                    made = replace(book, sheets=sheets)
                    if is_workbook(made):
                        workbook = Workbook(made)
                        checked(workbook, facts, BASIS, date(2026, 10, 1))
                        right += not workbook.refusals
    assert right
