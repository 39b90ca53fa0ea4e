"""What `hopthu import` refuses as a whole, with nothing written."""

import subprocess
from pathlib import Path

import pytest
from adopted_lists import imported as run
from adopted_lists import repository

from benchmarks.workbook import workbook
from hopthu.cli import main
from hopthu.load import load

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BASIS = "qd-99-vpubnd-2026"
OLD_REPORT = "\ufeffsheet,row,state,person,what,what to do\r\n,9,check,,of,before\r\n".encode()
LINES = (
    "STT;Họ và tên;Chức vụ;Đơn vị;Loại",
    "1;Trần Thị Mơ;Chuyên viên;Ủy ban nhân dân tỉnh;CC",
    "2;Hà Thị Bưởi;Chuyên viên;Ủy ban nhân dân tỉnh;CC",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a checkout of the shipped data with an adoption, all of it committed."""
    folder = repository(tmp_path)
    (tmp_path / "list.csv").write_text("\n".join(LINES), encoding="utf-8")
    for command in (["init", "-q"], ["add", "--all"], ["commit", "-qm", "Begin"]):
        somebody = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid"]
        subprocess.run(["git", "-C", str(folder), *somebody, *command], check=True)
    return folder


def state(root: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted((root / "data").rglob("*")) if p.is_file()}


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_an_error_against_the_last_commit_is_mended_first(
    more: tuple[str, ...], root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `check` and every edit command have it: a unit that came on no decision."""
    with (root / "data/units.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "- {id: so-moi, name: Sở Mới, short: SM, kind: department, parent: ubnd-tinh, "
            "mailbox: {address: sm}}\n"
        )
    before = state(root)
    assert 2 == main(["check", "--root", str(root), "--on", "2026-11-25", "--lang", "en"])
    wanted = [line for line in capsys.readouterr().out.splitlines() if ": error: " in line]
    assert 2 == run(root, root.parent / "list.csv", *more)
    said = capsys.readouterr().out
    assert [] != wanted
    assert wanted == [line for line in said.splitlines() if ": error: " in line]
    assert "added: " not in said
    assert before == state(root)


def test_people_may_be_added_to_what_is_committed(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And `check` agrees."""
    assert 0 == run(root, root.parent / "list.csv")
    assert "added: 2" in capsys.readouterr().out
    assert 0 == main(["check", "--root", str(root), "--on", "2026-11-25", "--lang", "en"])


def test_the_report_never_takes_the_place_of_the_list(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the list is named, and whatever form it has."""
    monkeypatch.chdir(root.parent)
    book = root.parent / "list.xlsx"
    book.write_bytes(workbook({"DS": [tuple(line.split(";")) for line in LINES]}))
    (root.parent / "link.csv").symlink_to("list.csv")
    for path, report in (
        (book, "list.xlsx"), (book, str(book)), (root.parent / "list.csv", "list.csv"),
        (root.parent / "list.csv", "link.csv"), (Path("link.csv"), "./list.csv"),
    ):  # fmt: skip
        before = path.read_bytes()
        for more in ((), ("--dry-run",)):
            assert 2 == run(root, path, "--report", report, *more)
            said = capsys.readouterr()
            assert "" == said.out
            assert "is the list itself" in said.err
            assert "name another file for the report, such as report.csv" in said.err
            assert before == path.read_bytes()


def test_the_report_replaces_nothing_but_a_table(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A document or a workbook that is there stays; a report of before is replaced."""
    for name in ("other.xlsx", "notes.txt", "noending"):
        there = root.parent / name
        there.write_bytes(b"kept")
        assert 2 == run(root, root.parent / "list.csv", "--report", str(there), "--dry-run")
        assert f"{name} is there already, and is no .csv file" in capsys.readouterr().err
        assert b"kept" == there.read_bytes()
    for name in ("report.csv", "REPORT.CSV", "new.txt"):
        there = root.parent / name
        if name.lower().endswith(".csv"):
            there.write_bytes(OLD_REPORT)
        assert 0 == run(root, root.parent / "list.csv", "--report", str(there), "--dry-run")
        assert OLD_REPORT != there.read_bytes()
    assert 0 == run(root, root.parent / "list.csv", "--report", "/dev/null", "--dry-run")


@pytest.mark.parametrize(
    ("written", "category"),
    [
        ("civil_servant", "civil_servant"), ("công chức", "civil_servant"),
        ("CÔNG CHỨC", "civil_servant"), ("cong chuc", "civil_servant"),
        ("Viên chức", "public_employee"), ("can bo", "cadre"),
    ],
)  # fmt: skip
def test_a_category_may_be_named_in_vietnamese(root: Path, written: str, category: str) -> None:
    """With marks or without, in capitals or not."""
    path = root.parent / "list.csv"
    path.write_text(
        "STT;Họ và tên;Chức vụ;Đơn vị\n1;Trần Thị Mơ;Chuyên viên;Ủy ban nhân dân tỉnh\n", "utf-8"
    )
    assert 0 == run(root, path, "--category", written)
    assert [category] == [r.data["category"] for r in load(root).people if r.id == "tran-thi-mo"]


@pytest.mark.parametrize("written", ["hợp đồng", "HĐLĐ", "khác", ""])
def test_what_is_no_category_is_refused(
    root: Path, written: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Contract staff is none of the three (Art. 4)."""
    before = state(root)
    assert run(root, root.parent / "list.csv", "--category", written)
    told = "cadre (cán bộ), civil_servant (công chức), public_employee (viên chức)"
    assert f'"{written}" is not one of: {told}' in capsys.readouterr().err
    assert before == state(root)
