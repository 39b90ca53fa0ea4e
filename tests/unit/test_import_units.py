"""Nobody of a list is put into the unit of another office because its name is the same."""

import re
from pathlib import Path

import adopted_lists
import pytest
from adopted_lists import BASIS, ROOT, imported, repository

from benchmarks.workbook import workbook
from hopthu.load import load
from hopthu.personnel.unit_paths import is_like_unit, outermost_first

pytestmark = pytest.mark.slow

CREATED = "{on: 2025-07-01, decision: nq-1686-ubtvqh15-2025, request: cv-851-vpubnd-2025}"
PARTS = "".join(
    f'- {{id: {unit}, name: "{name}", kind: division, parent: phuong-hac-thanh, '
    f"created: {CREATED}}}\n"
    for unit, name in (
        ("phong-kinh-te-hac-thanh", "Phòng Kinh tế, Hạ tầng và Đô thị"),
        ("vp-hac-thanh", "Văn phòng HĐND và UBND"),
    )
)
HEADER = "STT;Họ và tên;Chức vụ;Loại;Từ ngày"
WITH_UNIT = "STT;Họ và tên;Chức vụ;Đơn vị;Loại;Từ ngày"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the shipped data, with parts of one ward and an adoption."""
    return repository(tmp_path, PARTS)


def run(root: Path, header: str, *lines: str) -> int:
    return adopted_lists.run(root, *lines, header=header)


def units(root: Path) -> dict[str, str]:
    """Return the unit of each person who rests on the adoption, by id."""
    return {
        record.id: post["unit"]
        for record in load(root).people
        for post in record.data["posts"]
        if post["decision"] == BASIS
    }


@pytest.mark.parametrize("above", ["Đơn vị: UBND xã Thọ Xuân", "UBND XÃ THỌ XUÂN", "Xã Thọ Xuân"])
def test_parts_of_others_are_not_looked_for_outside_the_unit_above(
    above: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether a title or a line names it: the commune has none of these."""
    assert 5 == run(
        root, above, "DANH SÁCH", HEADER,
        "A;Phòng Kinh tế, Hạ tầng và Đô thị", "1;Trần Thị Mơ;Trưởng phòng;CC;",
        "2;Hà Thị Bưởi;Chuyên viên;CC;",
        "B;Phòng Ngân sách", "1;Lê Thị Mận;Chuyên viên;CC;",
    )  # fmt: skip
    said = capsys.readouterr().out
    assert {} == units(root)
    assert '"Phòng Kinh tế, Hạ tầng và Đô thị" is not a unit of xa-tho-xuan' in said
    assert '"Phòng Ngân sách" is not a unit of xa-tho-xuan' in said
    assert "add it to xa-tho-xuan in data/units.yaml; or, if the list is not of" in said
    assert "left out: 3" in said


def test_parts_of_the_unit_above_are_found(root: Path) -> None:
    """Without a word, where other units have them too."""
    assert 0 == run(
        root, "UBND PHƯỜNG HẠC THÀNH", "DANH SÁCH", HEADER,
        "A;Phòng Kinh tế, Hạ tầng và Đô thị", "1;Trần Thị Mơ;Chuyên viên;CC;",
    )  # fmt: skip
    assert {"tran-thi-mo": "phong-kinh-te-hac-thanh"} == units(root)


