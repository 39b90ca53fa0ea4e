"""What remarks of a list lead to, understood or not."""

import re
from pathlib import Path

import pytest
from adopted_lists import repository, run


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the shipped data, with an adoption."""
    return repository(tmp_path)


def test_remarks_that_are_not_understood_are_shown_once(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first of them with their rows, then how many there are; harmless ones are none."""
    names = ("An", "Bảo", "Châu", "Dũng", "Giang", "Hà", "Hải", "Hiếu", "Hoa", "Huy", "Lan", "Mai")
    odd = [
        f"{n};Lê Hồng {given};Chuyên viên;Sở Nội vụ;CC;Miễn nhiệm đợt {n}"
        for n, given in enumerate(names)
    ]
    rows = (
        *odd,
        "20;Trần Thị Mơ;Chuyên viên;Sở Nội vụ;CC;Đảng viên",
        "21;Trần Thị Mận;Chuyên viên;Sở Nội vụ;CC;0912 345 678",
        "22;Trần Thị Na;Chuyên viên;Sở Nội vụ;CC;Biệt phái sang Sở Tài chính",
        "24;Trần Thị Bí;Chuyên viên;Sở Nội vụ;CC;Kiêm Văn thư",
        "23;Trần Thị Lê;Chuyên viên;Sở Nội vụ;CC;Nghỉ thai sản",
    )
    assert 0 == run(root, *rows)
    said = capsys.readouterr().out
    what = 'remarks that are not understood, by row: 2 "Miễn nhiệm đợt 0", 3 '
    assert f"list.csv:2: check: {what}" in said
    assert 'đợt 9", … (12)' in said
    assert "Đảng viên" not in said
    assert "0912" not in said
    assert 'taken to be in service, with the remark "Biệt phái sang Sở Tài chính"' in said
    assert 'remarks on further posts, by row: 17 "Kiêm Văn thư"' in said
    assert "left out: 0, to check: 3" in said


def test_who_is_left_out_is_not_also_said_to_be_in_service(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the reason is; nor is their remark one to look at."""
    rows = (
        "1;Trần Thị Mơ;Chuyên viên;Sở Nội vụ;CC;Nghỉ hưu từ 01/03/2027",
        "2;Trần Thị Mơ;Chuyên viên;Sở Nội vụ;CC;Nghỉ hưu từ 01/04/2027",
        "3;Trần Thị Mận;Chuyên viên;Sở Y tê;CC;Nghỉ hưu từ 01/05/2027",
        "4;Trần Thị Na;Chuyên viên;Sở Y tê;CC;Miễn nhiệm",
    )
    assert 5 == run(root, *rows)
    said = capsys.readouterr().out
    assert 'in service, with the remark "Nghỉ hưu từ 01/03/2027"' in said
    assert "01/04/2027" not in said
    assert "01/05/2027" not in said
    assert "not understood" not in said
    assert "left out: 3, to check: 1" in said


def test_a_title_that_contradicts_the_category_given_for_all(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said once for all such rows; not where the list itself names the category."""
    rows = (
        "1;Trần Thị Mơ;Bí thư Đảng ủy;Xã Đồng Tiến;;",
        "2;Trần Thị Mận;Chủ tịch HĐND;Xã Đồng Tiến;;",
        "3;Trần Thị Na;Viên chức;Xã Đồng Tiến;;",
        "4;Trần Thị Lê;Viên chức;Xã Đồng Tiến;CC;",
        "5;Trần Thị Táo;Chuyên viên;Xã Đồng Tiến;;",
        "6;Trần Thị Ổi;Công chức Tư pháp;Xã Đồng Tiến;;",
        "7;Trần Thị Bí;Viên chức;Xã Đồng Tiến;;Nghỉ hưu",
    )
    assert 5 == run(root, *rows, more=("--category", "civil_servant"))
    said = capsys.readouterr().out
    of_cadres = "the title is of the category cadre, --category says civil servant"
    assert re.search(f"list.csv: rows 2, 3: check: .+, .+: {of_cadres}", said)
    of_employees = "the title is of the category public employee, --category says civil servant"
    assert f"list.csv:4: check: Trần Thị Na: {of_employees}" in said
    assert "left out: 1, to check: 3" in said
    assert 5 == run(root, *rows, more=("--category", "civil_servant"))
    assert "--category says" not in capsys.readouterr().out
