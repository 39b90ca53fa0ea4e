"""`hopthu import`: a list of three hundred people as provinces have it, brought into the data."""

import csv
import io
import json
import os
import signal
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from random import Random

import pytest
from adopted_lists import BASIS, repository, without_heads
from adopted_lists import imported as run
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.names import draw
from benchmarks.workbook import Formula, Value, workbook
from hopthu.cli import main, writing
from hopthu.cli.writing import replace_files
from hopthu.errors import HopthuError
from hopthu.load import load, read_chunk
from hopthu.personnel.findings import Place, as_csv, as_text, in_order, left_out
from hopthu.personnel.proposal import Proposal
from hopthu.personnel.record_text import record_text
from hopthu.personnel.unit_names import UnitNames
from hopthu.personnel.whereabouts import Texts, Whereabouts
from hopthu.rules.context import RuleContext
from hopthu.source.chunks import split
from hopthu.source.formatter import inserted, layouts
from hopthu.source.scalar import scalar
from hopthu.validate import policy_of, validate

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ON = date(2026, 11, 25)
HEADER = ("STT", "Họ và tên", "Ngày sinh", "Chức vụ", "Đơn vị", "Phân loại", "Ngày bổ nhiệm",
          "Số quyết định", "Ghi chú")  # fmt: skip
UNITS = ("Sở Nội vụ", "SỞ Y TẾ", "STC", "Phòng Ngân sách", "UBND xã Đồng Tiến")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with the shipped data and an adoption."""
    return repository(tmp_path)


def people(number: int) -> list[tuple[Value | Formula, ...]]:
    """Return rows of people: in five sections, with dates in every form."""
    rows: list[tuple[Value | Formula, ...]] = []
    names = list(dict.fromkeys(draw(Random(7), number * 2, 0.5)))[:number]  # noqa: S311
    each = number // len(UNITS)
    forms: Sequence[Value] = (date(2026, 3, 15), "16/03/2026", "2026-03-17", 46099, None)
    for place, unit in enumerate(UNITS):
        rows.append((f"{'I' * (place + 1)}.", unit) if place < 3 else (None, unit))
        for n, name in enumerate(names[place * each : (place + 1) * each], start=1):
            category = ("Công chức", "VC", "Cán bộ")[n % 3]
            title = "Phó Trưởng phòng, Kế toán" if n % 7 == 0 else "Chuyên viên"
            when = forms[n % len(forms)]
            written = name.upper() if n == 1 else name
            rows.append((n, written, "01/01/1980", title, None, category, when, "12/QĐ-SNV"))
    return rows


def usual(rows: Sequence[Sequence[Value | Formula]], path: Path) -> Path:
    """Write a workbook of the usual form: titles merged above, a header, sections."""
    above: list[tuple[Value | Formula, ...]] = [
        ("UBND TỈNH THANH HÓA",), ("DANH SÁCH CÁN BỘ, CÔNG CHỨC, VIÊN CHỨC",), (), HEADER,
    ]  # fmt: skip
    path.write_bytes(workbook({"Danh sách": [*above, *rows]}, {"Danh sách": ["A2:I2"]}))
    return path


def state(root: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted((root / "data").rglob("*")) if p.is_file()}


def test_three_hundred_people_of_the_usual_form(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of them are in the data, which `check` accepts; a second import changes nothing."""
    path = usual(people(300), tmp_path / "list.xlsx")
    before = load(root)
    assert 0 == run(root, path)
    assert "added: 300, there already: 0; left out: 0, to check: 11" in capsys.readouterr().out
    after = load(root)
    assert [] == validate(after, ON)
    new = {r.id: r.data for r in after.people} | {r.id: {} for r in before.people}
    assert 300 == len([data for data in new.values() if data])
    assert {BASIS} == {p["decision"] for d in new.values() if d for p in d["posts"]}  # type: ignore[index,union-attr,call-overload]
    units = Counter(p["unit"] for d in new.values() if d for p in d["posts"])  # type: ignore[index,union-attr,call-overload]
    assert {60} == set(units.values())
    expected = {
        "so-noi-vu",
        "so-y-te",
        "so-tai-chinh",
        "xa-dong-tien",
        "phong-ngan-sach-so-tai-chinh",
    }
    assert expected == set(units)
    kept = {r.id: r.data for r in after.people}
    assert all(kept[r.id] == r.data for r in before.people)
    written = state(root)
    assert 0 == run(root, path)
    assert "added: 0, there already: 300; left out: 0" in capsys.readouterr().out
    assert written == state(root)
    assert 0 == main(["format", "--check", "--root", str(root)])


