"""Whom `hopthu import --heads` makes the head of a unit, and whom it leaves to a person."""

import re
from pathlib import Path

import pytest
from adopted_lists import repository, run, without_heads

from hopthu.cli import import_ as importing
from hopthu.load import load

pytestmark = pytest.mark.slow

HEADLESS = ("so-ngoai-vu", "so-tai-chinh", "xa-tho-xuan")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the shipped data, with an adoption, and without heads of some units."""
    root = repository(tmp_path)
    for unit in HEADLESS:
        without_heads(root, unit)
    return root


def heads(root: Path) -> set[str]:
    """Return the units of `HEADLESS` that have a head."""
    return {r.id for r in load(root).records["units"] if r.id in HEADLESS and "heads" in r.data}


def confirmed_by_command(said: str, unit: str = "so-ngoai-vu") -> bool:
    """Tell whether the command is told, and `--heads` is not."""
    return f"if they head it: hopthu unit head {unit} " in said and "give --heads" not in said


@pytest.mark.parametrize(
    "remark",
    ["bị cách chức", "Không còn là Giám đốc", "thôi giữ chức vụ Giám đốc từ 01/9/2026",
     "chưa bổ nhiệm", "bị đình chỉ chức vụ", "tạm giam", "biệt phái đến Sở Tài chính",
     "nghỉ hưu từ 01/12/2026", "Dự kiến nghỉ hưu năm 2027", "Kiêm nhiệm"],
)  # fmt: skip
def test_nobody_whose_remark_says_more(
    root: Path, capsys: pytest.CaptureFixture[str], remark: str
) -> None:
    """Whatever it says, unless it is known to be harmless."""
    row = f"1;Hà Văn Lựu;Giám đốc;Sở Ngoại vụ;CC;{remark}"
    assert 0 == run(root, row, more=("--heads",))
    assert confirmed_by_command(capsys.readouterr().out)
    assert set() == heads(root)


@pytest.mark.parametrize(
    "title",
    ["Giám đốc - nghỉ hưu", "Giám đốc (đến 30/9/2026)", "Giám đốc (đã chuyển công tác)",
     "Giám đốc, nguyên Phó Giám đốc"],
)  # fmt: skip
def test_nobody_whose_title_says_more(
    root: Path, capsys: pytest.CaptureFixture[str], title: str
) -> None:
    """Posts in the Party that heads have beside theirs are no more of it."""
    assert 0 == run(root, f"1;Hà Văn Lựu;{title};Sở Ngoại vụ;CC;", more=("--heads",))
    assert confirmed_by_command(capsys.readouterr().out)
    assert set() == heads(root)


def test_posts_in_the_party_and_harmless_remarks(root: Path) -> None:
    """They contradict nothing."""
    rows = (
        "1;Hà Văn Lựu;Bí thư Đảng ủy, Giám đốc;Sở Ngoại vụ;CC;Tỉnh ủy viên",
        "2;Hà Văn Lê;Quyền Giám đốc (Phó Bí thư Đảng bộ Sở);Sở Tài chính;CC;0912 345 678",
        "3;Hà Văn Na;Phó Bí thư Đảng ủy, Chủ tịch UBND xã;Xã Thọ Xuân;CB;Đảng viên",
    )
    assert 0 == run(root, *rows, more=("--heads",))
    assert {*HEADLESS} == heads(root)


@pytest.mark.parametrize("more", [("--heads",), ("--heads", "--namesakes")])
@pytest.mark.parametrize(
    "other",
    ["2;Hà Văn Lựu;Giám đốc;Sở Tài chính;CC;", "2;Hà Văn Lựu;Giám đốc;Sở Y tế;CC;",
     "2;Nguyễn Khắc Trung;Giám đốc;Sở Ngoại vụ;CC;"],
)  # fmt: skip
def test_nobody_who_heads_another_unit(
    root: Path, capsys: pytest.CaptureFixture[str], other: str, more: tuple[str, ...]
) -> None:
    """By the list under one name; two are two heads of one unit."""
    rows = ("1;Hà Văn Lựu;Giám đốc;Sở Ngoại vụ;CC;", other)
    run(root, *rows, more=more)
    assert "give --heads" not in capsys.readouterr().out
    assert set() == heads(root)


def test_nobody_who_heads_another_unit_on_record(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though they have a second post in this one, of the right title."""
    people = root / "data/people.yaml"
    text = people.read_text(encoding="utf-8")
    post = re.search(r"    - \{unit: so-y-te, title: Giám đốc, from: 2026-08-01, .*\n", text)
    assert post
    second = post[0].replace("so-y-te", "so-ngoai-vu").replace("{unit", "{main: false, unit")
    people.write_text(text.replace(post[0], post[0] + second), encoding="utf-8")
    run(root, "1;Nguyễn Khắc Trung;Giám đốc;Sở Ngoại vụ;CC;", more=("--heads", "--dry-run"))
    said = capsys.readouterr().out
    assert confirmed_by_command(said), said


@pytest.mark.parametrize("title", ["Phó Giám đốc", "Chuyên viên"])
def test_nobody_whose_post_on_record_is_another(
    root: Path, capsys: pytest.CaptureFixture[str], title: str
) -> None:
    """The list then contradicts the data."""
    assert 0 == run(root, f"1;Hà Văn Lựu;{title};Sở Ngoại vụ;CC;")
    capsys.readouterr()
    assert 0 == run(root, "1;Hà Văn Lựu;Giám đốc;Sở Ngoại vụ;CC;", more=("--heads",))
    assert confirmed_by_command(capsys.readouterr().out)
    assert set() == heads(root)


@pytest.mark.parametrize(
    "rows",
    [
        ("1;Hà Văn Lựu;Giám đốc;Sở Ngoại vụ;CC;", "2;Hà Văn Lựu;Phó Giám đốc;Sở Ngoại vụ;CC;"),
        ("1;Hà Văn Lựu;Giám đốc;Sở Ngoại vụ;CC;", "2;Hà Văn Lựu;Phó Giám đốc;Sở Nội vụ;CC;"),
        ("1;Hà Văn Lựu;Giám đốc;Sở Ngoại vụ;CC;",
         "2;Hà Văn Lê;Giám đốc;Sở Ngoại vụ;CC;Điều động về Sở Ngoại vụ"),
    ],
)  # fmt: skip
def test_nobody_of_whom_another_row_leaves_doubt(
    root: Path, capsys: pytest.CaptureFixture[str], rows: tuple[str, ...]
) -> None:
    """A row of their name, or of another head, though it is left out."""
    run(root, *rows, more=("--heads",))
    assert confirmed_by_command(capsys.readouterr().out)
    assert set() == heads(root)


@pytest.mark.parametrize("name", ["people", "units"])
def test_a_change_of_somebody_else_is_not_lost(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A file that changed between the reading and the writing is not written over: exit 3."""
    mine = root / f"data/{name}.yaml"
    judged = importing.imported
    before = {path: path.read_bytes() for path in (root / "data").iterdir()}

    def meanwhile(*said: object, **more: object) -> object:
        mine.write_bytes(before[mine] + b"# mine\n")
        return judged(*said, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(importing, "imported", meanwhile)
    assert 3 == run(root, "1;Hà Văn Lựu;Giám đốc;Sở Ngoại vụ;CC;", more=("--heads",))
    said = capsys.readouterr()
    assert f"data/{name}.yaml has changed in the meantime" in said.err
    assert "" == said.out
    assert {**before, mine: before[mine] + b"# mine\n"} == {
        path: path.read_bytes() for path in (root / "data").iterdir()
    }
