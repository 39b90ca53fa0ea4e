"""`hopthu reconcile`: how a list and the data differ, and the edits that were ticked."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from hopthu.cli import main
from hopthu.model.address_naming import stem
from hopthu.personnel import labels
from review_workbooks import ON, a_list, put, repository, rows

pytestmark = pytest.mark.slow

HEADER = ("STT", "Họ và tên", "Chức vụ", "Loại", "Ghi chú")
UNIT = "xa-tho-xuan"
PEOPLE = (
    ("le-thi-mot", "Lê Thị Một", UNIT, "Chuyên viên"),
    ("le-thi-hai", "Lê Thị Hai", UNIT, "Chuyên viên"),
    ("le-thi-ba", "Lê Thị Ba", UNIT, "Chuyên viên"),
    ("le-thi-bon", "Lê Thị Bốn", "so-y-te", "Chuyên viên"),
)
LIST = (
    HEADER,
    ("I", "XÃ THỌ XUÂN"),
    (1, "Lê Thị Một", "Kế toán", "CC"),
    (2, "Lê Thị Hải", "Chuyên viên", "CC"),
    (3, "Lê Thị Bốn", "Chuyên viên", "CC"),
    (4, "Lê Thị Năm", "Chuyên viên", "CC"),
)
ADOPTED = "qd-99-vpubnd-2026"
DOCUMENTS = """\
- {id: qd-900-xa-tho-xuan-2026, kind: decision, number: 900/QĐ-UBND, issuer: xa-tho-xuan, date: 2026-11-20}
- {id: cv-901-xa-tho-xuan-2026, kind: request, number: 901/UBND-VP, issuer: xa-tho-xuan, date: 2026-11-20}
"""  # noqa: E501
PAPERS = {
    "Từ ngày": date(2026, 12, 1),
    "Quyết định": "qd-900-xa-tho-xuan-2026",
    "Văn bản đề nghị": "cv-901-xa-tho-xuan-2026",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the shipped data with four people on the document that adopts a list."""
    made = repository(tmp_path)
    with (made / "data/people.yaml").open("a", encoding="utf-8") as file:
        for key, name, unit, title in PEOPLE:
            post = (
                f"{{unit: {unit}, title: {title}, from: 2026-10-01, decision: {ADOPTED}, "
                f"request: {ADOPTED}}}"
            )
            file.write(f"- {{id: {key}, name: {name}, category: civil_servant, "
                       f"mailbox: {{address: {stem(name)}}}, posts: [{post}]}}\n")  # fmt: skip
    with (made / "data/documents.yaml").open("a", encoding="utf-8") as file:
        file.write(DOCUMENTS)
    assert 0 == main(["format", "--root", str(made)])
    return made


def reconciled(root: Path, path: Path, *more: str) -> int:
    """Run the command; return its exit code."""
    return main(["reconcile", str(path), "--root", str(root), *ON, *more]) or 0