def test_what_is_proposed_of_a_row(root: Path, tmp_path: Path) -> None:
    """The id, the address the profile gives, the unit, the title and the first day."""
    rows = [
        (1, "Lê Văn Bảy", None, "Chuyên viên", "Sở Y tế tỉnh Thanh Hóa", "CC", "15/03/2020"),
        (2, "Lê Văn Bảy", None, "Phó phòng, Kế toán", "xã Đồng Tiến", "CC"),
    ]
    before = {record.id for record in load(root).people}
    assert 0 == run(root, usual(rows, tmp_path / "list.xlsx"))
    new = [r.data for r in load(root).people if r.id not in before]
    basis = {"decision": BASIS, "request": BASIS}
    first = {"unit": "so-y-te", "title": "Chuyên viên", "from": "2020-03-15", **basis}
    then = {"unit": "xa-dong-tien", "title": "Phó phòng, Kế toán", "from": "2026-10-01", **basis}
    assert [
        ("le-van-bay-2", "baylv2", [first]),
        ("le-van-bay-3", "baylv3", [then]),
    ] == [(data["id"], data["mailbox"]["address"], data["posts"]) for data in new]  # type: ignore[index,call-overload]
    assert {("Lê Văn Bảy", "civil_servant")} == {(d["name"], d["category"]) for d in new}


