"""`hopthu unit import`: the units that a personnel list names."""

import subprocess
from pathlib import Path

import pytest
import yaml
from adopted_lists import ADOPTION

from benchmarks.workbook import workbook
from hopthu.cli import main
from hopthu.editing import listed_names
from hopthu.editing.listed_names import initials, spelled

pytestmark = pytest.mark.slow

LETTERHEAD = [("UBND TỈNH NGHỆ AN", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), ("SỞ NỘI VỤ",)]
HEADER = ("STT", "Họ và tên", "Chức vụ", "Đơn vị/Phòng", "Ghi chú")
SHEETS = {
    "SNV": [
        *LETTERHEAD,
        ("DANH SÁCH CÁN BỘ, CÔNG CHỨC, VIÊN CHỨC SỞ NỘI VỤ",),
        HEADER,
        (1, "Lê Thị Bưởi", "Giám đốc", None, None),
        (2, "Lê Thị Cam", "Trưởng phòng", "Phòng Cải cách hành chính", None),
        (3, "Lê Thị Mận", "Chánh Thanh tra", "Thanh tra Sở", None),
        (4, "Lê Thị Na", "Kế toán", "Kế toán", None),
    ],
    "Sở Tài chính ": [
        *LETTERHEAD,
        HEADER,
        ("I", "PHÒNG QUẢN LÝ GIÁ VÀ CÔNG SẢN"),
        (1, "Hà Văn Giám", "Trưởng phòng", None, None),
        ("II", "VĂN PHÒNG"),
        (2, "Hà Văn Sáu", "Văn thư", None, None),
    ],
    "Các sở": [
        *LETTERHEAD,
        HEADER,
        ("A", "SỞ GIÁO DỤC VÀ ĐÀO TẠO"),
        (1, "Hà Văn Bảy", "Giám đốc", None, None),
        (2, "Hà Văn Tám", "Giám đốc", "Trung tâm Giáo dục thường xuyên", None),
        (3, "Hà Văn Chín", "Chuyên viên", "Văn phòng", None),
    ],
    "Cấp xã": [
        *LETTERHEAD,
        ("DANH SÁCH CÁN BỘ CẤP XÃ NĂM 2026",),
        HEADER,
        (1, "Hà Thị Một", "Chủ tịch UBND", "UBND xã Yên Thành", None),
        (2, "Hà Thị Hai", "Chủ tịch UBND", "PHƯỜNG TRƯỜNG VINH", None),
    ],
}
EXPECTED = {
    "so-noi-vu": ("Sở Nội vụ", "department", "ubnd-tinh", "SNV", "snv"),
    "so-tai-chinh": ("Sở Tài chính", "department", "ubnd-tinh", "STC", "stc"),
    "so-giao-duc-va-dao-tao": (
        "Sở Giáo dục và Đào tạo", "department", "ubnd-tinh", "SGDĐT", "sgddt",
    ),
    "xa-yen-thanh": ("Xã Yên Thành", "commune", "ubnd-tinh", None, "xa.yenthanh"),
    "phuong-truong-vinh": (
        "Phường Trường Vinh", "ward", "ubnd-tinh", None, "phuong.truongvinh",
    ),
    "phong-cai-cach-hanh-chinh-so-noi-vu": (
        "Phòng Cải cách hành chính", "division", "so-noi-vu", None, None,
    ),
    "thanh-tra-so-so-noi-vu": ("Thanh tra Sở", "division", "so-noi-vu", None, None),
    "phong-quan-ly-gia-va-cong-san-so-tai-chinh": (
        "Phòng Quản lý giá và Công sản", "division", "so-tai-chinh", None, None,
    ),
    "van-phong-so-tai-chinh": ("Văn phòng", "division", "so-tai-chinh", None, None),
    "van-phong-so-giao-duc-va-dao-tao": (
        "Văn phòng", "division", "so-giao-duc-va-dao-tao", None, None,
    ),
    "trung-tam-giao-duc-thuong-xuyen": (
        "Trung tâm Giáo dục thường xuyên", "centre", "so-giao-duc-va-dao-tao", None, None,
    ),
}  # fmt: skip


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a new repository without anybody in it, and with a list beside it."""
    path = tmp_path / "list.xlsx"
    path.write_bytes(workbook(SHEETS))
    folder = tmp_path / "mail"
    options = ["--empty", "--domain", "nghean.gov.vn", "--province", "tỉnh Nghệ An"]
    assert 0 == (main(["init", str(folder), *options]) or 0)
    monkeypatch.chdir(folder)
    return folder


def units(root: Path) -> dict[str, tuple[str | None, ...]]:
    """Return what is written of each unit that `init` did not write."""
    read = yaml.safe_load((root / "data/units.yaml").read_text(encoding="utf-8"))
    fields = ("name", "kind", "parent", "short")
    return {
        each["id"]: (*(each.get(field) for field in fields), each.get("mailbox", {}).get("address"))
        for each in read
        if each["id"] not in ("ubnd-tinh", "van-phong-ubnd-tinh")
    }


def run(*more: str) -> int:
    return main(["unit", "import", "../list.xlsx", "--lang", "en", *more]) or 0


def test_units_come_below_the_one_around_them(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With ids, and addresses for the kinds that take part; a second time adds nothing."""
    assert 0 == run("--yes")
    said = capsys.readouterr()
    assert EXPECTED == units(root)
    assert 'no unit can be made of: "Kế toán"; correct the list, or add them' in said.err
    assert "short names they are made of: so-noi-vu, " in said.err
    assert "unit-has-head" not in said.out
    written = (root / "data/units.yaml").read_bytes()
    assert 0 == run("--yes")
    assert written == (root / "data/units.yaml").read_bytes()
    assert 0 == (main(["check"]) or 0)


