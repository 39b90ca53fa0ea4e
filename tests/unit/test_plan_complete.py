"""No edit of the data is "Nothing changes": a plan says what it writes, whatever it does."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from hopthu.cli import main
from hopthu.plan.edits import edits
from hopthu.source.positions import Positions
from hopthu.source.records import Record, Source

BASE = Path(__file__).parents[1] / "rules" / "base"
ON = "2026-07-15"
RULES = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid"]
DELEGATE = (
    "  heads:\n    - {person: le-van-binh,",
    (
        "  delegates:\n    - {person: tran-thi-hoan, from: 2026-01-05, until: 2026-07-30, "
        "decision: guq-2-stc-2026}\n  heads:\n    - {person: le-van-binh,"
    ),
)


AUTHORISATION = (
    "- {id: qd-210",
    (
        "- {id: guq-2-stc-2026, kind: authorisation, number: 02/GUQ-STC, issuer: so-tai-chinh, "
        "date: 2026-01-04}\n- {id: qd-11-vpubnd-2026, kind: decision, number: 11/QĐ-VPUBND, "
        "issuer: van-phong-ubnd-tinh, date: 2026-01-05, acts: [exception]}\n"
        "- {id: qd-12-vpubnd-2026, kind: decision, number: 12/QĐ-VPUBND, "
        "issuer: van-phong-ubnd-tinh, date: 2026-01-05, acts: [exception], addresses: [binh.cu]}\n"
        "- {id: qd-13-vpubnd-2026, kind: decision, number: 13/QĐ-VPUBND, "
        "issuer: van-phong-ubnd-tinh, date: 2026-07-03}\n"
        "- {id: cv-92-vpubnd-2026, kind: request, number: 92/VPUBND-TCHC, "
        "issuer: van-phong-ubnd-tinh, date: 2026-07-10}\n"
        "- {id: qd-14-ubnd-2026, kind: decision, number: 14/QĐ-UBND, "
        "issuer: ubnd-tinh, date: 2026-07-03}\n- {id: qd-15-ubnd-2026, kind: decision, "
        "number: 15/QĐ-UBND, issuer: ubnd-tinh, date: 2026-07-10, acts: [correction], "
        "units: [so-tai-chinh]}\n"
        "- {id: qd-210"
    ),
)
CORRECTED = "corrections: [qd-15-ubnd-2026]"
CHANGED = "changes: [{{on: 2026-07-10, facts: [{}], {}}}]"
ASKED, DECIDED = "request: cv-91-stc-2026", "decision: qd-90-stc-2026, request: cv-91-stc-2026"
RECLASSIFIED = CHANGED.format("category", f"was: {{category: civil_servant}}, {DECIDED}")
BY_OFFICE = "decision: qd-14-ubnd-2026, request: cv-92-vpubnd-2026"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout without edits; the unit mailbox has a delegate until the end of the month."""
    shutil.copytree(BASE / "data", tmp_path / "data")
    edit(tmp_path, "units", *DELEGATE)
    edit(tmp_path, "documents", *AUTHORISATION)
    edit(tmp_path, "people", "{address: binhlv}", "{address: binhlv, exception: qd-12-vpubnd-2026}")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "base"]):
        subprocess.run(["git", "-C", str(tmp_path), *RULES, *command], check=True)
    return tmp_path


def edit(root: Path, kind: str, old: str, new: str) -> None:
    path = root / "data" / f"{kind}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def give_basis(root: Path, kind: str, basis: tuple[str, str]) -> None:
    """Write in a record what its edit rests on, unless that needs no document."""
    record, row = basis
    edit(root, kind, f"- id: {record}\n", f"- id: {record}\n  {row}\n")


