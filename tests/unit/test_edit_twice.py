"""A person or a unit that is there already is not added a second time by mistake."""

from pathlib import Path

import pytest
from test_edit_cli import DECISION, REQUEST
from test_edit_commands import begun, root, run

import overlay

__all__ = ["begun", "root"]
Said = pytest.CaptureFixture[str]
ADD = ("unit", "add", "Phòng Nội chính", "--kind", "division", "--parent", "so-noi-vu",
       *DECISION, *REQUEST, "--yes")  # fmt: skip
HIRE = ("person", "add", "Lê Văn Bảy", "--title", "Chuyên viên", "--category", "civil_servant",
        "--from", "2026-12-01", *DECISION, *REQUEST, "--dry-run")  # fmt: skip
MAYBE = (
    "error: le-van-bay has the same name and may be the same person\n"
    "  fix: if it is, add the post to that record, with its decision; if not, give --namesakes\n"
)


def test_a_unit_is_added_once(root: Path, capsys: Said) -> None:
    """Of one name below one unit, however its tones are placed; elsewhere it is another one."""
    assert 0 == run(root, [*ADD, "--from", "2026-12-01"])
    before = overlay.read(root)
    capsys.readouterr()
    for name in ("Phòng Nội chính", "phòng nội chính"):
        assert 2 == run(root, [*ADD[:2], name, *ADD[3:], "--from", "2026-12-01"])
        assert capsys.readouterr().err == (
            "error: phong-noi-chinh-so-noi-vu has the same name and the same parent\n"
            "  fix: if it is the same unit, change the record of phong-noi-chinh-so-noi-vu; if "
            "they are two, give each a name that tells them apart\n"
        )
    assert before == overlay.read(root)
    elsewhere = [each.replace("so-noi-vu", "so-y-te") for each in (*ADD[:7], *ADD[-1:])]
    run(root, [*elsewhere, *ADD[7:-1], "--from", "2026-12-01"])
    assert "same name" not in capsys.readouterr().err


def test_a_unit_that_ends_by_then_is_followed_by_another(root: Path, capsys: Said) -> None:
    """On that day or later; not before."""
    assert 0 == run(root, [*ADD, "--from", "2026-11-27"])
    end = ("unit", "dissolve", "phong-noi-chinh-so-noi-vu", "--from", "2026-12-10", "--business-to",
           "so-noi-vu", *DECISION, *REQUEST, "--yes")  # fmt: skip
    assert 0 == run(root, end)
    capsys.readouterr()
    assert 2 == run(root, [*ADD, "--from", "2026-12-09"])
    assert "same name" in capsys.readouterr().err
    run(root, [*ADD, "--from", "2026-12-10"])
    assert "the same parent" not in capsys.readouterr().err


def test_somebody_of_the_unit_is_hired_once(root: Path, capsys: Said) -> None:
    """Unless it is said that they are two, as for a list that is imported."""
    assert 2 == run(root, [*HIRE, "--unit", "so-noi-vu"])
    assert MAYBE == capsys.readouterr().err
    assert 0 == run(root, [*HIRE, "--unit", "so-noi-vu", "--namesakes"])
    said = capsys.readouterr()
    assert "+- id: le-van-bay-2\n" in said.out
    assert "people of the same name: le-van-bay\n" in said.err


def test_somebody_elsewhere_is_only_remarked(root: Path, capsys: Said) -> None:
    """Who has a post in another unit is certainly there."""
    run(root, [*HIRE, "--unit", "so-y-te"])
    said = capsys.readouterr().err
    assert "people of the same name: le-van-bay\n" in said
    assert "may be the same person" not in said


def test_somebody_without_a_post_may_come_back(root: Path, capsys: Said) -> None:
    """Nothing says that they are another one."""
    leave = ("person", "leave", "le-van-bay", "--how", "resigned", "--from", "2026-11-27")
    assert 0 == run(root, [*leave, *DECISION, *REQUEST, "--yes"])
    capsys.readouterr()
    assert 2 == run(root, [*HIRE, "--unit", "so-y-te"])
    assert MAYBE == capsys.readouterr().err
