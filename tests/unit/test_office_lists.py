"""The lists of tests/lists are built the same each time, and their truth agrees with itself."""

import io
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from openpyxl import load_workbook

import hostile_lists
import office_lists
from office_lists import Misreading, OfficeList

LISTS = office_lists.lists()
MISREADINGS = office_lists.misreadings()
MADE = sorted(name for name, office in LISTS.items() if office.file.endswith((".xls", ".ods")))
each_list = pytest.mark.parametrize("office", LISTS.values(), ids=LISTS)
each_misreading = pytest.mark.parametrize("planted", MISREADINGS, ids=lambda planted: planted.id)


def cells_of(office: OfficeList, sheet: str, row: int) -> tuple[str, ...]:
    """Return the cells of a row."""
    (found,) = (each for each in office.sheets if each.name == sheet)
    return found.rows[row - 1].cells


@each_list
def test_a_list_is_built_the_same_each_time(office: OfficeList, tmp_path: Path) -> None:
    """Byte by byte, with no time of day in a workbook."""
    (tmp_path / "again").mkdir()
    built = office_lists.build(office, tmp_path).read_bytes()
    assert built == office_lists.build(office, tmp_path / "again").read_bytes()
    if office.file.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(built)) as archive:
            assert 2 == archive.read("docProps/core.xml").count(b"2026-11-01T08:00:00Z")
            assert {1980} == {member.date_time[0] for member in archive.infolist()}


@pytest.mark.parametrize("name", MADE)
def test_a_file_made_once_is_that_of_its_text(name: str) -> None:
    """Whoever changes the text runs tests/lists/make-old-formats."""
    made = (office_lists.MADE / f"{name}.sha256").read_text(encoding="utf-8")
    assert made == office_lists.digest(name) + "\n"


@each_list
def test_each_person_has_one_truth(office: OfficeList) -> None:
    """With a name, a title and a unit of the organisation; what is not taken has a reason."""
    rows = Counter((person.sheet, person.row) for person in office.people)
    marked = [(sheet.name, row.number) for sheet in office.sheets for row in sheet.rows if row.mark]
    assert rows == Counter(marked)
    for person in office.people:
        assert person.title
        assert 2 <= len(person.name.split()), person
        assert {office.organisation} == {unit[0] for unit in person.units}
        assert bool(person.why) == (person.outcome != "take"), person


@each_list
def test_nobody_is_taken_twice(office: OfficeList) -> None:
    """A second row of somebody is a side post, and its person is taken from another row."""
    taken = Counter((each.name, each.birth) for each in office.people if each.outcome == "take")
    side = {(each.name, each.birth) for each in office.people if each.outcome == "side post"}
    assert {1} == set(taken.values())
    assert side <= taken.keys()


@each_list
def test_a_place_is_a_unit_once(office: OfficeList) -> None:
    """Two headings of one unit would be one place; people stand below each."""
    assert len(office.places) == len({place.units for place in office.places})
    assert all(place.people for place in office.places)
    for place in office.places:
        assert place.heading in ("", *cells_of(office, place.sheet, place.row))


def test_the_workbook_says_what_the_text_says(tmp_path: Path) -> None:
    """Its cells, merged ranges, hidden rows and days, as another program reads them."""
    department = load_workbook(office_lists.build(LISTS["so-nong-nghiep"], tmp_path)).active
    assert department is not None
    leader = LISTS["so-nong-nghiep"].people[0]
    assert leader.name == department.cell(leader.row, 2).value
    assert leader.birth == f"{department.cell(leader.row, 3).value:%Y-%m-%d}"
    assert "C8:D8" in {str(span) for span in department.merged_cells.ranges}
    ward = load_workbook(office_lists.build(LISTS["phuong-hac-thanh"], tmp_path)).active
    assert ward is not None
    assert [16] == [row for row, known in ward.row_dimensions.items() if known.hidden]
    sheets = load_workbook(office_lists.build(LISTS["so-giao-duc"], tmp_path))
    assert "hidden" == sheets["DANHMUC"].sheet_state
    assert "=SUM(C3:C5)" == sheets["Tổng hợp"]["C6"].value


def test_old_fonts_have_their_own_letters() -> None:
    """TCVN3 has no capitals with a tone; VNI writes two characters for a letter."""
    assert "§ç §×nh ¸nh" == office_lists.encoded("Đỗ Đình Ánh", "tcvn3")
    assert "Nguyeãn Thò AÙnh" == office_lists.encoded("Nguyễn Thị Ánh", "vni")


def test_thirty_misreadings_are_planted() -> None:
    """Of levels, of names that two units have, of letterheads and of merged cells."""
    assert len(MISREADINGS) >= 30
    assert len(MISREADINGS) == len({planted.id for planted in MISREADINGS})
    kinds = {"level", "same-name", "letterhead", "merged"}
    assert kinds == {planted.kind for planted in MISREADINGS}


@each_misreading
def test_a_misreading_has_people_whom_it_puts_wrongly(planted: Misreading) -> None:
    """They are to be taken, and a sentence says what to see; the rest of the list is as sound."""
    people = [person for place in planted.places for person in place.people]
    assert "take" in {person.outcome for person in people}
    assert not [place for place in planted.places if planted.naive in place.units]
    assert planted.see.endswith(".")
    test_each_person_has_one_truth(planted.list)
    test_nobody_is_taken_twice(planted.list)


@pytest.mark.parametrize("file", sorted(hostile_lists.HOSTILE.keys() - hostile_lists.LARGE))
def test_a_hostile_file_is_built_the_same_each_time(file: str, tmp_path: Path) -> None:
    """And says what is wrong with it, and what is expected of a reader."""
    hostile = hostile_lists.HOSTILE[file]
    assert hostile.build() == hostile.write(tmp_path).read_bytes()
    assert hostile.why
    assert hostile.expect in (hostile_lists.REFUSE, hostile_lists.TEXT, hostile_lists.EITHER)


@pytest.mark.slow
@pytest.mark.parametrize("file", sorted(hostile_lists.LARGE))
def test_a_large_hostile_file_is_as_large_as_it_says(file: str, tmp_path: Path) -> None:
    """Whether packed or not."""
    path = hostile_lists.HOSTILE[file].write(tmp_path)
    size = path.stat().st_size
    if path.suffix == ".xlsx":
        assert size < 2**20
        with zipfile.ZipFile(path) as archive:
            size = archive.getinfo(hostile_lists.SHEET).file_size
    assert size > 2**21


def test_texts_like_formulas_are_texts(tmp_path: Path) -> None:
    """Only what is meant to be a formula is one in the file itself."""
    kinds = {
        file: {cell.data_type for row in load_workbook(path).worksheets[0] for cell in row}
        for file in ("formulas.xlsx", "names-like-formulas.xlsx")
        for path in (hostile_lists.HOSTILE[file].write(tmp_path),)
    }
    assert {"formulas.xlsx": True, "names-like-formulas.xlsx": False} == {
        file: "f" in kind for file, kind in kinds.items()
    }
