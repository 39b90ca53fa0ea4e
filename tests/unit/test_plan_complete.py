"""No edit of the data is "Nothing changes": a plan says what differs, at least in the records."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hopthu.cli import main

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
BY_OFFICE = "decision: qd-13-vpubnd-2026, request: cv-92-vpubnd-2026"


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


def without_corrections(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the lines of records but those that say only which document puts something right."""
    return [line for line in plan["record"] if line["before"] != {"corrections": None}]


def planned(root: Path, capsys: pytest.CaptureFixture[str], form: str, language: str = "en") -> str:
    arguments = ["plan", "--root", str(root), "--on", ON, "--format", form, "--lang", language]
    assert 0 == main(arguments)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("kind", "old", "new", "basis", "line"),
    [
        ("people", "title: Kế toán", "title: Thủ quỹ", ("tran-thi-hoan", CORRECTED),
         "is now Thủ quỹ at Sở Tài chính"),
        ("people", "request: cv-40-stc-2019", "request: cv-31-stc-2025",
         ("tran-thi-hoan", CORRECTED),
         ("Trần Thị Hoan: post from 2019-05-06: request: official letter 40/STC-VP of 2019-05-03 → "
         "official letter 31/STC-VP of 2025-02-27 [person tran-thi-hoan]")),
        ("people", "how: retired", "how: resigned", ("tran-thi-hoan", CORRECTED),
         "Trần Thị Hoan: end of service: how: retired → resigned [person tran-thi-hoan]"),
        ("people", "category: civil_servant\n  mailbox: {address: hoantt}",
         "category: public_employee\n  mailbox: {address: hoantt}",
         ("tran-thi-hoan", CHANGED.format("category", DECIDED)),
         "Trần Thị Hoan: the category is corrected: civil servant → public employee"),
        ("people", "{address: hoantt}", "{address: hoantt, exception: qd-11-vpubnd-2026}", None,
         "Trần Thị Hoan: mailbox: exception: – → decision 11/QĐ-VPUBND of 2026-01-05"),
        ("people", "{address: binhlv", "{address: binhlv, former: [binh.cu]", None,
         "Lê Văn Bình: mailbox: former addresses: – → binh.cu"),
        ("documents", "issuer: so-tai-chinh, date: 2026-07-03}",
         "issuer: so-tai-chinh, date: 2026-07-03, signer: le-van-binh}", None,
         ("official letter 91/STC-VP of 2026-07-03: signer: – → Lê Văn Bình "
         "[document cv-91-stc-2026]")),
        ("documents", "issuer: so-tai-chinh, date: 2026-07-03}",
         ("issuer: so-tai-chinh, date: 2026-07-03, units: [so-tai-chinh], "
         f"{CORRECTED}}}"), None,
         ("official letter 91/STC-VP of 2026-07-03: corrected by: – → "
         "decision 15/QĐ-UBND of 2026-07-10, units: – → Sở Tài chính "
         "[document cv-91-stc-2026]")),
        ("units", "person: le-van-binh,", "acting: true, person: le-van-binh,",
         ("so-tai-chinh", CORRECTED),
         "Sở Tài chính: head from 2025-03-01: acting: – → yes [unit so-tai-chinh]"),
        ("units", "aliases: [sotaichinh]", "aliases: [sotaichinh, taichinh]",
         ("so-tai-chinh", CHANGED.format("aliases", ASKED)),
         "taichinh@thanhhoa.gov.vn leads to Sở Tài chính"),
        ("policy", "operator:", "lifecycle: {redirect_days: 180}\noperator:", None,
         "policy: lifecycle.redirect_days: – → 180, which has the same effect"),
        ("policy", "operator:", "limits: {}\noperator:", None,
         "policy: limits: – → {}, which has the same effect"),
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
    plan = json.loads(planned(root, capsys, "json", "vi"))
    assert 1 == len([*plan["changes"], *plan["later"], *without_corrections(plan)])
    assert "Không có thay đổi" not in planned(root, capsys, "markdown", "vi")


@pytest.mark.parametrize(
    ("kind", "old", "new", "basis", "line"),
    [
        ("units", "until: 2026-07-30", "until: 2026-07-20",
         ("so-tai-chinh", CHANGED.format("delegates", ASKED)),
         "on 2026-07-21 instead of 2026-07-31: Trần Thị Hoan loses access"),
        ("people", "on: 2026-08-01", "on: 2026-09-01", ("tran-thi-hoan", CORRECTED),
         "on 2026-09-01 instead of 2026-08-01: Trần Thị Hoan: the mailbox is closed"),
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
    """On its day, however far ahead; the record says no more than that."""
    edit(root, kind, old, new)
    if basis:
        give_basis(root, kind, basis)
    text = planned(root, capsys, "text")
    assert line in text
    assert "Nothing changes" not in text
    plan = json.loads(planned(root, capsys, "json"))
    assert ([], []) == (plan["changes"], without_corrections(plan))


ROW = (
    "  regulation: qd-300-stc-2025\n  changes:\n    - {on: 2026-07-06, facts: [aliases], "
    "request: cv-91-stc-2026}\n"
)


def test_a_fact_is_filed_under_its_row_in_every_format(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the row has no line of its own: the change says it all."""
    edit(root, "units", "aliases: [sotaichinh]", "aliases: [sotaichinh, taichinh]")
    edit(root, "units", "  regulation: qd-300-stc-2025\n", ROW)
    plan = json.loads(planned(root, capsys, "json"))
    assert ([["cv-91-stc-2026"]], []) == ([c["basis"] for c in plan["changes"]], plan["record"])
    letter = "official letter 91/STC-VP of 2026-07-03 by Sở Tài chính"
    assert planned(root, capsys, "text").startswith(f"{letter}\n  Sở Tài chính\n")
    assert f"#### {letter}\n" in planned(root, capsys, "markdown")


def test_an_alias_given_up_is_filed_under_its_row_in_both_parts(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """That it is taken away now, and that the record keeps it, rest on the same request."""
    edit(root, "units", "aliases: [sotaichinh]", "former: [sotaichinh]")
    edit(root, "units", "  regulation: qd-300-stc-2025\n", ROW)
    plan = json.loads(planned(root, capsys, "json"))
    for part in ("changes", "record"):
        assert [["cv-91-stc-2026"]] == [change["basis"] for change in plan[part]], part


def test_what_a_row_says_was_there_is_shown(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rows of before are judged by it, so a reviewer sees it where it is put right."""
    edit(
        root,
        "units",
        "  regulation: qd-300-stc-2025\n",
        ROW.replace("aliases]", "name], decision: qd-210-ubnd-2025"),
    )
    for command in (["add", "."], ["commit", "-qm", "named"]):
        subprocess.run(["git", "-C", str(root), *RULES, *command], check=True)
    edit(root, "units", "facts: [name]", "facts: [name], was: {name: Sở Tài vụ}")
    give_basis(root, "units", ("so-tai-chinh", CORRECTED))
    (line,) = without_corrections(json.loads(planned(root, capsys, "json")))
    assert "before: – → name: Sở Tài vụ" in line["summary"]


def test_what_a_row_says_was_there_is_shown_though_a_line_rests_on_its_documents(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An alias comes by the same letter; no line has the earlier name or the unit above it once."""
    rows = ROW.replace("[aliases]", "[name, parent], decision: qd-14-ubnd-2026")
    edit(root, "units", "  regulation: qd-300-stc-2025\n", rows)
    for command in (["add", "."], ["commit", "-qm", "named"]):
        subprocess.run(["git", "-C", str(root), *RULES, *command], check=True)
    edit(root, "units", "aliases: [sotaichinh]", "aliases: [sotaichinh, taichinh]")
    edit(
        root,
        "units",
        "facts: [name, parent], decision: qd-14-ubnd-2026, request: cv-91-stc-2026}\n",
        "facts: [name, parent], decision: qd-14-ubnd-2026, request: cv-91-stc-2026, "
        "was: {name: Sở Tài vụ, parent: van-phong-ubnd-tinh}}\n"
        "    - {on: 2026-07-10, facts: [aliases], request: cv-91-stc-2026}\n",
    )
    give_basis(root, "units", ("so-tai-chinh", CORRECTED))
    plan = json.loads(planned(root, capsys, "json"))
    (line,) = without_corrections(plan)
    assert "name: Sở Tài vụ, parent unit: Văn phòng Ủy ban nhân dân tỉnh" in line["summary"]
    assert 1 == len(plan["changes"])


def test_what_a_line_says_was_there_is_not_said_again(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A renamed unit has its earlier name in the line, and the row says no other."""
    edit(root, "units", "name: Sở Tài chính\n", "name: Sở Tài chính và Giá\n")
    said = ROW.replace("[aliases]", "[name], decision: qd-14-ubnd-2026, was: {name: Sở Tài chính}")
    edit(root, "units", "  regulation: qd-300-stc-2025\n", said)
    plan = json.loads(planned(root, capsys, "json"))
    assert [] == plan["record"]
    assert plan["changes"]


def test_a_row_of_changes_without_effect_is_shown(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its day and its facts, under its own documents."""
    edit(root, "units", "  regulation: qd-300-stc-2025\n", ROW)
    plan = json.loads(planned(root, capsys, "json"))
    (line,) = plan["record"]
    assert (
        "Sở Tài chính: change of facts from 2026-07-06 is added (facts: aliases)"
        == (line["summary"])
    )
    assert (["cv-91-stc-2026"], []) == (line["basis"], plan["changes"])


def test_no_edit_no_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A comment, the order of fields and the layout say nothing."""
    edit(
        root,
        "people",
        "- id: le-van-binh\n  name: Lê Văn Bình",
        "- name: Lê Văn Bình\n  id: le-van-binh",
    )
    edit(root, "people", "- id: tran-thi-hoan", "# A clerk.\n- id: tran-thi-hoan")
    plan = json.loads(planned(root, capsys, "json"))
    assert [] == [*plan["changes"], *plan["later"], *plan["record"]]
    assert "Nothing changes" in planned(root, capsys, "text")


def test_an_expectation_that_is_given_up_is_shown(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else the mistake it guards against would pass under "Nothing changes"."""
    path = root / "data" / "expectations.yaml"
    path.write_text(
        "- {on: 2027-01-01, mail: {to: stc, leads_to: so-tai-chinh}}\n", encoding="utf-8"
    )
    for command in (["add", "."], ["commit", "-qm", "expected"]):
        subprocess.run(["git", "-C", str(root), *RULES, *command], check=True)
    path.unlink()
    shown = planned(root, capsys, "text")
    line = "no longer expected: 2027-01-01: mail: {leads_to: so-tai-chinh, to: stc}"
    assert f"- {line} [expectation 2027-01-01 mail]\n" in shown
