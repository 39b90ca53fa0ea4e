"""A plan that was reviewed is applied only while it is true; else what moved is said."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hopthu.cli import main
from hopthu.errors import Refused, UsageError
from hopthu.git.repository import Repository
from hopthu.plan.file import as_saved, load_saved
from hopthu.plan.host_changes import Servers
from hopthu.plan.plan import make
from hopthu.plan.review import review
from hopthu.validate import read

BASE = Path(__file__).parents[1] / "rules" / "base"
ON = date(2026, 7, 31)
"""The day before tran-thi-hoan retires."""
CORRECTED = "decision: qd-210-ubnd-2025, request: cv-12-vpubnd-2025}\n"
CORRECTION = (
    "- {id: cv-94-ubnd-2026, kind: request, number: 94/UBND-NC, issuer: ubnd-tinh, "
    "date: 2026-07-20, acts: [correction], units: [van-phong-ubnd-tinh]}\n"
    "- {id: cv-95-stc-2026, kind: request, number: 95/STC-VP, "
    "issuer: so-tai-chinh, date: 2026-07-20, acts: [correction]}\n"
)
RULES = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid"]


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *RULES, *arguments], check=True, capture_output=True)


def edit(root: Path, kind: str, old: str, new: str) -> None:
    path = root / "data" / f"{kind}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with one edit that is not committed: a title, corrected by a document."""
    root = tmp_path_factory.mktemp("edited")
    shutil.copytree(BASE / "data", root / "data")
    for name in ("deploys", "templates", "schemas"):
        (root / name).mkdir()
        (root / name / "one").write_text("1")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "base")
    edit(root, "people", "title: Chánh Văn phòng", "title: Phó Chánh Văn phòng")
    edit(root, "people", CORRECTED, f"{CORRECTED}  corrections: [cv-94-ubnd-2026]\n")
    edit(root, "documents", "- {id: qd-210", f"{CORRECTION}- {{id: qd-210")
    return root


