"""What was committed and may not go: plain `check` and `plan` ask HEAD, without being told to."""

import json
import shutil
from pathlib import Path

import pytest
from test_saved_plan import edit, git

from hopthu.cli import main

BASE = Path(__file__).parents[1] / "invalid" / "base"
DAY = ["--on", "2026-11-25", "--lang", "en", "--root"]
PLAIN = (["check"], ["plan"])
RETIRED = "tran-thi-hoan"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout whose one commit holds the base of the invalid cases, and a person more."""
    shutil.copytree(BASE / "data", tmp_path / "data")
    edit(tmp_path, "people", "address: xuyenvv", "address: xuyenvv, former: [xuyen.cu]")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "base")
    return tmp_path


def taken_out(root: Path, person: str) -> None:
    """Take a person's record out of the data."""
    path = root / "data" / "people.yaml"
    head, *records = path.read_text(encoding="utf-8").split("- id: ")
    kept = [record for record in records if not record.startswith(f"{person}\n")]
    assert len(records) == len(kept) + 1
    path.write_text("- id: ".join([head, *kept]), encoding="utf-8")


@pytest.mark.parametrize("command", PLAIN, ids=" ".join)
def test_a_record_taken_out_is_refused(
    root: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """What is valid by itself: nobody else names the person any more."""
    taken_out(root, RETIRED)
    assert 2 == main([*command, *DAY, str(root)])
    assert "tran-thi-hoan: the record was taken out [id-removed" in capsys.readouterr().out


@pytest.mark.parametrize("command", PLAIN, ids=" ".join)
def test_an_id_reused_is_refused(
    root: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Under the old id stands somebody else, by name and by address."""
    edit(root, "people", "name: Trần Thị Hoan", "name: Trần Thị Hoàng Lan")
    edit(root, "people", "address: hoantt", "address: lantth, former: [hoantt]")
    assert 2 == main([*command, *DAY, str(root)])
    assert "[id-reused" in capsys.readouterr().out


@pytest.mark.parametrize("command", PLAIN, ids=" ".join)
@pytest.mark.parametrize(
    ("kind", "old", "new", "rule"),
    [
        ("units", ", aliases: [sotaichinh]", "", "address-dropped"),
        ("people", "address: xuyenvv, former: [xuyen.cu]",
         "address: xuyenvv, aliases: [xuyen.cu]", "address-returned"),
    ],
)  # fmt: skip
def test_an_address_given_up_or_taken_back_is_refused(
    root: Path,
    command: list[str],
    kind: str,
    old: str,
    new: str,
    rule: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    edit(root, kind, old, new)
    assert 2 == main([*command, *DAY, str(root)])
    assert f"[{rule}" in capsys.readouterr().out


@pytest.mark.parametrize("command", PLAIN, ids=" ".join)
def test_an_address_that_changes_hands_is_refused(
    root: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """One unit's alias becomes the other's: unique, and a stranger's mail."""
    edit(root, "units", ", aliases: [sotaichinh]", "")
    edit(root, "units", "{address: vpubnd}", "{address: vpubnd, aliases: [sotaichinh]}")
    assert 2 == main([*command, *DAY, str(root)])
    assert 'address "sotaichinh" was that of so-tai-chinh' in capsys.readouterr().out


@pytest.mark.parametrize("command", PLAIN, ids=" ".join)
def test_an_address_is_followed_from_file_to_file(
    root: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Files that are the same are not compared, and yet hold who is named elsewhere."""
    people = root / "data" / "people"
    people.mkdir()
    (root / "data" / "people.yaml").rename(people / "all.yaml")
    git(root, "add", "--all")
    git(root, "commit", "-qm", "a folder of files")
    first, second = people / "all.yaml", people / "more.yaml"
    text = first.read_text(encoding="utf-8")
    cut = text.index("- id: tran-thi-hoan")
    first.write_text(text[:cut], encoding="utf-8")
    second.write_text(text[cut:], encoding="utf-8")
    assert 0 == main([*command, *DAY, str(root)])
    git(root, "add", "--all")
    git(root, "commit", "-qm", "two files")
    capsys.readouterr()
    second.write_text(text[text.index("- id: vu-van-xuyen") :], encoding="utf-8")
    assert 2 == main([*command, *DAY, str(root)])
    assert "[id-removed" in capsys.readouterr().out


def test_a_document_something_rested_on_stays(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the file that rested on it is the same as before."""
    edit(root, "documents", "qd-300-stc-2025", "qd-300-stc-2024")
    edit(root, "units", "regulation: qd-300-stc-2025", "regulation: qd-300-stc-2024")
    assert 2 == main(["check", *DAY, str(root)])
    assert "something rested on it" in capsys.readouterr().out


def test_plan_asks_the_revision_it_is_made_against(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A removal that is committed already is not to be seen in HEAD."""
    taken_out(root, RETIRED)
    git(root, "commit", "-qam", "somebody less")
    assert 0 == main(["plan", *DAY, str(root)])
    assert 2 == main(["plan", *DAY, str(root), "--base", "HEAD^"])
    assert "[id-removed" in capsys.readouterr().out


def test_an_empty_base_is_a_variable_nobody_set(root: Path) -> None:
    """To compare with HEAD then would pass what an earlier commit forbids."""
    for command in PLAIN:
        assert 2 == main([*command, *DAY, str(root), "--base", ""])


def test_plan_leaves_what_is_past_to_check(root: Path) -> None:
    """A row may be another by the day a plan is made against a base of long ago."""
    edit(root, "people", "title: Kế toán", "title: Thủ quỹ")
    assert 2 == main(["check", *DAY, str(root)])
    assert 0 == main(["plan", *DAY, str(root)])


def test_what_nobody_else_has_yet_is_put_right_against_an_older_revision(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The way out is named; an explicit base stands in place of HEAD."""
    edit(root, "units", "[sotaichinh]", "[sotaichinh, sotaichin]")
    git(root, "commit", "-qam", "a slip")
    edit(root, "units", "[sotaichinh, sotaichin]", "[sotaichinh]")
    assert 2 == main(["check", *DAY, str(root)])
    assert "--base" in capsys.readouterr().err
    assert 0 == main(["check", *DAY, str(root), "--base", "HEAD^"])


def test_the_first_commit_has_nothing_before_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No repository, no commit, no data in it: `check` says that it compared with nothing."""
    shutil.copytree(BASE / "data", tmp_path / "data")
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "nothing"]):
        assert 0 == main(["check", *DAY, str(tmp_path)])
        said = capsys.readouterr()
        assert "No problem found.\n" == said.out
        assert "no earlier revision to compare with" in said.err
        git(tmp_path, *command)
    assert 0 == main(["check", *DAY, str(tmp_path), "--format", "json"])
    said = capsys.readouterr()
    assert [] == json.loads(said.out)["problems"]
    assert "no earlier revision to compare with" in said.err


def test_a_broken_commit_can_be_mended(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be read there is said, and the rest is asked."""
    whole = (root / "data" / "people.yaml").read_text(encoding="utf-8")
    edit(root, "people", "- id: le-van-binh", "- [")
    git(root, "commit", "-qam", "broken")
    (root / "data" / "people.yaml").write_text(whole, encoding="utf-8")
    assert 0 == main(["check", *DAY, str(root)])
    assert "data/people.yaml" in capsys.readouterr().err
    edit(root, "units", ", aliases: [sotaichinh]", "")
    assert 2 == main(["check", *DAY, str(root)])
    assert "[address-dropped" in capsys.readouterr().out
