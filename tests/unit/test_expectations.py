"""data/expectations.yaml: what is said of an expectation that is not met, and when it is asked."""

import json
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from hopthu.cli import main
from hopthu.desired.state import Desired
from hopthu.diagnostics.problem import Problem
from hopthu.errors import DataError
from hopthu.history.data_digest import digest
from hopthu.load import load
from hopthu.rules.context import RuleContext
from hopthu.rules.records import expectations
from hopthu.validate import policy_of, read, validate

ON = date(2026, 11, 25)
BASIS = "decision: qd-1-ubnd-2020, request: cv-1-vp-2020"
UNITS = f"""\
- {{id: mot-cua, name: Một cửa, kind: centre, parent: ubnd-tinh, mailbox: {{address: ttmc}},
   created: {{on: 2026-03-01, {BASIS}}}}}
- id: so-cu
  name: Sở Cũ
  kind: department
  parent: ubnd-tinh
  mailbox: {{address: socu}}
  ended: {{how: merged, into: [so-moi], on: 2026-01-01, {BASIS}}}
- id: so-moi
  name: Sở Mới
  kind: department
  parent: ubnd-tinh
  mailbox: {{address: somoi, former: [somoi.cu]}}
  regulation: qc-1-somoi-2020
  heads:
    - {{person: hoang-van-truong, from: 2024-01-01, {BASIS}}}
    - {{person: ly-thi-sau, from: 2026-06-01, {BASIS}}}
  delegates: [{{person: dinh-van-quyen, from: 2026-06-05, until: 2026-09-30, decision: uq-1}}]
- {{id: ubnd-tinh, name: Ủy ban nhân dân tỉnh, kind: province}}
- id: van-phong-ubnd-tinh
  name: Văn phòng
  kind: office
  parent: ubnd-tinh
  mailbox: {{address: vp}}
"""
PEOPLE = f"""\
- id: dinh-van-quyen
  name: Đinh Văn Quyền
  category: civil_servant
  mailbox: {{address: quyendv}}
  posts:
    - {{unit: so-moi, title: Chuyên viên, from: 2024-01-01, {BASIS}}}
    - {{unit: van-phong-ubnd-tinh, title: Chuyên viên, from: 2026-07-01, {BASIS}}}
- id: hoang-van-truong
  name: Hoàng Văn Trường
  category: cadre
  mailbox: {{address: truonghv}}
  posts:
    - {{unit: so-moi, title: Giám đốc, from: 2024-01-01, until: 2026-08-31, {BASIS}}}
  locked:
    - {{from: 2025-05-01, until: 2025-05-31, {BASIS}}}
- id: ly-thi-sau
  name: Lý Thị Sáu
  category: cadre
  posts:
    - {{unit: so-moi, title: Phó Giám đốc, from: 2025-01-01, {BASIS}}}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Lay down a small province; that its papers are missing does not matter here."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "units.yaml").write_text(UNITS, encoding="utf-8")
    (data / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    (data / "documents.yaml").write_text("[]\n", encoding="utf-8")
    return tmp_path


def found(root: Path, *asked: str) -> list[Problem]:
    """Return what is said of expectations alone."""
    text = "".join(f"- {{{each}}}\n" for each in asked)
    (root / "data" / "expectations.yaml").write_text(text, encoding="utf-8")
    source = load(root)
    facts = RuleContext(source, policy_of(source), ON)
    return list(expectations.unmet_expectations(facts))


CASES = {
    "a head whose row has ended": (
        "on: 2026-07-01, access: {unit: so-moi, person: hoang-van-truong}",
        "on 2026-07-01 hoang-van-truong has no access to the mailbox of so-moi",
        "data/units.yaml:16: a head from 2024-01-01 to 2026-05-31",
    ),
    "a delegate who was transferred": (
        "on: 2026-07-01, delegate: {unit: so-moi, person: dinh-van-quyen}",
        "on 2026-07-01 so-moi has no delegate",
        "data/units.yaml:18: a delegate from 2026-06-05 to 2026-06-30, their last day in the unit",
    ),
    "a delegate": (
        "on: 2026-06-30, access: {unit: so-moi, person: dinh-van-quyen, holds: false}",
        "on 2026-06-30 dinh-van-quyen has access to the mailbox of so-moi",
        "data/units.yaml:18: a delegate from 2026-06-05 to 2026-06-30, their last day in the unit",
    ),
    "a delegation that is over": (
        "on: 2026-10-01, access: {unit: so-moi, person: dinh-van-quyen}",
        "on 2026-10-01 dinh-van-quyen has no access to the mailbox of so-moi",
        "data/units.yaml:18: a delegate from 2026-06-05 to 2026-06-30, their last day in the unit",
    ),
    "a head who is locked": (
        "on: 2025-05-31, access: {unit: so-moi, person: hoang-van-truong}",
        "on 2025-05-31 hoang-van-truong has no access to the mailbox of so-moi",
        "data/people.yaml:15: a lock from 2025-05-01 to 2025-05-31",
    ),
    "a head without a mailbox": (
        "on: 2026-06-01, access: {unit: so-moi, person: ly-thi-sau}",
        "on 2026-06-01 ly-thi-sau has no access to the mailbox of so-moi",
        "data/people.yaml:16: ly-thi-sau has no mailbox",
    ),
    "a head without a mailbox is the head": (
        "on: 2026-06-01, head: {unit: so-moi, person: hoang-van-truong}",
        "on 2026-06-01 ly-thi-sau heads so-moi, not hoang-van-truong",
        "data/units.yaml:17: a head from 2026-06-01 on",
    ),
    "a unit that is not there yet": (
        "on: 2026-02-28, mail: {to: ttmc, refused: false}",
        'on 2026-02-28 mail to "ttmc" is refused',
        "data/units.yaml:2: how the unit began, on 2026-03-01",
    ),
    "a head of a unit that is not there yet": (
        "on: 2026-02-28, head: {unit: mot-cua, person: ly-thi-sau}",
        "on 2026-02-28 nobody heads mot-cua",
        "data/units.yaml:2: how the unit began, on 2026-03-01",
    ),
    "a unit without a mailbox": (
        "on: 2026-02-28, access: {unit: ubnd-tinh, person: ly-thi-sau}",
        "on 2026-02-28 ly-thi-sau has no access to the mailbox of ubnd-tinh",
        "data/units.yaml:19: ubnd-tinh has no mailbox",
    ),
    "a merged unit": (
        "on: 2026-01-01, mail: {to: socu, refused: true}",
        'on 2026-01-01 mail to "socu" leads to so-moi',
        "data/units.yaml:8: how the unit ended, on 2026-01-01",
    ),
    "a merged unit once its time is over": (
        "on: 2026-06-30, mail: {to: socu, leads_to: so-moi}",
        'on 2026-06-30 mail to "socu" is refused',
        "data/units.yaml:8: how the unit ended, on 2026-01-01",
    ),
    "an address that was given up": (
        "on: 2026-01-01, mail: {to: somoi.cu, leads_to: so-moi}",
        'on 2026-01-01 mail to "somoi.cu" is refused',
        "data/units.yaml:13: the address was given up",
    ),
    "somebody whose last post is over": (
        "on: 2026-09-01, can_sign_in: {person: hoang-van-truong}",
        "on 2026-09-01 hoang-van-truong cannot sign in",
        "data/people.yaml:13: a post from 2024-01-01 to 2026-08-31",
    ),
    "somebody whose mail still arrives": (
        "on: 2026-09-01, mail: {to: truonghv, refused: true}",
        'on 2026-09-01 mail to "truonghv" leads to hoang-van-truong',
        "data/people.yaml:11: it is an address of hoang-van-truong",
    ),
    "a reserved address": (
        "on: 2026-09-01, mail: {to: Abuse@thanhhoa.gov.vn, refused: true}",
        'on 2026-09-01 mail to "Abuse@thanhhoa.gov.vn" leads to van-phong-ubnd-tinh',
        "data/policy.yaml:1: reserved addresses lead to the operator",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_says_what_holds_instead_and_which_row_leads_to_it(case: str, root: Path) -> None:
    """At the place of the expectation."""
    expectation, instead, why = CASES[case]
    (problem,) = found(root, expectation)
    assert (instead, why) == (problem.what, problem.why)
    assert ("data/expectations.yaml", 1) == (problem.file, problem.line)


def test_a_day_is_worked_out_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many expectations are of it; without any, none is."""
    days: list[date] = []

    def counted(*given: object) -> Desired:
        days.append(given[2])  # type: ignore[arg-type]
        return original(*given)  # type: ignore[arg-type]

    original = expectations.desired
    monkeypatch.setattr(expectations, "desired", counted)
    assert [] == found(root)
    assert [] == days
    asked = [
        f"on: 2026-0{month}-01, can_sign_in: {{person: dinh-van-quyen}}" for month in (3, 4, 3, 3)
    ]
    assert [] == found(root, *asked)
    assert [date(2026, 3, 1), date(2026, 4, 1)] == days


