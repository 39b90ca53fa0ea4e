"""Reviewers follow the organisation, whatever way the files are laid out."""

import atexit
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from samples import DAY, person, post, unit

from hopthu.cli import main
from hopthu.codeowners import Line, as_github, as_gitlab, lines
from hopthu.model.organisation import Document, Ending, Organisation
from hopthu.model.policy import PARTICIPATING, Policy
from hopthu.model.review_settings import Owner, Review
from hopthu.source.records import Record, Source

ROOT = Path(__file__).parents[2]
BASE = ROOT / "tests" / "rules" / "base"
OPERATOR = "@province/mail-operators"
REVIEW = Review(kinds=PARTICIPATING)
PROVINCE = [
    unit("ubnd", "Ủy ban nhân dân tỉnh", "ubnd", kind="province"),
    unit("stc", "Sở Tài chính", "stc", parent="ubnd"),
    unit("ns", "Phòng Ngân sách", "ns.stc", kind="division", parent="stc"),
    unit("qlcs", "Phòng Quản lý công sản", "qlcs.stc", kind="division", parent="stc"),
    unit("snv", "Sở Nội vụ", "snv", parent="ubnd"),
    unit("skh", "Sở Kế hoạch", "skh", parent="ubnd", ended=Ending("merged", DAY, into=("stc",))),
    unit("gtvt", "Sở Giao thông", "gtvt", parent="snv", ended=Ending("dissolved", DAY)),
]


def owners(placed: dict[str, list[str]], review: Review = REVIEW, people=()) -> dict[str, str]:  # type: ignore[no-untyped-def]
    """Return the reviewers of each line, where files hold the records with these ids."""
    made = {p.id: p for p in people}
    papers = {
        "qd-stc": Document("qd-stc", "decision", "1/QĐ-STC", "stc", DAY),
        "qd-tw": Document("qd-tw", "decision", "1/QĐ-TTg", "", DAY, outside_issuer="Thủ tướng"),
    }
    records: dict[str, list[Record]] = {k: [] for k in ("policy", "units", "people", "documents")}
    for file, ids in placed.items():
        for key in ids:
            kind = "people" if key in made else "documents" if key in papers else "units"
            records[kind].append(Record.of(kind, file, (0,), {"id": key}, None))  # type: ignore[arg-type]
    organisation = Organisation({u.id: u for u in PROVINCE}, made, papers)
    source = Source(Path(), {kind: tuple(each) for kind, each in records.items()})
    found = lines(source, organisation, Policy(review=review))
    return {line.path: " ".join(line.reviewers) for line in found}


def test_a_file_of_one_unit_goes_to_its_reviewers() -> None:
    """The name of the file says nothing: what is in it does."""
    found = owners({"data/units/a.yaml": ["stc"], "data/units/b.yaml": ["snv"]})
    expected = {
        "data/units/a.yaml": "@province/stc",
        "data/units/b.yaml": "@province/snv",
    }
    assert expected == found


def test_a_unit_without_reviewers_has_those_above_it() -> None:
    """A division has no team of its own unless policy says so."""
    named = replace(REVIEW, owners=(Owner("ns", ("@an", "binh@example.org")),))
    assert {"data/units/a.yaml": "@province/stc"} == owners({"data/units/a.yaml": ["ns"]})
    expected = {"data/units/a.yaml": "@an binh@example.org"}
    assert expected == owners({"data/units/a.yaml": ["ns"]}, named)


def test_a_file_of_several_units_goes_to_the_nearest_one_above_all() -> None:
    """Two divisions: their department. Two departments: the operator, as the province has none."""
    found = owners({"data/units/a.yaml": ["ns", "qlcs"], "data/units/b.yaml": ["ns", "snv"]})
    assert {"data/units/a.yaml": "@province/stc"} == found


def test_a_single_file_for_all_units_goes_to_the_operator() -> None:
    """A change of one file for all units concerns them all."""
    assert {} == owners({"data/units.yaml": [u.id for u in PROVINCE]})


def test_a_person_belongs_to_the_unit_of_their_last_main_post() -> None:
    """A transfer moves the record to the new unit's file, or the operator reviews it."""
    moved = person("an-an", "An", "an", "stc")
    moved = replace(moved, posts=(*moved.posts, post("an-an", "snv", date(2027, 1, 4))))
    beside = post("bi-bi", "snv", date(2027, 1, 4), main=False)
    both = person("bi-bi", "Bi", "bi", "stc")
    both = replace(both, posts=(*both.posts, beside))
    none = replace(moved, id="ca-ca", posts=())
    files = {"data/people/a.yaml": ["an-an"], "data/people/b.yaml": ["bi-bi"]}
    expected = {"data/people/a.yaml": "@province/snv", "data/people/b.yaml": "@province/stc"}
    assert expected == owners(files, people=[moved, both])
    assert {} == owners({"data/people/a.yaml": ["an-an", "bi-bi"]}, people=[moved, both])
    assert {} == owners({"data/people/a.yaml": ["ca-ca"]}, people=[none])


