"""`hopthu reconcile`: where a personnel list and the data differ."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from hopthu.cli import main
from hopthu.load import load

ROOT = Path(__file__).parents[2]
HEADER = "STT;Họ và tên;Chức vụ;Đơn vị;Loại"
DAY = "2026-11-25"
UNITS = ("so-noi-vu", "so-y-te")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with the shipped data."""
    shutil.copytree(ROOT / "data", tmp_path / "repository/data")
    return tmp_path / "repository"


def staff(root: Path) -> list[list[str]]:
    """Return who is in two units that day, as rows of a list."""
    return [
        [record.data["name"], post["title"], post["unit"], "CC"]
        for record in load(root).people
        for post in record.data["posts"][-1:]
        if post["unit"] in UNITS and "left" not in record.data and "until" not in post
    ]


def reconcile(root: Path, rows: Sequence[Sequence[str]], *more: str) -> int:
    path = root.parent / "list.csv"
    lines = [HEADER, *(f"{n};{';'.join(row)}" for n, row in enumerate(rows, start=1))]
    path.write_text("\n".join(lines), encoding="utf-8")
    arguments = ["reconcile", str(path), "--root", str(root), "--on", DAY, *more]
    return main([*arguments] if "--lang" in more else [*arguments, "--lang", "en"]) or 0


def test_a_list_that_says_the_same(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0, and how many are alike."""
    rows = staff(root)
    assert len(rows) > 5
    assert 0 == reconcile(root, rows)
    said = f"alike: {len(rows)}, different: 0, rows not compared: 0\n"
    assert said == capsys.readouterr().out


def test_each_kind_of_difference(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Absent from the one or the other, in another unit, written otherwise; in text and JSON."""
    rows = staff(root)
    gone = rows.pop(next(n for n, row in enumerate(rows) if row[2] == "so-y-te"))
    moved = next(row for row in rows if row[2] == "so-noi-vu" and row[0] != "Lê Văn Bảy")
    moved[2] = "so-y-te"
    bay = next(row for row in rows if row[0] == "Lê Văn Bảy")
    bay[0] = "Lê Văn Bẩy"
    rows.append(["Lê Thị Bưởi", "Chuyên viên", "SYT", "CC"])
    assert 5 == reconcile(root, rows, "--format", "json")
    found = json.loads(capsys.readouterr().out)
    assert ["list", "on", "alike", "differences", "unread"] == list(found)
    known = {d["kind"]: (d["name"], d["unit"], d["in_data"]) for d in found["differences"]}
    assert {
        "no-mailbox": ("Lê Thị Bưởi", "so-y-te", None),
        "no-post": (gone[0], "so-y-te", None),
        "other-unit": (moved[0], "so-y-te", "so-noi-vu"),
        "other-name": ("Lê Văn Bẩy", "so-noi-vu", "Lê Văn Bảy"),
    } == known
    assert 4 == len(found["differences"])
    assert [] == found["unread"]
    assert 5 == reconcile(root, rows)
    text = capsys.readouterr().out
    assert "Lê Thị Bưởi: in post in so-y-te, and not in the data" in text
    assert 'le-van-bay is written "Lê Văn Bảy" in the data' in text
    assert f"list.csv: {gone[0]}: " in text
    assert "is in so-y-te by the list, in so-noi-vu by the data" in text


def test_another_title(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A difference of its own; capitals and where a mark stands make none."""
    rows = staff(root)
    rows[0][1] = "Phó Chánh Văn phòng"
    rows[1][1] = rows[1][1].upper()
    assert 5 == reconcile(root, rows, "--format", "json")
    found = json.loads(capsys.readouterr().out)
    (each,) = found["differences"]
    assert ("other-title", rows[0][0], "Phó Chánh Văn phòng") == (
        each["kind"], each["name"], each["in_list"],
    )  # fmt: skip
    assert each["in_data"] == staff(root)[0][1]
    assert len(rows) - 1 == found["alike"]
    assert 5 == reconcile(root, rows)
    said = capsys.readouterr().out
    assert f'is "Phó Chánh Văn phòng" by the list, "{each["in_data"]}" by the data' in said


def test_it_answers_in_vietnamese(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As every command."""
    rows = [*staff(root), ["Lê Thị Bưởi", "Chuyên viên", "SYT", "CC"]]
    assert 5 == reconcile(root, rows, "--lang", "vi")
    said = capsys.readouterr().out
    assert "in post" not in said
    assert "alike" not in said


def test_in_post_without_a_mailbox(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody the data knows, without a mailbox."""
    people = root / "data/people.yaml"
    text = people.read_text(encoding="utf-8")
    people.write_text(text.replace("  mailbox: {address: baylv}\n", ""), encoding="utf-8")
    assert 5 == reconcile(root, staff(root))
    said = capsys.readouterr().out
    assert "le-van-bay is in post in so-noi-vu and has no mailbox" in said


def test_units_without_people_in_the_list_are_not_looked_at(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A list of one department says nothing of the others."""
    rows = [row for row in staff(root) if row[2] == "so-noi-vu"]
    assert 0 == reconcile(root, rows)
    assert "different: 0" in capsys.readouterr().out


def test_whoever_stands_in_a_row_that_cannot_be_read_is_not_absent(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The row is reported; that they have no post is not said."""
    rows = staff(root)
    rows[0][2] = "Sở Nội Vũ"
    assert 5 == reconcile(root, rows)
    said = capsys.readouterr().out
    assert "different: 0, rows not compared: 1" in said
    assert "left out: " in said


def test_namesakes_are_not_moved_by_guess(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two of one name in the list, and one in the data elsewhere: who is who nobody can tell."""
    rows = [row for row in staff(root) if row[0] != "Lê Văn Bảy"]
    rows += [["Lê Văn Bảy", title, "so-y-te", "CC"] for title in ("Y sĩ", "Y tá")]
    assert 5 == reconcile(root, rows, "--format", "json")
    found = json.loads(capsys.readouterr().out)["differences"]
    assert ["no-mailbox", "no-mailbox", "no-post"] == sorted(each["kind"] for each in found)