@pytest.fixture(scope="module")
def saved(edited: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plan of the edit."""
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    arguments = ["plan", "--root", str(edited), "--on", ON.isoformat(), "--out", str(path)]
    assert 0 == main(arguments)
    return path


@pytest.fixture
def root(edited: Path, tmp_path: Path) -> Path:
    """A checkout with the edit, for a test to change."""
    return shutil.copytree(edited, tmp_path, dirs_exist_ok=True)


@pytest.fixture
def kept(saved: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of its plan, for a test to change."""
    return Path(shutil.copy(saved, tmp_path_factory.mktemp("plan")))


def confirmed(kept: Path, root: Path, on: date = ON) -> None:
    review(kept, Repository(root), read(root, on), on)


def refusal(kept: Path, root: Path, on: date = ON) -> str:
    with pytest.raises(Refused) as raised:
        confirmed(kept, root, on)
    return raised.value.what


def test_an_unchanged_plan_is_accepted(kept: Path, root: Path) -> None:
    """Also after the edit is committed."""
    confirmed(kept, root)
    git(root, "commit", "-qam", "the edit that was reviewed")
    confirmed(kept, root)


def test_an_edit_of_a_later_day_or_of_the_record_is_named(kept: Path, root: Path) -> None:
    """All parts of a plan are reviewed."""
    edit(
        root,
        "people",
        "  category: civil_servant\n  mailbox: {address: hoantt}",
        "  category: civil_servant\n  corrections: [cv-95-stc-2026]\n  mailbox: {address: hoantt}",
    )
    edit(root, "people", "how: retired", "how: resigned")
    assert "(tran-thi-hoan): left: how: retired → resigned" in refusal(kept, root)
    edit(root, "people", "on: 2026-08-01", "on: 2026-09-01")
    assert "not reviewed: on 2026-09-01: Trần Thị Hoan" in refusal(kept, root)


def test_an_edit_of_data_is_named(kept: Path, root: Path) -> None:
    """What would be done now and was not reviewed, and the reverse."""
    edit(root, "people", "title: Phó Chánh Văn phòng", "title: Chuyên viên")
    unit = "Văn phòng Ủy ban nhân dân tỉnh"
    row = "person Vũ Văn Xuyên (vu-van-xuyen): posts from 2025-03-01"
    expected = f"""\
the plan no longer matches what was reviewed:
  not reviewed: {row}: title: Chánh Văn phòng → Chuyên viên
  not reviewed: Vũ Văn Xuyên is now Chuyên viên at {unit}
  not reviewed: file data/people.yaml: changed (…)
  no longer planned: {row}: title: Chánh Văn phòng → Phó Chánh Văn phòng
  no longer planned: Vũ Văn Xuyên is now Phó Chánh Văn phòng at {unit}
  and 1 more"""
    assert expected == re.sub(r"[0-9a-f]{32}", "…", refusal(kept, root))


def test_an_edit_of_policy_is_named(kept: Path, root: Path) -> None:
    """By its key, though no mailbox changes."""
    policy = root / "data" / "policy.yaml"
    policy.write_text(policy.read_text() + "limits: {message: 10 MiB}\n")
    assert "\n  not reviewed: policy: limits.message: – → 10 MiB\n" in refusal(kept, root)


def test_an_edit_of_any_other_file_is_named(kept: Path, root: Path) -> None:
    """A workflow is reviewed with the plan, also one that came since."""
    (root / "Makefile").write_text("all:\n")
    confirmed(kept, root)  # git does not know it yet
    git(root, "add", "Makefile")
    assert "\n  not reviewed: file Makefile: added (" in refusal(kept, root)
    git(root, "rm", "-qf", "Makefile")
    edit(root, "people", "- id: le-van-binh", "# The head.\n- id: le-van-binh")
    assert "\n  not reviewed: file data/people.yaml: changed (" in refusal(kept, root)


@pytest.mark.parametrize("part", ["deploys", "templates"])
def test_an_edit_of_code_is_named(kept: Path, root: Path, part: str) -> None:
    """By its name, and once; a file that moved counts."""
    (root / part / "one").rename(root / part / "two")
    said = refusal(kept, root)
    assert f"\n  not reviewed: file {part}/two: added (" in said
    assert 1 == said.count(f"{part}/two")


def test_code_behind_a_link_out_of_the_repository_is_reviewed(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The link is as it was, and what an apply reads through it is not."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "two").write_text("2")
    (root / "templates" / "two").symlink_to(folder / "two")
    path = folder / "plan.json"
    assert 0 == main(["plan", "--root", str(root), "--on", ON.isoformat(), "--out", str(path)])
    confirmed(path, root)
    (folder / "two").write_text("3")
    assert "\n  code: templates/two differs from what was reviewed" in refusal(path, root)


@pytest.mark.parametrize("part", ["deploys", "inventory", "templates"])
def test_an_edit_of_code_since_servers_were_read_is_named(
    kept: Path, root: Path, part: str
) -> None:
    """A plan against servers lists no files of the repository: their digests tell."""
    loaded = read(root, ON)
    plan = replace(make(loaded, loaded, ON, "live lab"), servers=Servers("lab"))
    kept.write_text(as_saved(plan, loaded.policy, root), encoding="utf-8")
    confirmed(kept, root)
    (root / part).mkdir(exist_ok=True)
    (root / part / "two").write_text("2")
    named = part if part == "inventory" else f"{part}/two"
    assert f"\n  code: {named} differs from what was reviewed" in refusal(kept, root)


def test_a_change_due_since_midnight_is_named(kept: Path, root: Path) -> None:
    """Nobody edited anything, but the day did."""
    told = refusal(kept, root, date(2026, 8, 1))
    expected = "due since 2026-07-31: Trần Thị Hoan: the mailbox is closed; mail to it is refused"
    assert told.endswith(f"\n  {expected}")


def test_a_new_day_without_due_changes_is_accepted(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The day alone changes nothing."""
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    main(["plan", "--root", str(root), "--on", "2026-08-03", "--out", str(path)])
    confirmed(path, root, date(2026, 8, 4))


def test_the_saved_file_is_not_trusted(kept: Path, root: Path) -> None:
    """Neither a change taken out nor a guard said to pass: all is worked out again."""
    told = json.loads(kept.read_text(encoding="utf-8"))
    kept.write_text(json.dumps(told | {"changes": []}), encoding="utf-8")
    confirmed(kept, root)  # the checksum is still that of what will be done
    kept.write_text(json.dumps(told | {"changes": [], "checksum": "0"}), encoding="utf-8")
    assert "not reviewed: Vũ Văn Xuyên is now" in refusal(kept, root)


def test_guards_are_evaluated_again(kept: Path, root: Path) -> None:
    """A plan made before a guard was narrowed does not pass it, whatever the file says."""
    policy = root / "data" / "policy.yaml"
    narrow = "guards: {change: {few: 0, percent: [0, 0, 0], most: 0}}\n"
    policy.write_text(policy.read_text() + narrow)
    assert 'the plan exceeds its guards:\n  guard "change", province-wide: ' in refusal(kept, root)


GRANT = (
    "- {id: qd-95-vpubnd-2026, kind: decision, number: 95/QĐ-VPUBND, issuer: van-phong-ubnd-tinh, "
    "date: 2026-07-30, acts: [allowance]}\n"
    "- {id: qd-96-ubnd-2026, kind: decision, number: 96/QĐ-UBND, issuer: ubnd-tinh, "
    "date: 2026-07-30, acts: [policy]}\n"
)
NARROW = (
    "guards: {change: {few: 0, percent: [0, 0, 0], most: 0}}\n"
    "changes: [{on: 2026-07-31, facts: [guards.change], decision: qd-96-ubnd-2026}]\n"
)


def test_an_expired_allowance_does_not_count(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Guards judge as of the day of the apply, not of the review."""
    policy = root / "data" / "policy.yaml"
    documents = root / "data" / "documents.yaml"
    documents.write_text(documents.read_text(encoding="utf-8") + GRANT, encoding="utf-8")
    allowed = "document: qd-95-vpubnd-2026, until: 2026-08-03}"
    policy.write_text(
        policy.read_text()
        + f"{NARROW}allowances:\n"
        + f"  - {{guard: change, scope: all, {allowed}\n"
        + f"  - {{guard: change, scope: van-phong-ubnd-tinh, {allowed}\n"
    )
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    arguments = ["plan", "--root", str(root), "--on", "2026-08-03", "--out", str(path)]
    assert 0 == main(arguments)
    confirmed(path, root, date(2026, 8, 3))
    assert "the plan exceeds its guards" in refusal(path, root, date(2026, 8, 4))


PLAN = (
    '{"on": "2026-08-03", "base": "abc", "checksum": "0", "changes": %s,'
    ' "tool": "0", "reviewed": %s, "edits": [], "later": [], "code": []%s}'
)


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", '{"on": "soon"}'),
        PLAN % ("[{}]", "{}", ""),
        PLAN % ('"abc"', "{}", ""),
        PLAN % ("[]", '"as it was"', ""),
        PLAN % ("[]", "{}", ', "hosts": [{"host": "edge1"}], "strangers": []'),
        PLAN % ("[]", "{}", ', "hosts": []'),
    ],
)
def test_a_file_that_is_not_a_plan_is_a_usage_error(tmp_path: Path, text: str) -> None:
    """A sentence, not a traceback."""
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(UsageError, match="not a plan saved by"):
        load_saved(path)


def test_a_plan_of_an_earlier_version_is_refused_in_words(tmp_path: Path) -> None:
    """Its parts are others: nobody could have reviewed these."""
    path = tmp_path / "plan.json"
    saved = json.loads(PLAN % ("[]", "{}", ""))
    del saved["tool"]
    path.write_text(json.dumps(saved))
    with pytest.raises(UsageError, match="earlier version of hopthu") as raised:
        load_saved(path)
    assert "create the plan again" == raised.value.fix


def test_apply_refuses_before_contacting_a_server(kept: Path, root: Path) -> None:
    """Exit 3; there is not even an inventory here."""
    edit(root, "people", "title: Phó Chánh Văn phòng", "title: Chuyên viên")
    program = [sys.executable, "-m", "hopthu", "apply", "lab", "--yes", "--plan", str(kept)]
    done = subprocess.run(
        [*program, "--root", str(root), "--on", ON.isoformat()],
        capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert 3 == done.returncode
    assert "error: the plan no longer matches what was reviewed:" in done.stderr
    assert "no longer planned" in done.stderr


def test_plan_exits_3_after_showing_a_refused_plan(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that CI is red and the reviewer still sees why."""
    policy = root / "data" / "policy.yaml"
    policy.write_text(policy.read_text() + NARROW)
    documents = root / "data" / "documents.yaml"
    documents.write_text(documents.read_text(encoding="utf-8") + GRANT, encoding="utf-8")
    assert 3 == main(["plan", "--root", str(root), "--on", ON.isoformat(), "--lang", "en"])
    told = capsys.readouterr().out
    assert "is now Phó Chánh Văn phòng" in told
    assert 'refused: guard "change", province-wide: mailboxes: 1, limit 0' in told