def test_nobody_is_put_anywhere_below_an_unknown_unit(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even into the one unit of the province that has the name of the part."""
    assert 5 == run(
        root, WITH_UNIT, "I;SỞ CÔNG THƯƠNG XANH", "1;Trần Thị Mơ;Trưởng phòng;Phòng Ngân sách;CC;",
        "2;Hà Thị Bưởi;Giám đốc;;CC;", "3;Lê Thị Mận;Giám đốc;Sở Y tế;CC;",
        "II;Sở Y tế", "4;Lê Thị Cam;Giám đốc;;CC;",
    )  # fmt: skip
    said = capsys.readouterr().out
    assert {"le-thi-cam": "so-y-te"} == units(root)
    assert 'check: "SỞ CÔNG THƯƠNG XANH" names no unit of the data' in said
    assert "those below it are left out until then" in said
    assert "nothing, if the rows below" not in said
    assert 'the data has no unit "SỞ CÔNG THƯƠNG XANH"' in said
    assert "left out: 3" in said


def test_headings_that_only_group_are_passed_over(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Units at the top are found below them, parts are not."""
    assert 5 == run(
        root, WITH_UNIT, "A;KHỐI CÁC SỞ", "1;Trần Thị Mơ;Chuyên viên;Sở Y tế;CC;",
        "2;Hà Thị Bưởi;Chuyên viên;Phòng Ngân sách;CC;",
    )  # fmt: skip
    said = capsys.readouterr().out
    assert {"tran-thi-mo": "so-y-te"} == units(root)
    assert '"KHỐI CÁC SỞ" names no unit of the data, so "Phòng Ngân sách" below it may' in said


def test_a_sheet_for_each_unit(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The name of the sheet is the unit around its headings."""
    header = ("STT", "Họ và tên", "Chức vụ", "Loại")
    sheets = {
        "Xã Thọ Xuân": [header, ("I", "Văn phòng HĐND và UBND"), (1, "Trần Thị Mơ", "CV", "CC")],
        "Phường Hạc Thành": [
            header, ("I", "Văn phòng HĐND và UBND"), (1, "Hà Thị Bưởi", "CV", "CC"),
        ],
        "Phường Ảo": [header, ("I", "Văn phòng HĐND và UBND"), (1, "Lê Thị Mận", "CV", "CC")],
    }  # fmt: skip
    path = root.parent / "list.xlsx"
    path.write_bytes(workbook(sheets))
    assert 5 == imported(root, path)
    assert {"ha-thi-buoi": "vp-hac-thanh"} == units(root)
    said = capsys.readouterr().out
    assert "list.xlsx:Xã Thọ Xuân:3: left out: Trần Thị Mơ: " in said
    assert "list.xlsx:Phường Ảo:3: left out: Lê Thị Mận: " in said


def test_a_sheet_and_its_title_that_disagree(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sheet was copied: nobody can tell which is right."""
    rows = [("UBND XÃ THỌ XUÂN",), ("Họ và tên", "Chức vụ", "Loại"), ("Trần Thị Mơ", "CV", "CC")]
    path = root.parent / "list.xlsx"
    path.write_bytes(workbook({"Phường Hạc Thành": rows}))
    assert 5 == imported(root, path)
    assert {} == units(root)
    assert '"Phường Hạc Thành" is not a unit of xa-tho-xuan' in capsys.readouterr().out


def test_a_part_without_a_unit_around_is_said(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its row, or once by its heading, with the unit above it."""
    assert 0 == run(
        root, "UBND TỈNH THANH HÓA", WITH_UNIT, "1;Trần Thị Mơ;Chuyên viên;Phòng Ngân sách;CC;",
        "II;Văn phòng HĐND và UBND", "1;Hà Thị Bưởi;CV;;CC;", "2;Lê Thị Mận;CV;;CC;",
    )  # fmt: skip
    said = capsys.readouterr().out
    ours = '"Phòng Ngân sách" is taken for phong-ngan-sach-so-tai-chinh, of "Sở Tài chính"'
    assert f"list.csv:3: check: Trần Thị Mơ: {ours}" in said
    theirs = '"Văn phòng HĐND và UBND" is taken for vp-hac-thanh, of "Phường Hạc Thành"'
    assert f"list.csv:4: check: {theirs}" in said
    assert "to check: 2" in said


def test_a_list_of_the_province_made_by_one_department(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its letterhead names the department: the other units are named once, to be checked."""
    assert 0 == run(
        root, "UBND TỈNH THANH HÓA", "SỞ NỘI VỤ", HEADER, "I;Sở Y tế", "1;Trần Thị Mơ;CV;CC;",
        "II;Sở Tài chính", "2;Hà Thị Bưởi;CV;CC;",
    )  # fmt: skip
    assert {"tran-thi-mo": "so-y-te", "ha-thi-buoi": "so-tai-chinh"} == units(root)
    said = capsys.readouterr().out
    assert 'units outside "SỞ NỘI VỤ", which stands above the list: so-y-te, so-tai-chinh' in said
    assert "to check: 1" in said


def test_what_is_advised_below_the_letterhead_of_a_department(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not to enter the people of another department in it."""
    rows = ("I;SỞ CÔNG THƯƠNG MỚI", "1;Trần Thị Mơ;CV;CC;")
    assert 5 == run(root, "UBND TỈNH THANH HÓA", "SỞ NỘI VỤ", HEADER, *rows)
    assert "so-noi-vu" not in capsys.readouterr().out


def test_an_id_is_certain(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is one unit of it."""
    assert 0 == run(root, WITH_UNIT, "1;Trần Thị Mơ;CV;vp-hac-thanh;CC;")
    assert {"tran-thi-mo": "vp-hac-thanh"} == units(root)
    assert "to check: 0" in capsys.readouterr().out


def test_a_sheet_called_by_chance_as_a_part_is_short(root: Path) -> None:
    """`NS` may be of the personnel, and is no budget division around everything."""
    header = ("STT", "Họ và tên", "Chức vụ", "Đơn vị", "Loại")
    path = root.parent / "list.xlsx"
    path.write_bytes(workbook({"NS": [header, (1, "Trần Thị Mơ", "CV", "Sở Y tế", "CC")]}))
    assert 0 == imported(root, path)
    assert {"tran-thi-mo": "so-y-te"} == units(root)


def test_whoever_only_a_title_places_is_said(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once for the sheet."""
    rows = ("1;Trần Thị Mơ;CV;CC;", "2;Hà Thị Bưởi;CV;CC;")
    assert 0 == run(root, "UBND XÃ THỌ XUÂN", HEADER, *rows)
    assert {"xa-tho-xuan"} == {*units(root).values()}
    said = capsys.readouterr().out
    assert 'only the title "UBND XÃ THỌ XUÂN" says in which unit they are: xa-tho-xuan' in said
    assert "to check: 1" in said


@pytest.mark.parametrize("above", ["UBND XÃ ẢO", "Đơn vị: UBND xã Ảo"])
def test_a_title_that_names_an_unknown_unit(
    above: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its parts are not those of another one, and its people are nowhere."""
    rows = ("1;Trần Thị Mơ;CV;CC;", "A;Văn phòng HĐND và UBND", "2;Hà Thị Bưởi;CV;CC;")
    assert 5 == run(root, above, HEADER, *rows)
    assert {} == units(root)
    assert re.search(r'the data has no unit "UBND xã Ảo"', capsys.readouterr().out, re.IGNORECASE)


@pytest.mark.parametrize(
    "form", ["Đơn vị: UBND {}", "CƠ QUAN, ĐƠN VỊ: {}", "Tên đơn vị công tác : {}"]
)
def test_a_line_with_the_unit_above_a_further_table(form: str, root: Path) -> None:
    """Whoever stands below it is not in the unit of the table before."""
    assert 0 == run(
        root, form.format("xã Thọ Xuân"), HEADER, "I;CÔNG CHỨC", "2;Lê Thị Mận;CV;;",
        form.format("phường Hạc Thành"), HEADER, "1;Hà Thị Bưởi;CV;CC;",
    )  # fmt: skip
    assert {"le-thi-man": "xa-tho-xuan", "ha-thi-buoi": "phuong-hac-thanh"} == units(root)


def test_a_line_without_marks(root: Path) -> None:
    """As what was typed with other programs."""
    assert 0 == run(root, "Don vi: UBND xa Tho Xuan", HEADER, "1;Trần Thị Mơ;CV;CC;")
    assert {"tran-thi-mo": "xa-tho-xuan"} == units(root)


def test_a_title_that_ends_in_the_unit(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Parts of others are not looked for."""
    rows = ("I;Phòng Ngân sách", "1;Trần Thị Mơ;CV;CC;")
    assert 5 == run(root, "DANH SÁCH CÁN BỘ, CÔNG CHỨC XÃ THỌ XUÂN NĂM 2026", HEADER, *rows)
    assert {} == units(root)
    assert '"Phòng Ngân sách" is not a unit of xa-tho-xuan' in capsys.readouterr().out


def test_lines_above_a_table_nest(root: Path) -> None:
    """An office, and the part of it."""
    above = ("Cơ quan: Phường Hạc Thành", "Đơn vị: Văn phòng HĐND và UBND")
    assert 0 == run(root, *above, HEADER, "1;Trần Thị Mơ;CV;CC;")
    assert {"tran-thi-mo": "vp-hac-thanh"} == units(root)


def test_a_line_says_more_than_a_letterhead(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is to be checked."""
    assert 0 == run(root, "SỞ NỘI VỤ", "Đơn vị: Sở Y tế", HEADER, "1;Trần Thị Mơ;CV;CC;")
    assert {"tran-thi-mo": "so-y-te"} == units(root)
    assert "to check: 0" in capsys.readouterr().out


def test_a_column_that_only_groups(root: Path) -> None:
    """As a heading: units at the top are found behind it."""
    header = "STT;Họ và tên;Chức vụ;Cơ quan;Đơn vị;Loại"
    assert 0 == run(root, header, "1;Trần Thị Mơ;CV;Khối chính quyền;Sở Y tế;CC")
    assert {"tran-thi-mo": "so-y-te"} == units(root)


def test_who_is_of_a_ward_is_not_of_the_province(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only units of the ward are suggested; else how to enter them in it."""
    rows = ("I;Thường trực UBND", "1;Trần Thị Mơ;Chủ tịch;CC;")
    assert 5 == run(root, "Đơn vị: Phường Hạc Thành", HEADER, *rows)
    said = capsys.readouterr().out
    assert "tỉnh Thanh Hóa" not in said
    assert "delete the heading to enter them in phuong-hac-thanh" in said


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("SỞ CÔNG THƯƠNG", True), ("So Cong Thuong", True), ("UBND xã Thọ Xuân", True),
        ("Phòng Nội vụ", True), ("Số 12", False), ("SO: 12", False), ("Sở, ban, ngành", False),
        ("DANH SÁCH", False), ("Ban hành kèm theo", False), ("Sheet1", False), ("KHỐI SỞ", False),
    ],
)  # fmt: skip
def test_texts_that_look_like_a_unit(written: str, expected: bool) -> None:
    """By the words that units begin with."""
    assert expected is is_like_unit(written)


@pytest.mark.parametrize(
    "text",
    [
        "Lãnh đạo Sở", "LÃNH ĐẠO SỞ", "Ban Giám đốc", "Lãnh đạo", "lanh dao So", "Ban Giám đốc Sở",
        "Tập thể lãnh đạo Sở", "Lãnh đạo Sở Y tế", "Lãnh đạo Ban",
    ],
)  # fmt: skip
def test_who_leads_a_unit_is_in_that_unit(root: Path, text: str) -> None:
    """In a cell or as a heading, below a heading or a title that names the unit."""
    for before in (("I;SỞ Y TẾ;;;;",), ("Đơn vị: Sở Y tế",)):
        lines = (WITH_UNIT, *before) if ";" in before[0] else (*before, WITH_UNIT)
        assert 0 == run(root, *lines, f"1;Hà Thị Bưởi;Phó Giám đốc;{text};CC;")
        assert "so-y-te" == units(root)["ha-thi-buoi"]
        (root / "data/people.yaml").write_bytes((ROOT / "data/people.yaml").read_bytes())
    assert 0 == run(
        root, "DANH SÁCH CÔNG CHỨC SỞ Y TẾ", WITH_UNIT, f"I;{text};;;;",
        "1;Hà Thị Bưởi;Phó Giám đốc;;CC;", "II;Sở Nội vụ;;;;", "2;Hà Thị Mơ;Phó Giám đốc;;CC;",
    )  # fmt: skip
    found = units(root)
    assert ("so-y-te", "so-noi-vu") == (found["ha-thi-buoi"], found["ha-thi-mo"])


def test_leaders_of_a_ward_are_not_those_of_the_province(root: Path) -> None:
    """`Lãnh đạo UBND` is of the ward that the sheet is of."""
    rows = ("I;Lãnh đạo UBND", "1;Trần Thị Mơ;Chủ tịch;CC;")
    assert 0 == run(root, "Đơn vị: Phường Hạc Thành", HEADER, *rows)
    assert "phuong-hac-thanh" == units(root)["tran-thi-mo"]


@pytest.mark.parametrize("text", ["Lãnh đạo UBND", "Lãnh đạo xã", "Lãnh đạo UBND xã"])
def test_who_leads_a_commune_is_in_it(root: Path, text: str) -> None:
    """The words for its kind stand for the commune around them."""
    assert 0 == run(
        root, WITH_UNIT, "I;UBND xã Đồng Tiến;;;;", f"1;Hà Thị Bưởi;Phó Chủ tịch;{text};CC;"
    )
    assert "xa-dong-tien" == units(root)["ha-thi-buoi"]


def test_who_leads_a_part_is_in_that_part(root: Path) -> None:
    """If the unit around has it."""
    lines = ("I;Phường Hạc Thành;;;;", "1;Hà Thị Bưởi;Chánh VP;Lãnh đạo Văn phòng HĐND và UBND;CC;")
    assert 0 == run(root, WITH_UNIT, *lines)
    assert "vp-hac-thanh" == units(root)["ha-thi-buoi"]


def test_who_leads_nothing_that_is_named_is_nowhere(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a unit around, and below one that the data does not have."""
    assert 5 == run(root, WITH_UNIT, "1;Hà Thị Bưởi;Phó Giám đốc;Lãnh đạo Sở;CC;")
    assert "nothing says in which unit they are" in capsys.readouterr().out
    assert 5 == run(root, WITH_UNIT, "I;Sở Y tê;;;;", "1;Hà Thị Bưởi;PGĐ;Lãnh đạo Sở;CC;")
    assert 'the data has no unit "Sở Y tê"' in capsys.readouterr().out
    assert 5 == run(root, WITH_UNIT, "I;Sở Y tế;;;;", "1;Hà Thị Bưởi;PGĐ;Lãnh đạo Sở Xa;CC;")
    assert 'no unit "Sở Xa"' in capsys.readouterr().out


SHORTENED = "".join(
    f'- {{id: {unit}, name: "{name}", {short}kind: division, parent: so-y-te, '
    f"created: {CREATED}}}\n"
    for unit, name, short in (
        ("phong-duoc-syt", "Phòng Nghiệp vụ Dược", ""),
        ("phong-y-syt", "Phòng Nghiệp vụ Y", ""),
        ("phong-cchc-syt", "Phòng Cải cách thủ tục", "short: CCHC, "),
        ("phong-tchc-syt", "Phòng Tổ chức - Hành chính", ""),
        ("phong-khtc-syt", "Phòng Kế hoạch và Tài chính", ""),
        ("phong-qlhn-syt", "Phòng Quản lý Hành nghề", ""),
        ("phong-qlhd-syt", "Phòng Quản lý Hợp đồng", ""),
    )
)


@pytest.mark.parametrize(
    ("written", "unit", "sure"),
    [
        ("Phòng CCHC", "phong-cchc-syt", True), ("PHÒNG CCHC", "phong-cchc-syt", True),
        ("CCHC", "phong-cchc-syt", True), ("Phòng NV Dược", "phong-duoc-syt", False),
        ("P. NV Dược", "phong-duoc-syt", False), ("P.NV Y", "phong-y-syt", False),
        ("P. Nghiệp vụ Y", "phong-y-syt", False), ("PHÒNG NV DƯỢC", "phong-duoc-syt", False),
        ("Phong NV Duoc", "phong-duoc-syt", False), ("P. TC-HC", "phong-tchc-syt", False),
        ("Phòng KHTC", "phong-khtc-syt", False), ("Phòng QL", "", False),
        ("Phòng QLH", "", False), ("Phòng NV", "", False), ("P. Dược", "", False),
        ("Phòng nv Dược", "", False),
    ],
)  # fmt: skip
def test_names_that_are_shortened(
    root: Path, written: str, unit: str, sure: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the short name, behind the kind too; by initials if one unit of the unit around fits."""
    with (root / "data/units.yaml").open("a", encoding="utf-8") as file:
        file.write(SHORTENED)
    lines = ("I;Sở Y tế;;;;", f"1;Hà Thị Bưởi;Chuyên viên;{written};CC;")
    assert (0 if unit else 5) == run(root, WITH_UNIT, *lines)
    assert unit == units(root).get("ha-thi-buoi", "")
    said = capsys.readouterr().out
    assert (f"is taken for {unit}" in said) == (bool(unit) and not sure)


def test_initials_of_two_units_name_none(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both are suggested."""
    with (root / "data/units.yaml").open("a", encoding="utf-8") as file:
        file.write(SHORTENED)
        another = SHORTENED.splitlines()[5].replace("-qlhn-", "-qlhn2-")
        file.write(another.replace("Hành nghề", "Học nghề") + "\n")
    lines = ("I;Sở Y tế;;;;", "1;Hà Thị Bưởi;Chuyên viên;Phòng QLHN;CC;")
    assert 5 == run(root, WITH_UNIT, *lines)
    assert 'the data has no unit "Phòng QLHN"' in capsys.readouterr().out
    assert "ha-thi-buoi" not in units(root)


def test_initials_alone_name_nothing_outside(root: Path) -> None:
    """Without a unit around, any part of the province may have them."""
    with (root / "data/units.yaml").open("a", encoding="utf-8") as file:
        file.write(SHORTENED)
    assert 5 == run(root, WITH_UNIT, "1;Hà Thị Bưởi;Chuyên viên;P. NV Dược;CC;")
    assert 5 == run(root, WITH_UNIT, "I;SỞ TÀI CHÍNH", "1;Hà Thị Bưởi;CV;P. NV Dược;CC;")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            "Phòng Thanh tra - Pháp chế, Chi cục Kiểm lâm, Sở Nông nghiệp và Môi trường",
            ("Sở Nông nghiệp và Môi trường", "Chi cục Kiểm lâm", "Phòng Thanh tra - Pháp chế"),
        ),
        ("Chi cục Kiểm lâm - Sở Nông nghiệp", ("Sở Nông nghiệp", "Chi cục Kiểm lâm")),
        ("Trường THPT Lam Kinh trực thuộc Sở Y tế", ("Sở Y tế", "Trường THPT Lam Kinh")),
        ("Văn phòng HĐND và UBND xã Thọ Xuân", ("xã Thọ Xuân", "Văn phòng HĐND và UBND")),
        ("PHÒNG VĂN HÓA - XÃ HỘI XÃ THỌ XUÂN", ("XÃ THỌ XUÂN", "PHÒNG VĂN HÓA - XÃ HỘI")),
        ("Trường Tiểu học Thọ Xuân, xã Thọ Xuân", ("xã Thọ Xuân", "Trường Tiểu học Thọ Xuân")),
        ("Phòng Văn hóa - Xã hội", None),
        ("Phòng Công chức, viên chức", None),
        ("Phòng Kinh tế, Hạ tầng và Đô thị", None),
        ("UBND xã Thọ Xuân", None),
        ("HĐND và UBND xã Thọ Xuân", None),
        ("Kế toán, Sở Y tế", ("Sở Y tế", "Kế toán")),
        ("Văn phòng, Sở Y tế", ("Sở Y tế", "Văn phòng")),
        ("ĐẢNG ỦY XÃ THỌ XUÂN", ("XÃ THỌ XUÂN", "ĐẢNG ỦY")),
        ("Ban Chỉ huy quân sự xã Thọ Xuân", ("xã Thọ Xuân", "Ban Chỉ huy quân sự")),
        ("Kế toán, thủ quỹ", None),
    ],
)
def test_a_text_may_name_several_units(written: str, expected: tuple[str, ...] | None) -> None:
    """From the outermost on, where each part is written as a unit is."""
    assert (expected or (written,)) == tuple(outermost_first(written))


def test_a_path_in_one_cell_is_followed(root: Path) -> None:
    """As if each unit had a column of its own; a unit of the data whose name is like one is it."""
    path = "Phòng Ngân sách, Sở Tài chính"
    assert 0 == run(root, WITH_UNIT, f"1;Lê Thị Bưởi;Chuyên viên;{path};Công chức;")
    assert {"le-thi-buoi": "phong-ngan-sach-so-tai-chinh"} == units(root)


def test_a_heading_without_a_mark_is_below_the_one_before(root: Path) -> None:
    """If it is of a part: never the same part of another; one at the top goes on beside it."""
    assert 5 == run(
        root, HEADER, "I;PHƯỜNG HẠC THÀNH;;;", ";Văn phòng HĐND và UBND;;;",
        "1;Lê Thị Bưởi;Chánh Văn phòng;CC;", "II;XÃ THỌ XUÂN;;;",
        ";Văn phòng HĐND và UBND;;;", "1;Lê Thị Cam;Chánh Văn phòng;CC;",
    )  # fmt: skip
    assert {"le-thi-buoi": "vp-hac-thanh"} == units(root)


def test_headings_without_marks_at_the_top(root: Path) -> None:
    """Whatever kind they are of."""
    assert 0 == run(
        root, HEADER, ";SỞ TÀI CHÍNH;;;", ";Phòng Ngân sách;;;", "1;Lê Thị Bưởi;CV chính;CC;",
        ";THANH TRA TỈNH;;;", "2;Lê Thị Cam;Thanh tra viên;CC;",
        ";VĂN PHÒNG ỦY BAN NHÂN DÂN TỈNH;;;", "3;Lê Thị Na;Chuyên viên;CC;",
    )  # fmt: skip
    assert {
        "le-thi-buoi": "phong-ngan-sach-so-tai-chinh",
        "le-thi-cam": "thanh-tra-tinh",
        "le-thi-na": "van-phong-ubnd-tinh",
    } == units(root)


@pytest.mark.parametrize("committee", ["UBND", "Ủy ban nhân dân", "UBND phường"])
@pytest.mark.parametrize("mark", ["", "1", "2.", "a", "b)", "-", "*"])
def test_the_committee_of_a_commune_is_the_commune(root: Path, committee: str, mark: str) -> None:
    """Never that of the province."""
    assert 0 == run(root, HEADER, "I;PHƯỜNG HẠC THÀNH;;;", f"{mark};{committee};;;",
                    "1;Lê Thị Bưởi;Chuyên viên;CC;")  # fmt: skip
    assert {"le-thi-buoi": "phuong-hac-thanh"} == units(root)


@pytest.mark.parametrize("mark", ["", "1", "2.", "a", "b)", "-", "*", "1.1"])
@pytest.mark.parametrize("heading", ["ĐẢNG ỦY", "ỦY BAN MTTQ VIỆT NAM", "Phòng Nội vụ", "HĐND"])
def test_a_heading_of_what_is_no_unit_is_no_person(
    root: Path, heading: str, mark: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """However it is marked: nobody below it is put into the commune without a word."""
    assert 5 == run(root, HEADER, "I;PHƯỜNG HẠC THÀNH;;;", f"{mark};{heading};;;",
                    "1;Lê Thị Bưởi;Chuyên viên;CC;")  # fmt: skip
    assert {} == units(root)
    assert "list.csv:4: left out: Lê Thị Bưởi: " in capsys.readouterr().out


@pytest.mark.parametrize("group", ["CÁC PHÒNG CHUYÊN MÔN", "Đơn vị trực thuộc", "KHỐI PHÒNG"])
def test_a_group_is_passed_over_within_a_unit(root: Path, group: str) -> None:
    assert 0 == run(root, HEADER, "I;SỞ TÀI CHÍNH;;;", f"1.1;{group};;;",
                    "a;Phòng Ngân sách;;;", "1;Lê Thị Bưởi;Chuyên viên;CC;")  # fmt: skip
    assert {"le-thi-buoi": "phong-ngan-sach-so-tai-chinh"} == units(root)


def test_a_part_of_a_part_is_not_the_part_of_its_name(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody of the department stands in the room of its branch, though it has none of its own."""
    branch = "- {id: phong-thanh-tra-chi-cuc, name: Phòng Thanh tra, kind: division, "
    with (root / "data/units.yaml").open("a", encoding="utf-8") as file:
        file.write(f"{branch}parent: chi-cuc-kiem-lam, created: {CREATED}}}\n")
    above = load(root)
    (parent,) = (each.data["parent"] for each in above.units if each.id == "chi-cuc-kiem-lam")
    (name,) = (each.data["name"] for each in above.units if each.id == parent)
    assert 5 == run(
        root, WITH_UNIT, f"1;Lê Thị Bưởi;Trưởng phòng;Phòng Thanh tra, {name};Công chức;",
        f"2;Lê Thị Cam;Trưởng phòng;Phòng Thanh tra, Chi cục Kiểm lâm, {name};Công chức;",
    )  # fmt: skip
    assert {"le-thi-cam": "phong-thanh-tra-chi-cuc"} == units(root)
    assert '"Phòng Thanh tra" is not a unit of' in capsys.readouterr().out


def test_a_blank_unit_below_others_is_to_check(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may mean the unit around, or that of the row above."""
    assert 0 == run(
        root, WITH_UNIT, "I;SỞ TÀI CHÍNH;;;;", "1;Lê Thị Bưởi;Giám đốc;;Công chức;",
        "2;Lê Thị Cam;Trưởng phòng;Phòng Ngân sách;Công chức;", "3;Lê Thị Na;Kế toán;;Công chức;",
    )  # fmt: skip
    said = capsys.readouterr().out
    assert "list.csv:5: check: Lê Thị Na: the row names no unit, as others above it do" in said
    assert 1 == said.count("names no unit, as others")


def test_a_sheet_of_another_unit_than_the_letterhead_is_to_check(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The name of a sheet that was copied may be that of another list."""
    path = root.parent / "list.xlsx"
    rows = [("SỞ NỘI VỤ",), HEADER.split(";"), (1, "Lê Thị Bưởi", "Giám đốc", "CC")]
    path.write_bytes(workbook({"Sở Y tế": rows}))
    assert 0 == imported(root, path)
    assert 'check: units outside "SỞ NỘI VỤ", which stands above' in capsys.readouterr().out
