"""Whoever a list has twice is one person with two posts, or two of one name."""

from pathlib import Path

import pytest
from adopted_lists import BASIS, repository, run

from hopthu.cli import main
from hopthu.load import load

pytestmark = pytest.mark.slow


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the shipped data, with an adoption."""
    return repository(tmp_path)


def posts(root: Path, name: str) -> list[list[tuple[str, str]]]:
    """Return the posts of everybody of a name: unit and title."""
    return [
        [(post["unit"], post["title"]) for post in record.data["posts"]]
        for record in load(root).people
        if record.data["name"] == name
    ]  # fmt: skip


def test_a_post_beside_another_is_no_second_person(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The row is left out with the command that adds it; once that is done, it is known."""
    rows = (
        "1;Thái Thị Hồng Hà;Phó Giám đốc;Sở Tài chính;CC;Kiêm Trưởng phòng Ngân sách",
        "2;Thái Thị Hồng Hà;Trưởng phòng (kiêm nhiệm);Phòng Ngân sách;CC;",
    )
    assert 5 == run(root, *rows)
    said = capsys.readouterr().out
    assert [[("so-tai-chinh", "Phó Giám đốc")]] == posts(root, "Thái Thị Hồng Hà")
    what = "row 2 has the same name, and one of them says that the post is held beside another"
    assert f"list.csv:3: left out: Thái Thị Hồng Hà: {what}" in said
    command = ("hopthu person transfer thai-thi-hong-ha --secondary "
               "--unit phong-ngan-sach-so-tai-chinh")  # fmt: skip
    assert command in said
    assert 5 == run(root, *rows)
    assert command in capsys.readouterr().out
    assert 1 == len(posts(root, "Thái Thị Hồng Hà"))
    assert 0 == main([
        *command.split()[1:], "--title", "Trưởng phòng (kiêm nhiệm)", "--from", "2026-10-01",
        "--decision", BASIS, "--request", BASIS, "--yes", "--root", str(root),
        "--on", "2026-11-25",
    ])  # fmt: skip
    capsys.readouterr()
    assert 0 == run(root, *rows)
    assert "added: 0, there already: 2; left out: 0" in capsys.readouterr().out


def test_the_row_that_is_beside_may_stand_first(root: Path) -> None:
    """The main post is that of the row whose title does not say so."""
    rows = (
        "1;Lê Hồng Bảo;Trưởng ban (kiêm);Sở Nội vụ;CC;",
        "2;Lê Hồng Bảo;Phó Giám đốc;Sở Y tế;CC;",
    )
    assert 5 == run(root, *rows)
    assert [[("so-y-te", "Phó Giám đốc")]] == posts(root, "Lê Hồng Bảo")


def test_the_main_post_may_be_in_a_row_that_is_left_out(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is that of the person all the same."""
    rows = (
        "1;Lê Hồng Bảo;Phó Giám đốc;Sở Y tê;CC;",
        "2;Lê Hồng Bảo;Trưởng ban (kiêm nhiệm);Sở Nội vụ;CC;",
    )
    assert 5 == run(root, *rows)
    assert [] == posts(root, "Lê Hồng Bảo")
    assert "hopthu person transfer PERSON --secondary" in capsys.readouterr().out


def test_a_post_beside_one_of_the_data(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a list of one unit, the main post may be known already, in another."""
    assert 0 == run(root, "1;Lê Hồng Bảo;Phó Giám đốc;Sở Y tế;CC;")
    capsys.readouterr()
    assert 5 == run(root, "1;Lê Hồng Bảo;Cố vấn (kiêm nhiệm);Sở Nội vụ;CC;")
    assert "le-hong-bao has the same name" in capsys.readouterr().out
    assert 1 == len(posts(root, "Lê Hồng Bảo"))


def test_namesakes_in_one_list_are_to_check(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both are taken, and said once; not again when both are in the data."""
    rows = (
        "1;Lê Hồng Bảo;Chuyên viên;Sở Nội vụ;CC;",
        "2;Lê Hồng Bảo;Chuyên viên;Sở Y tế;CC;",
    )
    assert 0 == run(root, *rows)
    said = capsys.readouterr().out
    several = "the name stands in several units: rows 2, 3"
    assert f"list.csv: rows 2, 3: check: Lê Hồng Bảo: {several}" in said
    assert 2 == len(posts(root, "Lê Hồng Bảo"))
    assert 0 == run(root, *rows)
    assert "stands in several" not in capsys.readouterr().out


def test_namesakes_are_taken_where_that_is_asked_for(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With `--namesakes` every row is somebody else."""
    rows = (
        "1;Lê Hồng Bảo;Phó Giám đốc;Sở Nội vụ;CC;Kiêm nhiệm",
        "2;Lê Hồng Bảo;Chuyên viên;Sở Y tế;CC;",
    )
    assert 0 == run(root, *rows, more=("--namesakes",))
    assert 2 == len(posts(root, "Lê Hồng Bảo"))
    assert "stands in several" not in capsys.readouterr().out


def test_many_namesakes_are_said_in_one_line(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A list of a province has thousands of them."""
    names = [f"Lê Hồng {given}" for given in (
        "An", "Bảo", "Châu", "Dũng", "Giang", "Hà", "Hải", "Hiếu", "Hoa", "Huy", "Khánh", "Lan",
        "Linh", "Long", "Mai", "Minh", "Nam", "Nga", "Phúc", "Quân", "Sơn", "Thảo",
    )]  # fmt: skip
    rows = [f"{n};{name};Chuyên viên;{unit};CC;" for unit in ("Sở Nội vụ", "Sở Y tế")
            for n, name in enumerate(names, start=1)]  # fmt: skip
    assert 0 == run(root, *rows)
    said = capsys.readouterr().out
    assert 1 == said.count("has the name of another row, in another unit")
    assert "rows 2–45: check: has the name" in said
