"""Committed data that may not be removed: plain `check` and `plan` compare with HEAD."""

import json
import shutil
from pathlib import Path

import pytest
from test_saved_plan import edit, git

from hopthu.cli import main

BASE = Path(__file__).parents[1] / "rules" / "base"
DAY = ["--on", "2026-11-25", "--lang", "en", "--root"]
PLAIN = (["check"], ["plan"])
RETIRED = "tran-thi-hoan"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout whose one commit holds the base of the invalid cases, and a person more."""
    shutil.copytree(BASE / "data", tmp_path / "data")
    edit(tmp_path, "people", "address: xuyenvv", "address: xuyenvv, former: [xuyen.vu]")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "base")
    return tmp_path


def remove(root: Path, person: str) -> None:
    """Take a person's record out of the data."""
    path = root / "data" / "people.yaml"
    head, *records = path.read_text(encoding="utf-8").split("- id: ")
    kept = [record for record in records if not record.startswith(f"{person}\n")]
    assert len(records) == len(kept) + 1
    path.write_text("- id: ".join([head, *kept]), encoding="utf-8")


@pytest.mark.parametrize("command", PLAIN, ids=" ".join)
def test_removed_record_is_refused(
    root: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Even if the data is valid, because nobody else cites the person."""
    remove(root, RETIRED)
    assert 2 == main([*command, *DAY, str(root)])
    assert "tran-thi-hoan: the record was removed [id-removed" in capsys.readouterr().out


def test_an_emptied_file_is_two_problems(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One for all the removed records, one for all that named them; few are named each."""
    path = root / "data" / "people.yaml"
    text = path.read_text(encoding="utf-8")
    retired = f"- id: {text.split('- id: ')[2]}"
    copies = [retired.replace(RETIRED, f"{RETIRED}-{n}", 1) for n in range(2, 20)]
    path.write_text("".join([text, *copies]), encoding="utf-8")
    git(root, "commit", "-qam", "more")
    path.write_text("[]\n", encoding="utf-8")
    assert 2 == main(["check", *DAY, str(root), "--format", "json"])
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert ["dangling-reference", "id-removed"] == [problem["rule"] for problem in problems]
    what = "21 records were removed: le-van-binh, tran-thi-hoan, vu-van-xuyen and 18 more"
    assert what == problems[1]["what"]


def test_address_of_a_removed_record_is_not_offered(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its holder has it on the servers; a unit that lacks its own for now gets that again."""
    remove(root, RETIRED)
    asked = ["address", "Trần Thị Hoan", *DAY, str(root)]
    assert 0 == main(asked)
    assert "hoantt2\n" == capsys.readouterr().out
    edit(root, "units", "  mailbox: {address: stc, aliases: [sotaichinh]}\n", "")
    assert 0 == main(["address", "so-tai-chinh", *DAY, str(root)])
    assert "stc\n" == capsys.readouterr().out
    shutil.rmtree(root / ".git")
    assert 0 == main(asked)
    assert "hoantt\n" == capsys.readouterr().out


def test_a_new_file_in_a_folder_is_judged_as_well(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though no file of the revision differs."""
    for kind in ("people", "units"):
        folder = root / "data" / kind
        folder.mkdir()
        (root / "data" / f"{kind}.yaml").rename(folder / "all.yaml")
    git(root, "add", ".")
    git(root, "commit", "-qm", "folders")
    assert 0 == main(["check", *DAY, str(root)])
    capsys.readouterr()
    old = "decision: qd-77-stc-2019, request: cv-40-stc-2019"
    (root / "data" / "people" / "new.yaml").write_text(
        "- id: tran-thi-thu\n  name: Trần Thị Thu\n  category: civil_servant\n"
        "  mailbox: {address: thutt}\n  posts:\n"
        f"    - {{unit: so-tai-chinh, title: Chuyên viên, from: 2019-05-06, {old}}}\n",
        encoding="utf-8",
    )
    (root / "data" / "units" / "new.yaml").write_text(
        "- id: so-du-lich\n  name: Sở Du lịch\n  short: SDL\n  kind: department\n"
        "  parent: ubnd-tinh\n"
        "  mailbox: {address: sdl}\n",
        encoding="utf-8",
    )
    assert 2 == main(["check", *DAY, str(root)])
    said = capsys.readouterr().out
    assert "so-du-lich: the unit is new, and no decision creates it [fact-basis" in said
    assert "tran-thi-thu: cv-40-stc-2019 is of " in said
    assert "[document-age" in said


def test_a_unit_from_nowhere_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where it is all that differs, so that no older unit is compared."""
    path = root / "data" / "units.yaml"
    new = "- {id: hoi-dong-tu-van, name: Hội đồng tư vấn, kind: council}\n"
    path.write_text(new + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert 2 == main(["check", *DAY, str(root)])
    assert "the unit is new, and no decision creates it" in capsys.readouterr().out


def test_a_namesake_is_told_though_the_first_one_is_as_before(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is the same in both revisions is not compared, except whoever has a new name."""
    path = root / "data" / "people.yaml"
    new = """\
- id: vu-van-xuyen-2
  name: Vũ Văn Xuyên
  category: civil_servant
  mailbox: {address: xuyenvv2}
  posts:
    - unit: van-phong-ubnd-tinh
      title: Văn thư
      from: 2026-07-06
      decision: qd-210-ubnd-2025
      request: cv-12-vpubnd-2025
"""
    path.write_text(path.read_text(encoding="utf-8") + new, encoding="utf-8")
    main(["check", *DAY, str(root)])
    said = "can be mistaken for vu-van-xuyen, also in van-phong-ubnd-tinh"
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("command", PLAIN, ids=" ".join)
def test_reused_id_is_refused(
    root: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The old id belongs to somebody else, by name and by address."""
    edit(root, "people", "name: Trần Thị Hoan", "name: Trần Thị Hoàng Lan")
    edit(root, "people", "address: hoantt", "address: lantth, former: [hoantt]")
    assert 2 == main([*command, *DAY, str(root)])
    assert "[id-reused" in capsys.readouterr().out


@pytest.mark.parametrize("command", PLAIN, ids=" ".join)
@pytest.mark.parametrize(
    ("kind", "old", "new", "rule"),
    [
        ("units", ", aliases: [sotaichinh]", "", "address-kept"),
        ("people", "address: xuyenvv, former: [xuyen.vu]",
         "address: xuyenvv, aliases: [xuyen.vu]", "address-kept"),
    ],
)  # fmt: skip
def test_dropped_or_returned_address_is_refused(
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
def test_address_that_changes_hands_is_refused(
    root: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A unit's alias moves to another unit: unique, but mail goes to a stranger."""
    edit(root, "units", ", aliases: [sotaichinh]", "")
    edit(root, "units", "{address: vpubnd}", "{address: vpubnd, former: [sotaichinh]}")
    assert 2 == main([*command, *DAY, str(root)])
    assert 'address "sotaichinh" was that of so-tai-chinh' in capsys.readouterr().out


@pytest.mark.parametrize("command", PLAIN, ids=" ".join)
def test_addresses_are_tracked_across_files(
    root: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Identical files are not compared, but may contain records that are cited elsewhere."""
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


def test_cited_document_cannot_be_removed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who cites it is in a file that is unchanged; a regulation that was in force stays cited."""
    edit(root, "documents", "qd-300-stc-2025", "qd-300-stc-2024")
    assert 2 == main(["check", *DAY, str(root)])
    assert "[dangling-reference" in capsys.readouterr().out
    edit(root, "units", "regulation: qd-300-stc-2025", "regulation: qd-300-stc-2024")
    assert 2 == main(["check", *DAY, str(root)])
    assert '"regulation" was "qd-300-stc-2025" [fact-basis' in capsys.readouterr().out


def test_what_a_document_granted_may_be_written_into_it(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The record of the mailbox is the same in both; another address is none it granted."""
    edit(root, "people", "address: hoantt", "address: hoantt, exception: qd-95-vpubnd-2026")
    edit(
        root,
        "documents",
        "- {id: qd-90-stc-2026",
        "- {id: qd-95-vpubnd-2026, kind: decision, number: 95/QĐ-VPUBND, issuer: "
        "van-phong-ubnd-tinh, date: 2026-02-02, acts: [exception]}\n- {id: qd-90-stc-2026",
    )
    git(root, "commit", "-qam", "granted as earlier versions wrote it")
    edit(root, "documents", "acts: [exception]}", "acts: [exception], addresses: [hoantt]}")
    main(["check", *DAY, str(root)])
    assert "[history-rewritten" not in capsys.readouterr().out
    edit(root, "documents", "addresses: [hoantt]", "addresses: [hoantt, motcua]")
    assert 2 == main(["check", *DAY, str(root)])
    assert 'there was no "addresses" [history-rewritten' in capsys.readouterr().out


def widen(root: Path) -> None:
    """Let the office of the province decide that somebody leaves, by a decision of the province."""
    edit(
        root,
        "policy",
        "operator:",
        "competence: {left: [unit, van-phong-ubnd-tinh]}\n"
        "changes: [{on: 2026-07-31, facts: [competence.left], decision: qd-88-ubnd-2026}]\n"
        "operator:",
    )
    edit(
        root,
        "documents",
        "- {id: qd-210-ubnd-2025",
        "- {id: qd-88-ubnd-2026, kind: decision, number: 88/QĐ-UBND, issuer: ubnd-tinh, "
        "date: 2026-07-15}\n- {id: qd-210-ubnd-2025",
    )


def test_a_wider_policy_is_not_used_by_the_edit_that_brings_it(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`check` judges by the policy of the base, also for units that are the same in both."""
    edit(
        root,
        "documents",
        "- {id: qd-90-stc-2026",
        "- {id: qd-89-vpubnd-2026, kind: decision, number: 89/QĐ-VPUBND, issuer: "
        "van-phong-ubnd-tinh, date: 2026-07-01}\n- {id: qd-90-stc-2026",
    )
    edit(
        root,
        "people",
        "on: 2026-08-01, decision: qd-90-stc-2026",
        "on: 2026-08-02, decision: qd-89-vpubnd-2026",
    )
    widen(root)
    assert 2 == main(["check", *DAY, str(root)])
    assert "by the policy before this edit [policy-first" in capsys.readouterr().out
    git(root, "stash", "-q")
    widen(root)
    assert 0 == main(["check", *DAY, str(root)])
    git(root, "commit", "-qam", "first the policy")
    git(root, "stash", "pop", "-q")
    main(["check", *DAY, str(root)])
    assert "[policy-first" not in capsys.readouterr().out


def test_plan_compares_with_its_base(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A committed removal cannot be seen in HEAD."""
    remove(root, RETIRED)
    git(root, "commit", "-qam", "somebody less")
    assert 0 == main(["plan", *DAY, str(root)])
    assert 2 == main(["plan", *DAY, str(root), "--base", "HEAD^"])
    assert "[id-removed" in capsys.readouterr().out


def test_empty_base_is_an_error(root: Path) -> None:
    """A variable was not set; comparing with HEAD could hide what an earlier commit forbids."""
    for command in PLAIN:
        assert 2 == main([*command, *DAY, str(root), "--base", ""])


@pytest.mark.parametrize("command", PLAIN, ids=" ".join)
def test_the_past_stays_as_it_was(root: Path, command: list[str]) -> None:
    edit(root, "people", "title: Kế toán", "title: Thủ quỹ")
    assert 2 == main([*command, *DAY, str(root)])


def test_unpublished_mistake_is_corrected_with_an_older_base(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The fix is named; an explicit base replaces HEAD."""
    edit(root, "units", "[sotaichinh]", "[sotaichinh, sotaichin]")
    git(root, "commit", "-qam", "a slip")
    edit(root, "units", "[sotaichinh, sotaichin]", "[sotaichinh]")
    assert 2 == main(["check", *DAY, str(root)])
    assert "--base" in capsys.readouterr().err
    assert 0 == main(["check", *DAY, str(root), "--base", "HEAD^"])


def test_first_commit_has_no_base(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No repository, no commit, or no data: `check` says that it compared with nothing."""
    shutil.copytree(BASE / "data", tmp_path / "data")
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "nothing"]):
        assert 0 == main(["check", *DAY, str(tmp_path)])
        output = capsys.readouterr()
        assert "No problem found.\n" == output.out
        assert "no earlier revision to compare with" in output.err
        git(tmp_path, *command)
    assert 0 == main(["check", *DAY, str(tmp_path), "--format", "json"])
    output = capsys.readouterr()
    assert [] == json.loads(output.out)["problems"]
    assert "no earlier revision to compare with" in output.err


def test_broken_commit_can_be_fixed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be read there is reported, and the rest is compared."""
    whole = (root / "data" / "people.yaml").read_text(encoding="utf-8")
    edit(root, "people", "- id: le-van-binh", "- [")
    git(root, "commit", "-qam", "broken")
    (root / "data" / "people.yaml").write_text(whole, encoding="utf-8")
    assert 0 == main(["check", *DAY, str(root)])
    assert "data/people.yaml" in capsys.readouterr().err
    edit(root, "units", ", aliases: [sotaichinh]", "")
    assert 2 == main(["check", *DAY, str(root)])
    assert "[address-kept" in capsys.readouterr().out