def rows(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the rows an edit writes but those that say only on which document."""
    only = ({"corrections": ["qd-15-ubnd-2026"]},)
    return [e for e in plan["edits"] if e["list"] != "changes" and e["after"] not in only]


def planned(root: Path, capsys: pytest.CaptureFixture[str], form: str, language: str = "en") -> str:
    arguments = ["plan", "--root", str(root), "--on", ON, "--format", form, "--lang", language]
    assert 0 == main(arguments)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("kind", "old", "new", "basis", "line"),
    [
        ("people", "title: Kế toán", "title: Thủ quỹ", ("tran-thi-hoan", CORRECTED),
         "posts from 2019-05-06: title: Kế toán → Thủ quỹ"),
        ("people", "request: cv-40-stc-2019", "request: cv-31-stc-2025",
         ("tran-thi-hoan", CORRECTED),
         ("posts from 2019-05-06: request: 40/STC-VP (cv-40-stc-2019) → "
         "31/STC-VP (cv-31-stc-2025)")),
        ("people", "how: retired", "how: resigned", ("tran-thi-hoan", CORRECTED),
         "left: how: retired → resigned"),
        ("people", "category: civil_servant\n  mailbox: {address: hoantt}",
         "category: public_employee\n  mailbox: {address: hoantt}",
         ("tran-thi-hoan", RECLASSIFIED),
         "category: civil servant → public employee"),
        ("people", "{address: hoantt}", "{address: hoantt, exception: qd-11-vpubnd-2026}", None,
         "exception: – → 11/QĐ-VPUBND (qd-11-vpubnd-2026)"),
        ("people", "{address: binhlv", "{address: binhlv, former: [binh.cu]", None,
         "former: – → [binh.cu]"),
        ("documents", "issuer: so-tai-chinh, date: 2026-07-03}",
         "issuer: so-tai-chinh, date: 2026-07-03, signer: le-van-binh}", None,
         "signer: – → Lê Văn Bình (le-van-binh)"),
        ("documents", "issuer: so-tai-chinh, date: 2026-07-03}",
         ("issuer: so-tai-chinh, date: 2026-07-03, units: [so-tai-chinh], "
         f"{CORRECTED}}}"), None,
         "units: – → [Sở Tài chính (so-tai-chinh)]"),
        ("units", "person: le-van-binh,", "acting: true, person: le-van-binh,",
         ("so-tai-chinh", CORRECTED),
         "heads from 2025-03-01: acting: – → yes"),
        ("units", "aliases: [sotaichinh]", "aliases: [sotaichinh, taichinh]",
         ("so-tai-chinh", CHANGED.format("aliases", ASKED)),
         "aliases: added: [taichinh]"),
        ("policy", "operator:", "dns: {dkim_selector: hopthu}\noperator:", None,
         "dns.dkim_selector: – → hopthu"),
        ("policy", "operator:", "limits: {}\noperator:", None, "limits: – → {}"),
    ],
)  # fmt: skip
def test_an_edit_is_shown(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    old: str,
    new: str,
    basis: tuple[str, str] | None,
    line: str,
) -> None:
    """In words, old and new, in every format and language; and once."""
    edit(root, kind, old, new)
    if basis:
        give_basis(root, kind, basis)
    text = planned(root, capsys, "text")
    assert line in text
    assert "Nothing changes" not in text
    assert 1 == text.count(line)
    assert 1 == len(rows(json.loads(planned(root, capsys, "json", "vi"))))
    assert "Không có thay đổi" not in planned(root, capsys, "markdown", "vi")


@pytest.mark.parametrize(
    ("kind", "old", "new", "basis", "line"),
    [
        ("units", "until: 2026-07-30", "until: 2026-07-20",
         ("so-tai-chinh", CHANGED.format("delegates", ASKED)),
         "no longer on 2026-07-31: Trần Thị Hoan loses access"),
        ("people", "on: 2026-08-01", "on: 2026-09-01", ("tran-thi-hoan", CORRECTED),
         "no longer on 2026-08-01: Trần Thị Hoan: the mailbox is closed"),
        ("people", "title: Chánh Văn phòng, from: 2025-03-01,",
         "title: Chánh Văn phòng, from: 2025-03-01, until: 2045-12-31,",
         ("vu-van-xuyen", CHANGED.format("posts", BY_OFFICE)),
         "on 2046-01-01: Vũ Văn Xuyên can no longer sign in"),
    ],
)  # fmt: skip
def test_an_edit_of_the_future_is_shown(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    old: str,
    new: str,
    basis: tuple[str, str] | None,
    line: str,
) -> None:
    """On its day, however far ahead, beside the row that brings it about."""
    edit(root, kind, old, new)
    if basis:
        give_basis(root, kind, basis)
    text = planned(root, capsys, "text")
    assert line in text
    assert "Nothing changes" not in text
    plan = json.loads(planned(root, capsys, "json"))
    assert ([], 1) == (plan["changes"], len(rows(plan)))


ROW = (
    "  regulation: qd-300-stc-2025\n  changes:\n    - {on: 2026-07-06, facts: [aliases], "
    "request: cv-91-stc-2026}\n"
)


def test_a_fact_is_filed_under_its_row_in_every_format(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And so is what it does."""
    edit(root, "units", "aliases: [sotaichinh]", "aliases: [sotaichinh, taichinh]")
    edit(root, "units", "  regulation: qd-300-stc-2025\n", ROW)
    plan = json.loads(planned(root, capsys, "json"))
    assert {("cv-91-stc-2026",)} == {tuple(e["basis"]) for e in plan["edits"]}
    (change,) = plan["changes"]
    assert ["cv-91-stc-2026"] == change["basis"]
    assert {("changes", "2026-07-06"), ("", "mailbox.aliases")} == {
        (row["list"], row["key"]) for row in change["rows"]
    }
    cited = "official letter 91/STC-VP (cv-91-stc-2026), cited before: 1"
    assert f"  {cited}\n    unit Sở Tài chính (so-tai-chinh)\n" in planned(root, capsys, "text")
    assert f"#### `{cited}`\n" in planned(root, capsys, "markdown")


def test_a_new_document_is_said_whole_and_once(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that was on record before is said to have been cited before."""
    new = (
        "- {id: qd-90-ubnd-2026, kind: decision, number: 90/QĐ-UBND, issuer: ubnd-tinh, "
        "date: 2026-07-03, acts: [correction], units: [so-tai-chinh]}\n- {id: qd-210"
    )
    edit(root, "documents", "- {id: qd-210", new)
    edit(root, "people", "title: Kế toán", "title: Thủ quỹ")
    edit(root, "people", "request: cv-40-stc-2019", "request: cv-31-stc-2025")
    give_basis(root, "people", ("tran-thi-hoan", "corrections: [qd-90-ubnd-2026]"))
    text = planned(root, capsys, "text")
    said = (
        "decision 90/QĐ-UBND (qd-90-ubnd-2026), new: kind: decision, issuer: Ủy ban nhân dân tỉnh "
        "(ubnd-tinh), date: 2026-07-03, acts: [a correction], "
        "units: [Sở Tài chính (so-tai-chinh)]"
    )
    assert 1 == text.count(said)
    assert "official letter 31/STC-VP (cv-31-stc-2025), cited before: 2" in text


def test_no_edit_no_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A comment and the order of fields are of the file alone."""
    edit(
        root,
        "people",
        "- id: le-van-binh\n  name: Lê Văn Bình",
        "- name: Lê Văn Bình\n  id: le-van-binh",
    )
    edit(root, "people", "- id: tran-thi-hoan", "# A clerk.\n- id: tran-thi-hoan")
    plan = json.loads(planned(root, capsys, "json"))
    assert [] == [*plan["changes"], *plan["later"], *plan["edits"]]
    assert ["data/people.yaml"] == [change["id"] for change in plan["code"]]
    assert "Data files: data/people.yaml (digest " in planned(root, capsys, "text")


def test_an_expectation_that_is_given_up_is_shown(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else the mistake it guards against would pass; in what order they stand means nothing."""
    path = root / "data" / "expectations.yaml"
    row = "- {{on: {}, mail: {{to: stc, leads_to: so-tai-chinh}}}}\n"
    first, second, third = (row.format(day) for day in ("2027-03-01", "2027-01-01", "2027-02-01"))
    path.write_text(first + second + third, encoding="utf-8")
    for command in (["add", "."], ["commit", "-qm", "expected"]):
        subprocess.run(["git", "-C", str(root), *RULES, *command], check=True)
    path.write_text(first + third, encoding="utf-8")
    shown = planned(root, capsys, "text")
    line = "expectation from 2027-01-01: mail: {to: stc, leads_to: so-tai-chinh}"
    assert f"- {line}\n" in shown
    assert "Rows written: 1." in shown
    assert "Other files" not in shown


def test_another_order_of_rows_is_shown() -> None:
    """Rows that moved are taken out and put in; one that is gone or new moves no other."""
    rows = [{"from": f"2026-0{month}-01", "title": "Chuyên viên"} for month in (3, 1, 2, 4)]
    moved = [*rows[:2], *rows[:1:-1]]
    found = {}
    for name, after in (("moved", moved), ("gone", rows[1:]), ("new", [*rows, rows[0]])):
        sides = (source({"id": "an", "posts": held}) for held in (rows, after))
        found[name] = [(edit.action, edit.day, edit.place) for edit in edits(*sides)]
    two, four = "2026-02-01", "2026-04-01"
    assert {
        "moved": [("remove", two, 3), ("add", two, 4), ("add", four, 3), ("remove", four, 4)],
        "gone": [("remove", "2026-03-01", 1)],
        "new": [("add", "2026-03-01", 5)],
    } == found


@pytest.mark.slow
def test_two_lists_are_never_written_by_the_same_rows() -> None:
    """However their rows follow each other, and however many are of one day."""
    rows = [{"from": f"2026-0{month}-01", "title": title} for month in (1, 2, 3) for title in "ab"]
    lists = [list(each) for number in range(4) for each in product(rows, repeat=number)]
    for old in [*lists[:40], *lists[::9]]:
        before = source({"id": "an", "posts": old})
        found = {
            str(sorted(map(str, edits(before, source({"id": "an", "posts": new})))))
            for new in lists
        }
        assert len(lists) == len(found)


def source(record: dict[str, Any]) -> Source:
    person = Record.of("people", "data/people.yaml", (), record, Positions("f", ""))
    kinds = ("units", "documents", "policy")
    return Source(Path(), {"people": (person,), **dict.fromkeys(kinds, ())})


def test_a_unit_is_called_by_its_name_of_the_day(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name for a later day stands where the row is about it."""
    edit(root, "units", "name: Sở Tài chính\n", "name: Sở Tài chính mới\n")
    row = CHANGED.format("name", f"was: {{name: Sở Tài chính}}, {NAMED}").replace("07-10", "09-01")
    give_basis(root, "units", ("so-tai-chinh", row))
    edit(root, "documents", "issuer: so-tai-chinh, date: 2026-07-03}", SIGNED)
    shown = planned(root, capsys, "text")
    assert "    unit Sở Tài chính (so-tai-chinh)\n" in shown
    assert "units: – → [Sở Tài chính (so-tai-chinh)]" in shown
    assert "name: Sở Tài chính → Sở Tài chính mới" in shown


NAMED = "decision: qd-14-ubnd-2026, request: cv-91-stc-2026"
SIGNED = f"issuer: so-tai-chinh, date: 2026-07-03, units: [so-tai-chinh], {CORRECTED}}}"


TERMS = (
    "lifecycle: {keep_closed_days: 100}\nchanges: [{on: 2026-07-10, facts: "
    f"[lifecycle.keep_closed_days], {BY_OFFICE}}}]\noperator:"
)


def test_a_later_day_that_the_policy_makes_rests_on_its_keys(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever row the day is reckoned from; a day that a row makes as well rests on the row."""
    edit(root, "policy", "operator:", TERMS)
    later = json.loads(planned(root, capsys, "json"))["later"]
    assert {"archive", "erase", "cancel"} == {each["action"] for each in later}
    documents = ["qd-14-ubnd-2026", "cv-92-vpubnd-2026"]
    for each in later:
        assert ("policy", documents) == (each.get("cause"), each["basis"])
        assert {"", "changes"} == {row["list"] for row in each["rows"]}
        assert {""} == {row["record"] for row in each["rows"]}
    edit(root, "people", "on: 2026-08-01", "on: 2026-09-01")
    give_basis(root, "people", ("tran-thi-hoan", CORRECTED))
    later = json.loads(planned(root, capsys, "json"))["later"]
    assert {"archive", "erase", "close", "cancel"} <= {each["action"] for each in later}
    assert {("tran-thi-hoan", "left")} == {
        (row["record"], row["list"]) for each in later for row in each["rows"]
    }