def differences(root: Path, path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Return the kind of each difference, by the name of the person."""
    capsys.readouterr()
    reconciled(root, path, "--format", "json")
    found = json.loads(capsys.readouterr().out)["differences"]
    return {each["name"]: each["kind"] for each in found}


def test_a_list_and_the_data_differ_in_five_ways(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the units that the list has people of, and of those alone."""
    path = a_list(tmp_path / "list.xlsx", *LIST)
    found = differences(root, path, capsys)
    assert {
        "Lê Thị Một": "titled", "Lê Thị Hải": "renamed", "Lê Thị Bốn": "new",
        "Lê Thị Năm": "new", "Lê Thị Ba": "gone",
    } == {name: kind for name, kind in found.items() if name.startswith("Lê Thị")}  # fmt: skip
    assert 5 == reconciled(root, path)
    said = capsys.readouterr().out
    assert "DS:4: Lê Thị Hải (le-thi-hai): is written otherwise: Lê Thị Hai → Xã Thọ Xuân\n" in said


def test_somebody_of_another_unit_of_the_list_has_moved(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """If the list has nobody of the name there, and only one of the name here."""
    header = (*HEADER[:4], "Đơn vị")
    rows_ = ((1, "Lê Thị Bốn", "Chuyên viên", "CC", "Xã Thọ Xuân"),
             (2, "Hà Thị Lạ", "Chuyên viên", "CC", "Sở Y tế"))  # fmt: skip
    path = a_list(tmp_path / "list.xlsx", header, *rows_)
    assert "moved" == differences(root, path, capsys)["Lê Thị Bốn"]


def test_who_is_left_out_by_decision_is_gone(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a remark on a retirement is."""
    path = a_list(tmp_path / "list.xlsx", *LIST[:2],
                  (1, "Lê Thị Ba", "Chuyên viên", "CC", "Nghỉ hưu"))  # fmt: skip
    assert "Lê Thị Ba" not in differences(root, path, capsys)
    made = tmp_path / "review.xlsx"
    reconciled(root, path, "--review", str(made))
    put(made, "Cần quyết định", {"Danh sách ghi": "Nghỉ hưu"}, "Quyết định", labels.LEFT)
    reconciled(root, path, "--review", str(made))
    gone = [row for row in rows(made, "Khác nhau") if row["Khác nhau"] == labels.CHANGES["gone"]]
    assert "Lê Thị Ba" in [row["Họ và tên"] for row in gone]


def ticked(root: Path, tmp_path: Path, kind: str, name: str, **more: str) -> Path:
    """Return a workbook of the differences, with one of them ticked."""
    path, made = a_list(tmp_path / "list.xlsx", *LIST), tmp_path / "review.xlsx"
    reconciled(root, path, "--review", str(made))
    row = {"Họ và tên": name, "Khác nhau": labels.CHANGES[kind]}
    for header, value in {**PAPERS, **more, "Ghi vào dữ liệu": labels.TICK}.items():
        put(made, "Khác nhau", row, header, value)
    return made


def person(root: Path, key: str) -> dict[str, Any]:
    """Return the record of somebody."""
    found = yaml.safe_load((root / "data/people.yaml").read_text(encoding="utf-8"))
    return next(each for each in found if each["id"] == key)


@pytest.mark.parametrize(
    ("kind", "name", "key", "field", "expected"),
    [
        ("titled", "Lê Thị Một", "le-thi-mot", "posts", {"unit": UNIT, "title": "Kế toán"}),
        ("renamed", "Lê Thị Hải", "le-thi-hai", "name", "Lê Thị Hải"),
        ("new", "Lê Thị Năm", "le-thi-nam", "posts", {"unit": UNIT, "title": "Chuyên viên"}),
        ("gone", "Lê Thị Ba", "le-thi-ba", "left", {"how": "retired"}),
    ],
)
def test_a_ticked_difference_is_written(
    kind: str, name: str, key: str, field: str, expected: object, root: Path, tmp_path: Path
) -> None:
    """With its day and its papers, as the edit commands write it."""
    more = {"Hình thức (nếu không còn)": labels.ENDING["retired"]} if kind == "gone" else {}
    made = ticked(root, tmp_path, kind, name, **more)
    assert 0 == reconciled(root, made)
    found = person(root, key)[field]
    if isinstance(found, list):
        found = found[-1]
    if isinstance(expected, dict):
        assert found == {**found, **expected}
        assert date(2026, 12, 1) in found.values()
        assert PAPERS["Quyết định"] == found["decision"]
    else:
        assert expected == found
        assert "name" in person(root, key)["changes"][0]["facts"]


def test_a_difference_is_about_the_person_of_its_row(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither another name nor another id is taken."""
    before = (root / "data/people.yaml").read_bytes()
    for header, value, said in (("Họ và tên", "Lê Thị Hai", "may not be changed"),
                                ("Mã người", "le-thi-hai", "may not be changed"),
                                ("Khác nhau", "x", "may not be changed")):  # fmt: skip
        made = ticked(root, tmp_path, "titled", "Lê Thị Một")
        put(made, "Khác nhau", {"Mã người": "le-thi-mot"}, header, value)
        assert 2 == reconciled(root, made)
        assert said in capsys.readouterr().err
        made.unlink()
    assert before == (root / "data/people.yaml").read_bytes()


def test_a_difference_from_data_that_moved_on_is_refused(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever has another name by now may be another person."""
    made = ticked(root, tmp_path, "titled", "Lê Thị Một")
    people = root / "data/people.yaml"
    moved = people.read_text(encoding="utf-8").replace("Lê Thị Một", "Lê Thị Mười")
    people.write_text(moved, encoding="utf-8")
    assert 2 == reconciled(root, made)
    assert "Khác nhau!F2: le-thi-mot is another person in the data" in capsys.readouterr().err
    assert moved == people.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("header", "value", "said"),
    [
        ("Từ ngày", "", "Khác nhau!L2: this cell may not be blank"),
        ("Quyết định", "qd-1-x-2026", "Khác nhau!C2: there is no document"),
        ("Mã đơn vị", "so-la", 'Khác nhau!I2: it was "xa-tho-xuan", and may not be changed'),
    ],
)
def test_a_difference_that_cannot_be_written_is_refused_by_cell(
    header: str, value: str, said: str, root: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """And nothing is."""
    made = ticked(root, tmp_path, "titled", "Lê Thị Một")
    put(made, "Khác nhau", {"Họ và tên": "Lê Thị Một"}, header, value)
    before = (root / "data/people.yaml").read_bytes()
    assert 2 == reconciled(root, made)
    assert said in capsys.readouterr().err
    assert before == (root / "data/people.yaml").read_bytes()


def test_a_difference_that_was_filled_in_is_ticked(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ticks that were sorted alone stand in other rows than days and papers."""
    made = ticked(root, tmp_path, "titled", "Lê Thị Một")
    put(made, "Khác nhau", {"Ghi vào dữ liệu": "x"}, "Ghi vào dữ liệu", None)
    put(made, "Khác nhau", {"Họ và tên": "Lê Thị Ba"}, "Ghi vào dữ liệu", "x")
    assert 2 == reconciled(root, made)
    said = capsys.readouterr().err
    assert "Khác nhau!O2: this cell may not be blank" in said
    assert "Khác nhau!L7: this cell may not be blank" in said