def test_an_ended_unit_is_reviewed_by_its_successor() -> None:
    """The one it went into; where that is no one unit, the one above it."""
    assert {"data/units/a.yaml": "@province/stc"} == owners({"data/units/a.yaml": ["skh", "ns"]})
    assert {"data/units/a.yaml": "@province/snv"} == owners({"data/units/a.yaml": ["gtvt"]})


def test_documents_go_to_their_issuer() -> None:
    """What an authority outside the tree issued is the operator's."""
    files = {"data/documents/a.yaml": ["qd-stc"], "data/documents/b.yaml": ["qd-tw"]}
    assert {"data/documents/a.yaml": "@province/stc"} == owners(files)
    assert {} == owners({"data/documents/a.yaml": ["qd-stc", "qd-tw"]})


def test_a_folder_covers_files_added_later() -> None:
    """And a file in it has a line of its own only where its reviewers are others."""
    found = owners({"data/units/x/a.yaml": ["stc"], "data/units/x/b.yaml": ["ns"]})
    assert {"data/units/x/": "@province/stc"} == found
    found = owners({"data/units/x/a.yaml": ["stc"], "data/units/y.yaml": ["snv"]})
    assert {"data/units/x/": "@province/stc", "data/units/y.yaml": "@province/snv"} == found
    found = owners({"data/units/x/a.yaml": ["stc"], "data/units/x/b.yaml": ["snv"]})
    assert {"data/units/x/a.yaml": "@province/stc", "data/units/x/b.yaml": "@province/snv"} == found


def test_the_order_of_records_and_files_changes_nothing() -> None:
    """The same data, the same text."""
    files = {"data/units/a.yaml": ["ns", "qlcs"], "data/units/b.yaml": ["snv", "gtvt"]}
    turned = {name: ids[::-1] for name, ids in reversed(files.items())}
    assert list(owners(files).items()) == list(owners(turned).items())


def test_code_policy_and_inventories_are_the_operators() -> None:
    """GitHub takes the last line that matches; for all of these it is the first."""
    text = as_github([Line("data/units/a.yaml", ("@a",))], Policy())
    for path in (
        "data/policy.yaml", "schemas/people.yaml", "deploys/site.py", "templates/postfix/main.cf",
        "inventory/production.py", ".github/workflows/deploy.yml", ".github/CODEOWNERS",
        ".gitlab-ci.yml", "hopthu/cli/apply.py", "data/units/b.yaml", "data/people/a.yaml",
    ):  # fmt: skip
        assert OPERATOR == decided(text, path), path
    assert "@a" == decided(text, "data/units/a.yaml")


HOSTILE = [
    "data/units/so tai chinh.yaml",
    "data/units/ a .yaml",
    "data/units/[ab].yaml",
    "data/units/Sở Tài chính/đơn vị (cũ).yaml",
    "data/units/a#b/c.yaml",
    "data/units/*.yaml",
    "data/units/a?.yaml",
    "data/units/a\\ b.yaml",
    "data/units/a\n* @evil.yaml",
    "data/units/a\t@evil.yaml",
    "data/units/!a.yaml",
    "data/units/a\u00a0b.yaml",
]


@pytest.mark.parametrize("path", HOSTILE)
def test_a_hostile_name_changes_no_other_line(path: str, tmp_path: Path) -> None:
    """It is written so that it matches itself and nothing near it, or not at all."""
    line = Line(path, ("@unit",))
    near = ["data/units/a.yaml", "data/units/ab.yaml", "data/units/b.yaml", "data/units/b/a.yaml"]
    for text in (as_github([line], Policy()), as_gitlab([line], Policy())):
        assert ("@unit" if line.writable else OPERATOR) == decided(text, path)
        assert all(OPERATOR == decided(text, other) for other in near)
        assert "evil" not in text
    assert line.writable == (path in HOSTILE[:4])


def decided(text: str, path: str) -> str:
    """Return the reviewers of the last line whose pattern git itself finds to match `path`."""
    answer = ""
    for line in text.splitlines():
        if line and not line.startswith(("#", "[Reviewers]")):
            pattern, rest = re.fullmatch(r"((?:\\.|\S)+) (.+)", line).groups()  # type: ignore[union-attr]
            answer = rest if matches(pattern, path) else answer
    return answer