def test_a_dry_run_writes_nothing_but_the_report(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It shows who would be added."""
    rows = [(1, "Lê Thị Bưởi", None, "Giám đốc", "Sở Ngoại vụ", "CC"), (2, "=1+1", None, "x")]
    before = state(root)
    report = tmp_path / "report.csv"
    path = usual(rows, tmp_path / "list.xlsx")
    assert 5 == run(root, path, "--dry-run", "--report", str(report))
    said = capsys.readouterr().out
    assert "+ le-thi-buoi <buoilt@thanhhoa.gov.vn> Lê Thị Bưởi: so-ngoai-vu, Giám đốc" in said
    assert "would be added: 1" in said
    assert before == state(root)
    rows_of = list(csv.reader(io.StringIO(report.read_text(encoding="utf-8-sig"))))
    assert ["sheet", "row", "state", "person", "what", "what to do"] == rows_of[0]
    assert ["5", "6"] == [row[1] for row in rows_of[1:]]
    assert "'=1+1" == rows_of[2][3]


@pytest.mark.parametrize(
    ("rows", "row", "said", "fix"),
    [
        ([(1, "Lê Thị Bưởi", None, "CV", "Sở Nội vu tỉnh", "CC")], 5,
         'the data has no unit "Sở Nội vu tỉnh"', 'write one of: "Sở Nội vụ"'),
        ([(1, "Lê Thị Bưởi", None, "CV", "Xã Đông Tiến", "CC")], 5,
         'the data has no unit "Xã Đông Tiến"', '"Xã Đồng Tiến", "Phường Đông Tiến"'),
        ([(1, "Lê Thị Bưởi", None, "CV", None, "CC")], 5, "nothing says in which unit", "add a"),
        ([(1, "Lê Thị Bưởi", None, "CV", "Sở Kế hoạch và Đầu tư", "CC")], 5,
         "so-ke-hoach-va-dau-tu ended on 2025-03-01", "its successors: so-tai-chinh"),
        ([("I.", "Sở Y tế"), (1, "Lê Thị Bưởi", None, "CV", "Sở Tài chính", "CC")], 6,
         '"Sở Tài chính" is not a unit of so-y-te', "name the unit that it belongs to"),
        ([("I.", "Sở Y tế"), (1, "Lê Thị Bưởi", None, "CV", "Phòng Q", "CC")], 6,
         'the data has no unit "Phòng Q"', "or clear the cell to enter them in so-y-te"),
        ([(1, "Lê Thị Bưởi", None, "CV", "Sở Y tế", "CC", "02/10/2026"),
          (2, "Lê Thị Cam", None, "CV", "Sở Y tế", "CC", "15/01/2026")], 5,
         "begins on 2026-10-02, after the adoption of 2026-10-01", "its own decision"),
        ([(1, "Lê Thị Bưởi", None, "CV", "Sở Y tế", "CC"),
          (2, "Lê Thị Bưởi", None, "PGĐ", "SYT", "CC")], 6,
         "row 5 has the same name in the same unit", "--namesakes"),
        ([(1, "Le Van Bay", None, "Chuyên viên", "Sở Nội vụ", "CC")], 5,
         'le-van-bay is there already, as "Lê Văn Bảy"', "correct the name"),
        ([(1, "Lê Thị Bưởi", None, "Chuyên viên # 2", "Sở Y tế", "CC")], 5, "has \"#\" (U+0023)",
         "type it again"),
    ],
    ids=["unknown", "other marks", "none", "ended", "elsewhere", "part", "later", "twice",
         "respelled", "refused"],
)  # fmt: skip
def test_what_cannot_be_told_is_left_out(
    rows: list[tuple[Value, ...]],
    row: int,
    said: str,
    fix: str,
    root: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With the row, the reason and what to do; the others are taken."""
    assert 5 == run(root, usual(rows, tmp_path / "list.xlsx"))
    printed = capsys.readouterr().out.splitlines()
    place = f"list.xlsx:Danh sách:{row}: left out: "
    (number,) = [n for n, line in enumerate(printed) if line.startswith(place)]
    assert said in printed[number]
    assert fix in printed[number + 1]
    assert not any(p.severity == "error" for p in validate(load(root), ON))


def test_somebody_of_a_name_on_record_may_be_the_same_person(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the list covers their unit and does not have them there; else it is a namesake."""
    moved = (1, "Lê Văn Bảy", None, "Chuyên viên", "Sở Y tế", "CC")
    path = usual([moved], tmp_path / "list.xlsx")
    other = (2, "Lê Thị Bưởi", None, "Chuyên viên", "Sở Nội vụ", "CC")
    both = usual([moved, other], tmp_path / "both.xlsx")
    assert 5 == run(root, both, "--dry-run")
    assert "le-van-bay has the same name and may be the same person" in capsys.readouterr().out
    assert 0 == run(root, both, "--dry-run", "--namesakes")
    assert "check: Lê Văn Bảy: le-van-bay has the same name" in capsys.readouterr().out
    assert 0 == run(root, path, "--dry-run")
    assert "would be added: 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    "there",
    [
        (2, "Lê Thị Bưởi", None, "Chuyên viên", "Sở Nội vụ", "Khác"),
        (2, "Lê Thị Bưởi", None, "Lái xe", "Sở Nội vụ", "HĐLĐ"),
        (2, "Lê Thị Bưởi", None, "Chuyên viên", "Sở Nội vụu", "CC"),
    ],
    ids=["no category", "contract", "unit misspelled"],
)
def test_rows_that_are_left_out_count_for_the_units_a_list_is_about(
    there: tuple[Value, ...], root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else somebody who moved would have a second mailbox, for want of a row that can be read."""
    moved = (1, "Lê Văn Bảy", None, "Chuyên viên", "Sở Y tế", "CC")
    path = usual([moved, there], tmp_path / "list.xlsx")
    assert 5 == run(root, path, "--dry-run")
    said = capsys.readouterr().out
    assert "le-van-bay has the same name and may be the same person" in said
    assert "would be added: 0" in said


def test_a_sheet_may_be_named_after_its_unit(root: Path, tmp_path: Path) -> None:
    """Where nothing else names one."""
    header = ("Họ và tên", "Chức vụ", "Loại")
    sheets = {
        "Sở Y tế": [header, ("Lê Thị Bưởi", "Chuyên viên", "CC")],
        "STC": [header, ("Lê Thị Cam", "Chuyên viên", "CC")],
        "Sheet3": [header, ("Lê Thị Mận", "Chuyên viên", "CC")],
    }
    path = tmp_path / "list.xlsx"
    path.write_bytes(workbook(sheets))
    assert 5 == run(root, path)
    units = {r.id: r.data["posts"][0]["unit"] for r in load(root).people}  # type: ignore[index,call-overload]
    assert ("so-y-te", "so-tai-chinh") == (units["le-thi-buoi"], units["le-thi-cam"])
    assert "le-thi-man" not in units


def test_namesakes_are_counted(root: Path, tmp_path: Path) -> None:
    """Two of one name in one unit are two, in the first import and in the second."""
    rows = [(n, "Lê Thị Bưởi", None, "Giáo viên", "Sở Y tế", "CC") for n in (1, 2)]
    path = usual(rows, tmp_path / "list.xlsx")
    assert 0 == run(root, path, "--namesakes")
    written = state(root)
    assert 2 == len([r for r in load(root).people if r.id.startswith("le-thi-buoi")])
    assert 0 == run(root, path)
    assert written == state(root)


def test_heads_are_for_a_person_to_confirm(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A title gives nobody the mailbox of a unit; the command is told, until it has been given."""
    units = root / "data/units.yaml"
    without_heads(root, "so-ngoai-vu")
    rows = [
        (1, "Lê Thị Bưởi", None, "Giám đốc Sở", "Sở Ngoại vụ", "CC"),
        (2, "Lê Thị Cam", None, "Phó Giám đốc", "Sở Ngoại vụ", "CC"),
        (3, "Lê Thị Mận", None, "Giám đốc", "Sở Y tế", "CC"),
    ]
    path = usual(rows, tmp_path / "list.xlsx")
    command = (
        "hopthu unit head so-ngoai-vu le-thi-buoi --from 2026-10-01 "
        f"--decision {BASIS} --request {BASIS}"
    )
    for _ in ("new", "there already"):
        assert 0 == run(root, path)
        said = capsys.readouterr().out
        assert 'head: Lê Thị Bưởi: "Giám đốc Sở": so-ngoai-vu has no head' in said
        assert f"if they head it, give --heads; or: {command}\n" in said
        assert 'head: Lê Thị Mận: "Giám đốc": so-y-te has nguyen-khac-trung as its head' in said
        assert 2 == said.count(": head: ")
    before = state(root)
    assert 0 == run(root, path, "--heads", "--dry-run")
    assert "+ so-ngoai-vu: le-thi-buoi\n" in capsys.readouterr().out
    assert before == state(root)
    given = ["--root", str(root), "--on", ON.isoformat(), "--yes"]
    assert 0 == (main([*command.split()[1:], *given]) or 0)
    by_command = state(root)
    units.write_bytes(before["units.yaml"])
    capsys.readouterr()
    assert 0 == run(root, path, "--heads")
    said = capsys.readouterr().out
    assert by_command == state(root)
    assert 1 == said.count(": head: ")
    assert "heads to confirm: 1\n" in said
    assert 0 == run(root, path, "--heads")
    assert by_command == state(root)


def test_of_several_with_such_a_title_none_is_entered(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor where `check` would refuse it: then nobody at all is."""
    units = root / "data/units.yaml"
    without_heads(root, "so-ngoai-vu")
    rows = [
        (1, "Lê Thị Bưởi", None, "Giám đốc", "Sở Ngoại vụ", "CC"),
        (2, "Lê Thị Cam", None, "Phó Giám đốc phụ trách", "Sở Ngoại vụ", "CC"),
    ]
    path = usual(rows, tmp_path / "list.xlsx")
    before = units.read_bytes()
    assert 0 == run(root, path, "--heads")
    said = capsys.readouterr().out
    assert 2 == said.count("if they head it: hopthu unit head so-ngoai-vu ")
    assert before == units.read_bytes()


def test_acting_heads_are_for_a_person_to_confirm(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a command that says so, and a row that `check` takes; who heads another unit is none."""
    units = root / "data/units.yaml"
    without_heads(root, "so-ngoai-vu")
    rows = [
        (1, "Lê Thị Bưởi", None, "Phó Giám đốc phụ trách Sở", "Sở Ngoại vụ", "CC"),
        (2, "Lê Thị Cam", None, "Giám đốc Trung tâm Dịch vụ đối ngoại", "Sở Ngoại vụ", "VC"),
    ]
    assert 0 == run(root, usual(rows, tmp_path / "list.xlsx"))
    said = capsys.readouterr().out
    basis = f"decision: {BASIS}, request: {BASIS}"
    row = f"- {{person: le-thi-buoi, from: 2026-10-01, acting: true, {basis}}}"
    assert 1 == said.count(": head: ")
    assert "hopthu unit head so-ngoai-vu le-thi-buoi --acting --from 2026-10-01" in said
    assert 0 == run(root, tmp_path / "list.xlsx", "--heads")
    assert f"  heads:\n    {row}\n" in units.read_text(encoding="utf-8")
    assert [] == [p for p in validate(load(root), ON) if p.severity == "error"]


def test_remarks_on_leaving(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who has left is not taken, who leaves later is, and of others a person has to say."""
    remarks = {
        "Lê Thị Bưởi": "nghỉ hưu", "Lê Thị Cam": "Nghỉ hưu từ 01/06/2026",
        "Lê Thị Mận": "Nghỉ hưu từ 01/03/2027", "Lê Thị Dưa": "Không chuyển công tác",
        "Lê Thị Lê": "Chuyển công tác về Sở Y tế", "Lê Thị Na": "Nghỉ thai sản",
    }  # fmt: skip
    rows = [
        (n, name, None, "Chuyên viên", "Sở Y tế", "CC", None, None, remark)
        for n, (name, remark) in enumerate(remarks.items(), start=1)
    ]
    assert 5 == run(root, usual(rows, tmp_path / "list.xlsx"))
    said = capsys.readouterr().out
    assert {"le-thi-man", "le-thi-dua", "le-thi-na"} == {
        r.id for r in load(root).people if r.data["name"] in remarks
    }
    for name in ("Lê Thị Bưởi", "Lê Thị Cam"):
        gone = "the remark says that they are no longer in service"
        assert f'left out: {name}: {gone}: "{remarks[name]}"' in said
    for name in ("Lê Thị Mận", "Lê Thị Dưa"):
        taken = "taken to be in service, with the remark"
        assert f'check: {name}: {taken} "{remarks[name]}"' in said
    unclear = "the remark does not say clearly whether they are still in service here"
    assert f'left out: Lê Thị Lê: {unclear}: "Chuyển công tác về Sở Y tế"' in said
    assert "delete the row if they are not; else clear the remark" in said
    assert "added: 3, there already: 0; left out: 3, to check: 2" in said


def test_a_day_before_the_unit_began_is_moved_and_said(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Communes of today began in 2025: nobody was in one before."""
    rows = [(1, "Lê Thị Bưởi", None, "Công chức", "Xã Đồng Tiến", "CC", "15/03/2019")]
    assert 0 == run(root, usual(rows, tmp_path / "list.xlsx"))
    assert "begins on 2019-03-15, before xa-dong-tien began" in capsys.readouterr().out
    posts = next(r for r in load(root).people if r.id == "le-thi-buoi").data["posts"]
    assert ["2025-07-01"] == [post["from"] for post in posts]  # type: ignore[index,union-attr,call-overload]


@pytest.mark.parametrize(
    ("basis", "said"),
    [
        ("qd-0-khong-co", 'there is no document "qd-0-khong-co"'),
        ("cv-12-vp-2025", "cv-12-vp-2025 is of kind request, not adoption"),
    ],
)
def test_a_list_rests_on_an_adoption(
    basis: str, said: str, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A spreadsheet decides nothing."""
    path = usual([], tmp_path / "list.xlsx")
    assert 2 == main(["import", str(path), "--basis", basis, "--root", str(root)])
    assert said in capsys.readouterr().err


def test_an_adoption_is_for_the_units_it_names(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The people of others are left out."""
    documents = root / "data/documents.yaml"
    text = documents.read_text(encoding="utf-8")
    narrowed = text.replace("date: 2026-10-01}", "date: 2026-10-01, units: [so-noi-vu]}")
    documents.write_text(narrowed, encoding="utf-8")
    rows = [
        (1, "Lê Thị Bưởi", None, "Chuyên viên", "Sở Nội vụ", "CC"),
        (2, "Lê Thị Cam", None, "Chuyên viên", "Sở Y tế", "CC"),
    ]
    assert 5 == run(root, usual(rows, tmp_path / "list.xlsx"))
    said = capsys.readouterr().out
    assert f"Lê Thị Cam: {BASIS} does not name so-y-te" in said
    assert "added: 1," in said


def test_hostile_cells_reach_nothing(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the YAML, nor the terminal, nor a spreadsheet that opens the report."""
    hostile: list[Value | Formula] = [
        Formula('HYPERLINK("http://evil.example","Lê")', "Lê Thị Bưởi"), '=cmd|" /C calc"!A0',
        "_x001B_[31mLê Thị Đỏ", "no", "0123", ": - #", "Lê: {a: b}", "@SUM(A1)", "Lê\nThị\nNăm",
    ]  # fmt: skip
    rows = [(n, name, None, "no", "Sở Y tế", "VC") for n, name in enumerate(hostile, start=1)]
    rows += [
        (20, "Lê Thị Mận", None, title, "SYT", "VC") for title in ("{a: b}", "a_x000B_b", "=1")
    ]
    report = tmp_path / "report.csv"
    path = usual(rows, tmp_path / "list.xlsx")
    assert 5 == run(root, path, "--report", str(report))
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert not any(p.severity == "error" for p in validate(load(root), ON))
    new = [r.data["name"] for r in load(root).people if r.data["posts"][0]["decision"] == BASIS]  # type: ignore[index,call-overload]
    assert ["Lê Thị Bưởi", "Lê Thị Năm"] == sorted(new)  # type: ignore[type-var]
    for row in csv.reader(io.StringIO(report.read_text(encoding="utf-8-sig"))):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


TITLES = st.text(
    st.sampled_from("aBđẾ ,;:#-{}[]&*!|>'\"%@`~?=.0123no\\/(–)\u0306"), min_size=1, max_size=20
).filter(lambda text: text.strip() == text)


@given(TITLES)
def test_a_title_comes_back_from_the_yaml(title: str) -> None:
    """Whatever is in it: quoted where it means something to YAML."""
    place = Place("l", "", 1)
    each = Proposal(place, "a-b", "A B", "cadre", "ab", "so-y-te", title, "2026-01-01", "q-1")
    (chunk,) = split("people", "f", record_text(each))
    assert [each.record().data] == json.loads(read_chunk(chunk))[-1]


def test_words_that_mean_something_are_quoted() -> None:
    """`no` too, which is text here and false to other readers; a number is no name or title."""
    assert ['"true"', '"null"', '"No"', '"12"', '"a: b"', '"a #b"', '"-"', '"a, b"'] == [
        scalar(text) for text in ("true", "null", "No", "12", "a: b", "a #b", "-", "a, b")
    ]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("[]\n", "NEW"),
        ("# head\n\n[]\n", "# head\n\nNEW"),
        ("", "NEW"),
        ("# head\n- {id: a-a}\n# about c\n- {id: c-c}\n# end\n",
         "# head\n- {id: a-a}\nNEW# about c\n- {id: c-c}\n# end\n"),
        ("- {id: c-c}\n- {id: a-a}\n", "NEW- {id: c-c}\n- {id: a-a}\n"),
        ("- {id: a-a}", "- {id: a-a}\nNEW"),
        ("- id: a-a\n  name: |+\n    x\n\n", "- id: a-a\n  name: |+\n    x\n\nNEW"),
        ("- id: a-a\n  name: |\n    x", "- id: a-a\n  name: |-\n    x\nNEW"),
        ("[{id: a-a}]\n", None),
    ],
    ids=["empty list", "comment", "nothing", "comments", "unsorted", "no line end", "kept",
         "open end", "in brackets"],
)  # fmt: skip
def test_a_record_is_added_where_it_belongs(
    file: str, expected: str | None, tmp_path: Path
) -> None:
    """Comments and the order of what is there stay."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/people.yaml").write_text(file, encoding="utf-8")
    source = load(tmp_path)
    (layout,) = [each for each in layouts(source) if each.name == "data/people.yaml"]
    made = inserted(layout, {"b-b": b"- {id: b-b}\n"})
    wanted = expected.replace("NEW", "- {id: b-b}\n") if expected else None
    assert wanted == (made.decode() if made is not None else None)


def test_a_folder_has_a_file_for_each_unit_at_the_top(root: Path, tmp_path: Path) -> None:
    """The one of the department of a division; a new one leads editors to its schema."""
    folder = root / "data/people"
    folder.mkdir()
    (root / "data/people.yaml").rename(folder / "so-tai-chinh.yaml")
    rows = [
        (1, "Lê Thị Bưởi", None, "Chuyên viên", "Phòng Ngân sách", "CC"),
        (2, "Lê Thị Cam", None, "Chuyên viên", "Sở Y tế", "CC"),
    ]
    assert 0 == run(root, usual(rows, tmp_path / "list.xlsx"))
    assert "id: le-thi-buoi" in (folder / "so-tai-chinh.yaml").read_text(encoding="utf-8")
    text = (folder / "so-y-te.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../../schemas/json/people.json\n- id: ")
    assert [] == [p for p in validate(load(root), ON) if p.severity == "error"]


def test_wrong_data_is_mended_first(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is added to what `check` refuses."""
    units = root / "data/units.yaml"
    units.write_text(units.read_text(encoding="utf-8").replace("kind: council", "kind: x"), "utf-8")
    before = state(root)
    rows = [(1, "Lê Thị Bưởi", None, "Chuyên viên", "Sở Y tế", "CC")]
    assert 2 == run(root, usual(rows, tmp_path / "list.xlsx"))
    assert "data/units.yaml" in capsys.readouterr().out
    assert before == state(root)


def test_all_files_are_written_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If one cannot take its place, the others have their old content again."""
    first, new, last = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    first.write_bytes(b"old")
    rename = Path.replace

    def refused(path: Path, target: Path) -> Path:
        if target.name == "c":
            raise PermissionError(1, "Operation not permitted")
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(HopthuError, match="c cannot be written: Operation not permitted"):
        replace_files({first: b"1", new: b"2", last: b"3"})
    assert {"a": b"old"} == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_a_folder_in_the_place_of_a_file_is_refused_before_anything(tmp_path: Path) -> None:
    """With the sentence of every file that cannot be written."""
    (tmp_path / "b").mkdir()
    with pytest.raises(HopthuError, match="b cannot be written"):
        replace_files({tmp_path / "a": b"1", tmp_path / "b": b"2"})
    assert ["b"] == [path.name for path in tmp_path.iterdir()]


def test_ctrl_c_before_the_files_take_their_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is changed, and nothing is left beside them."""
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"old")
    beside = writing._beside

    def interrupted(path: Path, content: bytes) -> Path:
        if path == second:
            raise KeyboardInterrupt
        return beside(path, content)

    monkeypatch.setattr(writing, "_beside", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replace_files({first: b"1", second: b"2"})
    assert {"a": b"old"} == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_ctrl_c_waits_until_all_files_have_their_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal between two of them would leave half of an import."""
    rename = Path.replace

    def pressed(path: Path, target: Path) -> Path:
        os.kill(os.getpid(), signal.SIGINT)
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", pressed)
    with pytest.raises(KeyboardInterrupt):
        replace_files({tmp_path / "a": b"1", tmp_path / "b": b"2"})
    assert {"a": b"1", "b": b"2"} == {p.name: p.read_bytes() for p in tmp_path.iterdir()}


def test_the_report_is_a_table_in_the_language_of_the_reader() -> None:
    """UTF-8 with the mark by which spreadsheets know it."""
    finding = left_out(Place("l.xlsx", "=S", 3), "-Lê", "+what", "fix")
    raw = as_csv([finding], "en")
    assert raw.startswith(b"\xef\xbb\xbfsheet,row,state,person,what,what to do\r\n")
    assert "'=S,3,left out,'-Lê,'+what,fix" in raw.decode("utf-8-sig")


def test_what_is_the_same_of_many_rows_is_said_once() -> None:
    """With their rows; the report has a line for each."""
    rows = (3, 5, 6, 8, 9, 10, 11)
    said = [left_out(Place("l.csv", "", n), f"Lê {n}", "no such unit", "add it") for n in rows]
    other = left_out(Place("l.csv", "", 4), "Hà", "no such title", "add it")
    elsewhere = left_out(Place("l.csv", "DS", 3), "Hà", "no such unit", "add it")
    found = in_order([*said, other, elsewhere])
    assert (
        "l.csv: rows 3, 5, 6, 8–11: left out: no such unit\n  fix: add it\n"
        "l.csv:4: left out: Hà: no such title\n  fix: add it\n"
        "l.csv:DS:3: left out: Hà: no such unit\n  fix: add it\n"
    ) == as_text(found, "en")
    assert 1 + 9 == len(as_csv(found, "en").splitlines())


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("Sở Y tế", "so-y-te"), ("SỞ Y TẾ", "so-y-te"), ("So Y te", "so-y-te"), ("SYT", "so-y-te"),
        ("so-y-te", "so-y-te"), ("Sở Y tế tỉnh Thanh Hoá", "so-y-te"), ("UBND tỉnh", "ubnd-tinh"),
        ("Uỷ ban nhân dân xã Đồng Tiến", "xa-dong-tien"), ("ubnd xa dong tien", "xa-dong-tien"),
        ("Phường Đông Tiến", "phuong-dong-tien"), ("SGDĐT", "so-giao-duc-va-dao-tao"),
        ("Sở Văn hoá, Thể thao và Du lịch", "so-van-hoa-the-thao-va-du-lich"),
        ("VPUBND", "van-phong-ubnd-tinh"), ("Văn phòng UBND tỉnh", "van-phong-ubnd-tinh"),
    ],
)  # fmt: skip
def test_units_are_known_by_their_names(written: str, unit: str) -> None:
    """In capitals, without any marks, shortened, with the name of the province."""
    source = load(ROOT)
    names = UnitNames(RuleContext(source, policy_of(source), ON), ON.isoformat())
    assert unit == Whereabouts(names).of(Texts(cells=(written,))).unit