def test_a_dry_run_writes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints a diff, which git takes."""
    before = (root / "data/units.yaml").read_bytes()
    assert 0 == run("--dry-run")
    assert before == (root / "data/units.yaml").read_bytes()
    diff = capsys.readouterr().out
    subprocess.run(["git", "apply"], cwd=root, input=diff, text=True, check=True)
    assert EXPECTED == units(root)


def test_once_documents_are_on_record_units_rest_on_them(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Then it is refused, and nothing is written."""
    (root / "data/documents.yaml").write_text(ADOPTION, encoding="utf-8")
    for arguments in (["add", "--all"], ["commit", "--quiet", "--message", "Begin"]):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    before = (root / "data/units.yaml").read_bytes()
    assert 2 == run("--yes")
    assert "[fact-basis" in capsys.readouterr().out
    assert before == (root / "data/units.yaml").read_bytes()


def test_a_list_without_units_names_none(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sheet may have any name, and a title any text."""
    sheet = [("DANH SÁCH CÁN BỘ CÁC SỞ, XÃ",), HEADER, (1, "Lê Thị Bưởi", "Giám đốc", None, None)]
    (root.parent / "list.xlsx").write_bytes(workbook({"Sheet1": sheet}))
    before = (root / "data/units.yaml").read_bytes()
    assert 0 == run("--yes")
    assert before == (root / "data/units.yaml").read_bytes()


def test_a_cell_may_have_the_whole_path(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each part is added below the one behind it."""
    path = "Phòng Thanh tra - Pháp chế, Chi cục Kiểm lâm, Sở Nông nghiệp và Môi trường"
    cells = (path, "Văn phòng HĐND và UBND xã Thọ Xuân", "Trường THPT Lam Kinh thuộc Sở Y tế")
    names = ("Lê Thị Bưởi", "Lê Thị Cam", "Lê Thị Na")
    rows = [(1, name, "Chuyên viên", cell) for name, cell in zip(names, cells, strict=True)]
    (root.parent / "list.xlsx").write_bytes(workbook({"Sheet1": [HEADER, *rows]}))
    assert 0 == run("--yes")
    assert "write out what is abbreviated" not in capsys.readouterr().err
    assert {
        "so-nong-nghiep-va-moi-truong": "ubnd-tinh",
        "chi-cuc-kiem-lam": "so-nong-nghiep-va-moi-truong",
        "phong-thanh-tra-phap-che-chi-cuc-kiem-lam": "chi-cuc-kiem-lam",
        "xa-tho-xuan": "ubnd-tinh",
        "van-phong-hdnd-va-ubnd-xa-tho-xuan": "xa-tho-xuan",
        "so-y-te": "ubnd-tinh",
        "truong-thpt-lam-kinh": "so-y-te",
    } == {unit: parent for unit, (_, _, parent, *_) in units(root).items()}


def test_a_name_that_does_not_name_what_was_made_of_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends, whatever a name is spelled like; what nobody is in is not written."""
    monkeypatch.setattr(listed_names, "spelled", lambda _written, kind: f"Sở của {kind}")
    assert 0 == run("--yes")
    assert {} == units(root)


def listed(root: Path, *lines: str) -> int:
    """Run the command on a list of these lines; the header is named before them."""
    path = root.parent / "list.csv"
    path.write_text("\n".join(("STT;Họ và tên;Chức vụ;Đơn vị", *lines)), encoding="utf-8")
    return main(["unit", "import", str(path), "--lang", "en", "--yes"]) or 0


@pytest.mark.parametrize(
    "name",
    [
        "Văn phòng Ủy ban nhân dân tỉnh Nghệ An", "Văn phòng UBND tỉnh", "Thanh tra tỉnh",
        "Ban Tổ chức Tỉnh ủy", "Đội Công an tỉnh", "Phòng Cảnh sát kinh tế Công an tỉnh",
        "Phòng Ngân sách - Sở Tài chính", "Văn phòng Sở Tài chính", "Phòng Ngân sách (cũ)",
        "Phòng \u202eNgân sách", "Phòng Ngân sách: #1",
    ],
)  # fmt: skip
def test_what_may_be_of_another_authority_is_for_a_person(
    name: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no part of the unit around it."""
    assert 0 == listed(
        root, "A;Sở Tài chính;;", "1;Lê Thị Na;Giám đốc;", "E;Sở Y tế;;",
        "1;Lê Thị Cam;Chuyên viên;Phòng Dược", f"2;Lê Thị Mận;Chuyên viên;{name}",
    )  # fmt: skip
    assert {"so-tai-chinh", "so-y-te", "phong-duoc-so-y-te"} == units(root).keys()
    assert "no unit can be made of: " in capsys.readouterr().err


def test_a_slip_of_the_pen_is_no_second_unit(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor is one with another mark; two that share a short name are named."""
    assert 0 == listed(
        root, "A;Sở Nội vụ;;", "1;Lê Thị Na;CV;", "B;Sở Ngoại vụ;;", "1;Lê Thị Cam;CV;",
        "C;Xã Thọ Xuân;;", "1;Lê Thị Mận;CV;", "D;Xã Tho Xuân;;", "1;Lê Thị Bưởi;CV;",
    )  # fmt: skip
    assert {"so-noi-vu", "so-ngoai-vu", "xa-tho-xuan"} == units(root).keys()
    said = capsys.readouterr().err
    assert 'no unit can be made of: "Xã Tho Xuân";' in said
    assert "another unit has the short name of: so-ngoai-vu;" in said


def test_a_ward_with_a_number_shares_no_short_name(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == listed(root, "1;Lê Thị Na;Chủ tịch;Phường Ba Đình 1", "2;Lê Thị Cam;CV;Sở Y tế")
    assert {"phuong-ba-dinh-1", "so-y-te"} == units(root).keys()
    said = capsys.readouterr().err
    assert "phuong-ba-dinh-1" in said
    assert "another unit has the short name" not in said


def test_parts_of_a_commune(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Party, council, front; its committee is the commune itself, and groups are passed over."""
    assert 0 == listed(
        root, "I;XÃ THỌ XUÂN;;", "1.1;ĐẢNG ỦY;;", "1;Lê Thị Na;Bí thư;",
        "1.2;UBND;;", "2;Lê Thị Cam;Chủ tịch;", "1.3;CÁC CƠ QUAN CHUYÊN MÔN;;",
        "a;VĂN PHÒNG HĐND VÀ UBND;;", "3;Lê Thị Mận;Chánh Văn phòng;",
        "1.4;ỦY BAN MẶT TRẬN TỔ QUỐC;;", "4;Lê Thị Bưởi;Chủ tịch;",
    )  # fmt: skip
    assert {
        "Xã Thọ Xuân": "commune",
        "Đảng ủy": "party",
        "Văn phòng HĐND và UBND": "division",
        "Ủy ban mặt trận tổ quốc": "mass_organisation",
    } == {name: kind for name, kind, *_ in units(root).values()}
    assert "spelling of names that the list has in capitals: " in capsys.readouterr().err


def test_headings_without_marks_are_beside_each_other(root: Path) -> None:
    """Whether they go on behind the word for their kind or not."""
    assert 0 == listed(
        root, "I;SỞ XÂY DỰNG;;", ";VĂN PHÒNG;;", "1;Lê Thị Na;Chánh Văn phòng;",
        ";CHI CỤC GIÁM ĐỊNH;;", "2;Lê Thị Cam;Chi cục trưởng;", ";THANH TRA;;",
        "3;Lê Thị Mận;Chánh Thanh tra;", ";PHÒNG KẾ HOẠCH;;", "4;Lê Thị Bưởi;Trưởng phòng;",
    )  # fmt: skip
    found = {name: parent for name, _, parent, *_ in units(root).values()}
    assert {"Sở Xây dựng": "ubnd-tinh"} == {k: v for k, v in found.items() if v != "so-xay-dung"}
    assert {"Văn phòng", "Chi cục Giám định", "Thanh tra", "Phòng Kế hoạch"} < found.keys()


def test_a_part_of_a_part_is_another(root: Path) -> None:
    """The department has a room of its own, whatever its branch has."""
    assert 0 == listed(
        root, "A;SỞ XÂY DỰNG;;", "I;VĂN PHÒNG;;", "1;Lê Thị Na;Chánh Văn phòng;",
        "II;CHI CỤC GIÁM ĐỊNH;;", "2;Lê Thị Cam;Chi cục trưởng;", "II.1;Văn phòng;;",
        "3;Lê Thị Mận;Chánh Văn phòng;",
    )  # fmt: skip
    rooms = {parent for name, _, parent, *_ in units(root).values() if name == "Văn phòng"}
    assert {"so-xay-dung", "chi-cuc-giam-dinh"} == rooms


def test_a_folder_of_units_gets_them_beside_those_above(root: Path) -> None:
    """In the file of the nearest unit that is there."""
    folder = root / "data/units"
    folder.mkdir()
    (root / "data/units.yaml").rename(folder / "cap-tinh.yaml")
    assert 0 == listed(root, "A;Sở Y tế;;", "1;Lê Thị Cam;Trưởng phòng;Phòng Tài chính")
    written = (folder / "cap-tinh.yaml").read_text(encoding="utf-8")
    assert "- id: phong-tai-chinh-so-y-te\n  name: Phòng Tài chính\n  kind: division\n" in written
    assert ["cap-tinh.yaml"] == [path.name for path in folder.iterdir()]


def test_a_letterhead_of_others_makes_no_unit(root: Path) -> None:
    """Of whoever made the list, none of whom is on it."""
    path = root.parent / "list.csv"
    lines = ("SỞ NỘI VỤ;;;", "STT;Họ và tên;Chức vụ;Đơn vị", "I;SỞ Y TẾ;;", "1;Lê Na;CV;")
    path.write_text("\n".join(lines), encoding="utf-8")
    assert 0 == (main(["unit", "import", str(path), "--lang", "en", "--yes"]) or 0)
    assert {"so-y-te"} == units(root).keys()


@pytest.mark.parametrize(
    ("written", "kind", "expected"),
    [
        ("SỞ GIÁO DỤC VÀ ĐÀO TẠO", "department", "Sở Giáo dục và Đào tạo"),
        ("PHÒNG TÀI CHÍNH - KẾ HOẠCH", "division", "Phòng Tài chính - Kế hoạch"),
        ("XÃ THỌ XUÂN", "commune", "Xã Thọ Xuân"),
        ("ỦY BAN NHÂN DÂN XÃ THỌ XUÂN", "commune", "Xã Thọ Xuân"),
        ("UBND phường Hạc Thành", "ward", "Phường Hạc Thành"),
        ("Phòng CCHC", "division", "Phòng CCHC"),
        ("VĂN PHÒNG HĐND VÀ UBND", "division", "Văn phòng HĐND và UBND"),
    ],
)
def test_names_are_spelled_as_in_a_sentence(written: str, kind: str, expected: str) -> None:
    assert expected == spelled(written, kind)


@pytest.mark.parametrize(
    ("name", "short"),
    [("Sở Nông nghiệp và Môi trường", "SNNMT"), ("Sở Văn hóa, Thể thao và Du lịch", "SVHTTDL")],
)
def test_short_names_are_initials(name: str, short: str) -> None:
    """As in the symbols of their documents."""
    assert short == initials(name)