@cache
def empty_repository() -> Path:
    """Return a work tree with nothing in it: check-ignore asks for one."""
    folder = Path(tempfile.mkdtemp(prefix="hopthu-codeowners-"))
    atexit.register(shutil.rmtree, folder)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


def matches(pattern: str, path: str) -> bool:
    """Ask git, whose patterns both platforms follow (gitignore(5))."""
    folder = empty_repository()
    (folder / ".git" / "info" / "exclude").write_text(pattern + "\n", encoding="utf-8")
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", "-q", "--", path], cwd=folder, check=False
    )
    assert done.returncode in (0, 1), (pattern, path)
    return done.returncode == 0


def test_gitlab_has_one_section_with_the_approvals_asked_for() -> None:
    """In a section the last line that matches decides; no line stands outside."""
    two = Policy(review=replace(REVIEW, approvals=2))
    found = [Line("data/units/a.yaml", ("@a", "@b"))]
    text = as_gitlab(found, two).splitlines()
    rules = [line for line in text if not line.startswith("#")]
    assert ["[Reviewers][2]", f"* {OPERATOR}", "/data/units/a.yaml @a @b"] == rules
    assert "[Reviewers]" in as_gitlab(found, Policy()).splitlines()
    # Whoever a comment mentions is taken for an owner there.
    assert not [line for line in text if line.startswith("#") and "@" in line]


@pytest.mark.parametrize(("form", "folder"), [("github", ".github"), ("gitlab", ".gitlab")])
def test_the_shipped_files_are_current(form: str, folder: str) -> None:
    """`hopthu codeowners --format FORM > FOLDER/CODEOWNERS` makes them."""
    kept = str(ROOT / folder / "CODEOWNERS")
    assert 0 == main(["codeowners", "--root", str(ROOT), "--format", form, "--check", kept])


def test_a_stale_file_is_shown_and_exits_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is to change, and the command that does it."""
    shutil.copytree(BASE / "data", tmp_path / "data")
    kept = tmp_path / "CODEOWNERS"
    assert 0 == main(["codeowners", "--root", str(tmp_path)])
    kept.write_text(capsys.readouterr().out)
    check = ["codeowners", "--root", str(tmp_path), "--check", str(kept)]
    assert 0 == main(check)
    units = tmp_path / "data" / "units.yaml"
    units.replace(tmp_path / "units.yaml")
    units.with_suffix("").mkdir()
    first, rest = (tmp_path / "units.yaml").read_text().split("- id: ubnd-tinh")
    (tmp_path / "data" / "units" / "1.yaml").write_text(first)
    (tmp_path / "data" / "units" / "2.yaml").write_text(f"- id: ubnd-tinh{rest}")
    assert 2 == main(check)
    printed = capsys.readouterr()
    assert "+/data/units/1.yaml @province/so-tai-chinh\n" in printed.out
    assert f"fix: run hopthu codeowners --format github > {kept}" in printed.err


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_that_cannot_be_read_exits_2(content: bytes | None, tmp_path: Path) -> None:
    """Absent, or no text: not current, whatever else."""
    kept = tmp_path / "CODEOWNERS"
    if content:
        kept.write_bytes(content)
    assert 2 == main(["codeowners", "--root", str(ROOT), "--check", str(kept)])


def test_the_text_does_not_depend_on_the_day(capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise the committed file would be stale at midnight without any edit."""
    texts = set()
    for day in ("2026-11-25", "2026-12-25"):
        main(["codeowners", "--root", str(ROOT), "--on", day])
        texts.add(capsys.readouterr().out)
    assert 1 == len(texts)
    assert f"* {OPERATOR}\n" in texts.pop()


def test_a_path_that_no_pattern_can_express_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its file stays with the reviewers of the folder, and a warning says so."""
    shutil.copytree(BASE / "data", tmp_path / "data")
    (tmp_path / "data" / "people").mkdir()
    people = tmp_path / "data" / "people.yaml"
    first = people.read_text().split("\n- ")[0] + "\n"
    rest = people.read_text().removeprefix(first)
    (tmp_path / "data" / "people" / "a*\n.yaml").write_text(first)
    (tmp_path / "data" / "people" / "rest.yaml").write_text(rest)
    people.unlink()
    assert 0 == main(["codeowners", "--root", str(tmp_path)])
    assert "warning: data/people/a*\\u000a.yaml: " in capsys.readouterr().err
