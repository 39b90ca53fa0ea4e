"""`hopthu unit merge` and the parts of the units: what merges with what, and what goes on."""

import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

import overlay
from edit_pages import BASE
from hopthu.cli import main
from hopthu.model.organisation import Organisation
from hopthu.validate import read
from pipelines import commit

DAY = date(2027, 1, 1)
MERGE = [
    "unit", "merge", "xa-hoang-thanh", "xa-hoang-tien", "--into", "xa-hoang-chau",
    "--from", "2027-01-01", "--title", "le-thi-thanh=Phó Chủ tịch UBND",
    "--title", "truong-van-tien=Phó Chủ tịch UBND", "--title", "bui-thi-te=Phó Trưởng phòng",
    "--title", "hoang-van-nghiep=Phó Trưởng phòng",
    "--decision-number", "1750/NQ-UBTVQH15",
    "--decision-issuer", "Ủy ban Thường vụ Quốc hội", "--decision-date", "2026-11-18",
    "--request-number", "321/SNV-XDCQ", "--request-issuer", "so-noi-vu",
    "--request-date", "2026-11-24",
]  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with the data of the usual edits in its one commit."""
    shutil.copytree(BASE, tmp_path, dirs_exist_ok=True)
    subprocess.run(["git", "init", "-q", "--template=", str(tmp_path)], check=True)
    commit(tmp_path, "Begin")
    return tmp_path


def run(root: Path, *arguments: str) -> int:
    return int(main([*MERGE, *arguments, "--root", str(root), "--on", "2026-11-25"]))


def parents(organisation: Organisation, on: date) -> dict[str, str | None]:
    return {key: unit.parent for key, unit in organisation.at(on).units.items() if "xa-" in key}


def test_parts_of_one_name_merge_on_the_day(root: Path) -> None:
    """Those of the successor with its own, others with the first that comes; all else waits."""
    before = read(root, date(2026, 11, 25)).organisation
    assert 0 == run(root, "--yes")
    after = read(root, date(2026, 11, 25)).organisation
    merged = {
        key: (unit.ended.how, *unit.ended.into, unit.ended.on)
        for key, unit in after.units.items()
        if unit.ended
    }
    assert {
        "xa-hoang-thanh": ("merged", "xa-hoang-chau", DAY),
        "xa-hoang-tien": ("merged", "xa-hoang-chau", DAY),
        "phong-kinh-te-xa-hoang-thanh": ("merged", "phong-kinh-te-xa-hoang-chau", DAY),
        "phong-kinh-te-xa-hoang-tien": ("merged", "phong-kinh-te-xa-hoang-chau", DAY),
        "phong-van-hoa-xa-hoi-xa-hoang-tien": (
            "merged", "phong-van-hoa-xa-hoi-xa-hoang-thanh", DAY,
        ),
    } == merged  # fmt: skip
    eve = date(2026, 12, 31)
    assert parents(before, eve) == parents(after, eve)
    assert {"phong-van-hoa-xa-hoi-xa-hoang-thanh": "xa-hoang-chau"} == {
        key: above
        for key, above in parents(after, DAY).items()
        if above != parents(after, eve)[key]
    }


def test_people_of_a_part_go_with_it(root: Path) -> None:
    """By the decision that merges the units; of heads the title is said."""
    assert 0 == run(root, "--yes")
    people = read(root, date(2026, 11, 25)).organisation.people
    assert {
        "bui-thi-te": ("phong-kinh-te-xa-hoang-chau", "Phó Trưởng phòng"),
        "dao-van-xa": ("phong-van-hoa-xa-hoi-xa-hoang-thanh", "Chuyên viên"),
        "hoang-van-nghiep": ("phong-kinh-te-xa-hoang-chau", "Phó Trưởng phòng"),
        "le-thi-thanh": ("xa-hoang-chau", "Phó Chủ tịch UBND"),
        "truong-van-tien": ("xa-hoang-chau", "Phó Chủ tịch UBND"),
    } == {
        key: (person.posts[-1].unit, person.posts[-1].title)
        for key, person in people.items()
        if person.posts[-1].start == DAY
    }


def test_who_is_to_leave_after_the_merger_goes_along(root: Path) -> None:
    """A head too; and what ends can have another name until then."""
    papers = [
        "--decision-number", "3610/QĐ-UBND", "--decision-issuer", "ubnd-tinh",
        "--decision-date", "2026-11-20", "--request-number", "907/VPUBND-TCHC",
        "--request-issuer", "van-phong-ubnd-tinh", "--request-date", "2026-11-24",
        "--root", str(root), "--on", "2026-11-25", "--yes",
    ]  # fmt: skip
    leave = ["person", "leave", "bui-thi-te", "--how", "retired", "--from", "2027-03-01"]
    assert 0 == main([*leave, *papers])
    assert 0 == run(root, "--yes")
    rename = ["unit", "rename", "phong-kinh-te-xa-hoang-thanh", "--name", "Phòng Kinh tế và Đô thị"]
    assert 0 == main([*rename, *papers])
    assert 2 == main([*rename, "--from", "2027-01-01", *papers])
    organisation = read(root, date(2026, 11, 25)).organisation
    assert "phong-kinh-te-xa-hoang-chau" == organisation.people["bui-thi-te"].posts[-1].unit


def test_a_part_that_is_moved_goes_on(root: Path) -> None:
    """Below the unit that --move names, with its people."""
    at = MERGE.index("hoang-van-nghiep=Phó Trưởng phòng")
    given = [*MERGE[: at - 1], *MERGE[at + 1 :]]
    stay = ["--move", "phong-kinh-te-xa-hoang-tien=phuong-hac-thanh", "--yes"]
    assert 0 == main([*given, *stay, "--root", str(root), "--on", "2026-11-25"])
    organisation = read(root, date(2026, 11, 25)).organisation
    assert not organisation.units["phong-kinh-te-xa-hoang-tien"].ended
    assert "phuong-hac-thanh" == organisation.at(DAY).units["phong-kinh-te-xa-hoang-tien"].parent
    assert 1 == len(organisation.people["hoang-van-nghiep"].posts)


def test_what_becomes_of_a_part_is_asked(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal; whoever says no has two units of one name below the successor."""
    asked: list[str] = []

    def no(question: str, *, default: bool) -> bool:
        asked.append(question)
        assert default
        return False

    before = overlay.read(root)
    monkeypatch.setattr("hopthu.cli.unit.has_terminal", lambda: True)
    monkeypatch.setattr("click.confirm", no)
    run(root, "--dry-run", "--lang", "vi")
    assert 3 == len(asked)
    assert (
        "Phòng Kinh tế (phong-kinh-te-xa-hoang-thanh) nhập vào phong-kinh-te-xa-hoang-chau luôn?"
        == asked[0]
    )
    assert before == overlay.read(root)
    capsys.readouterr()