def test_records_that_are_wrong_are_reported_first(root: Path) -> None:
    """Nothing can be worked out of them, and nothing else is said of the expectations then."""
    people = root / "data" / "people.yaml"
    people.write_text(people.read_text().replace("from: 2024-01-01", "from: 2024-13-01"))
    text = "- {on: 2026-01-01, can_sign_in: {person: hoang-van-truong, holds: false}}\n"
    (root / "data" / "expectations.yaml").write_text(text)
    assert {"data/people.yaml"} <= {p.file for p in validate(load(root), ON)}
    assert "expectation-met" not in {p.rule for p in validate(load(root), ON)}


@pytest.fixture
def province(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository, as a province does."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    arguments = ["--domain", "mail.example.vn", "--province", "tỉnh Thử Nghiệm"]
    assert 0 == main(["init", "mail", *arguments])
    return tmp_path / "mail"


def test_the_examples_of_a_new_repository_hold(
    province: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once their comment signs are taken away; `format` has nothing against them."""
    file = province / "data" / "expectations.yaml"
    examples = file.read_text().replace("# - {", "- {")
    file.write_text(examples)
    assert {"head", "delegate", "access", "can_sign_in", "mail"} == {
        form for each in yaml.safe_load(examples) for form in each.keys() - {"on", True}
    }
    capsys.readouterr()
    for command in (["check"], ["format", "--check"]):
        assert 0 == main([*command, "--root", str(province), "--on", "2026-11-26"])
    # Of the two stores nobody has promised anything yet.
    assert capsys.readouterr().out.endswith("\n2 warnings.\nnothing to format\n")


@pytest.mark.parametrize(
    ("form", "language", "expected"),
    [
        ("text", "vi", 'vào ngày 01/01/2027, thư gửi đến "stc" đến hộp thư so-tai-chinh'),
        ("json", "en", 'on 2027-01-01 mail to \\"stc\\" leads to so-tai-chinh'),
        ("sarif", "en", '"ruleId": "expectation-met"'),
        ("github", "en", "file=data/expectations/stc.yaml,line=1"),
        ("gitlab", "en", '"path": "data/expectations/stc.yaml"'),
    ],
)
def test_every_format_reports_it(
    form: str, language: str, expected: str, province: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a folder of files as well; nothing is planned meanwhile."""
    (province / "data" / "expectations.yaml").unlink()
    part = province / "data" / "expectations" / "stc.yaml"
    part.parent.mkdir()
    part.write_text("- {on: 2027-01-01, mail: {to: stc, refused: true}}\n")
    capsys.readouterr()
    arguments = ["--root", str(province), "--lang", language]
    assert 2 == main(["check", "--format", form, *arguments])
    assert expected in capsys.readouterr().out
    with pytest.raises(DataError):
        read(province, ON)


def test_expectations_are_no_part_of_what_servers_follow(province: Path) -> None:
    """A plan made before one was written still is the plan of this data."""
    before = digest(load(province))
    (province / "data" / "expectations.yaml").write_text(
        "- {on: 2027-01-01, mail: {to: stc, refused: false}}\n"
    )
    assert before == digest(load(province))


def test_the_counts_of_records_stay_as_they_were(
    province: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of `check --format json`."""
    capsys.readouterr()
    assert 0 == main(["check", "--format", "json", "--root", str(province)])
    counts = json.loads(capsys.readouterr().out)["counts"]
    assert {"units", "people", "documents", "errors", "warnings"} == counts.keys()


def test_the_examples_of_the_manual_hold_in_the_shipped_province(tmp_path: Path) -> None:
    """Those of docs/data.md."""
    shipped = Path(__file__).parents[2]
    text = (shipped / "docs/data.md").read_text()
    (examples,) = re.findall(r"```yaml\n(- \{on: .*?)```", text, re.S)
    shutil.copytree(shipped / "data", tmp_path / "data")
    file = tmp_path / "data" / "expectations.yaml"
    file.write_text(examples)
    assert [] == validate(load(tmp_path), ON)
    file.write_text(examples.replace("refused: true", "refused: false"))
    assert ["expectation-met"] == [problem.rule for problem in validate(load(tmp_path), ON)]
