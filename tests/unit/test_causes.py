"""One slip is one message: what may follow from it is told as its consequence."""

import json
import re
import shutil
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest

from hopthu.diagnostics.problem import Mark, Problem, as_json, as_text
from hopthu.diagnostics.regulation import Regulation
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.load import load
from hopthu.model.policy import Policy
from hopthu.rules.book import LINES, TABLE
from hopthu.rules.causes import with_causes
from hopthu.rules.registry import RULES
from hopthu.validate import validate

DATA = Path(__file__).parents[2] / "data"
ON = date(2026, 11, 26)


def found(tmp_path: Path, key: str, line: str) -> list[str]:
    """Return what is found in the shipped data with another line for a key of the policy."""
    shutil.copytree(DATA, tmp_path / "data")
    path = tmp_path / "data" / "policy.yaml"
    rest = re.sub(rf"(?m)^{key}:.*\n", "", path.read_text(encoding="utf-8"))
    path.write_text(f"{line}{rest}", encoding="utf-8")
    causes = (p for p in validate(load(tmp_path), ON) if not p.follows)
    return [f"{p.file} {p.rule}" for p in causes if p.severity == "error"]


@pytest.mark.parametrize(
    ("key", "line", "expected"),
    [
        ("operator", "operator: nowhere\n", ["dangling-reference"]),
        ("operator", "", []),
        ("competence", "competence: {post: [so-nowhere]}\n", ["issuer-competent"]),
        ("naming", "naming: {otherwise: x, unit: {ward: 1}}\n", ["shape", "shape"]),
        ("reserved", "reserved: [stc, 1]\n", ["shape"]),
        ("domain", "domain: [", ["yaml-syntax"]),
    ],
)
def test_only_the_cause_is_reported(
    tmp_path: Path, key: str, line: str, expected: list[str]
) -> None:
    """The one line of the policy, not what hundreds of records are by it."""
    assert [f"data/policy.yaml {rule}" for rule in expected] == found(tmp_path, key, line)


def test_a_reserved_name_that_somebody_has_is_reported_once(tmp_path: Path) -> None:
    """Where it is held; the names that must be reserved are so besides."""
    assert ["data/units.yaml unique-address"] == found(tmp_path, "reserved", "reserved: [stc]\n")


def test_what_does_not_follow_is_reported(tmp_path: Path) -> None:
    """An error elsewhere in the policy hides nothing of records."""
    shutil.copytree(DATA, tmp_path / "data")
    path = tmp_path / "data" / "policy.yaml"
    text = path.read_text(encoding="utf-8").replace("operator: van-phong-ubnd-tinh", "")
    path.write_text(f"{text}dns: 1\noperator: so-noi-vu\n", encoding="utf-8")
    rules = {(p.file, p.rule) for p in validate(load(tmp_path), ON) if p.severity == "error"}
    assert ("data/policy.yaml", "shape") in rules
    assert ("data/units.yaml", "issuer-competent") in rules


def test_an_operator_that_ended_is_one_error(tmp_path: Path) -> None:
    """Not the hundreds of requests that it may no longer make; tools are told of them."""
    line = "operator: so-ke-hoach-va-dau-tu\n"
    assert ["data/units.yaml operator-reachable"] == found(tmp_path, "operator", line)
    problems = validate(load(tmp_path), ON)
    (cause,) = (p for p in problems if not p.follows)
    assert 400 < len(problems)
    assert {cause.position} == {p.follows for p in problems} - {""}
    text = as_text(problems, regulation=Regulation())
    assert f"and {len(problems) - 1} more that may follow from it [issuer-competent]: " in text
    assert text.endswith("1 error. Nothing was planned or applied.\n")
    told = json.loads(as_json(problems, {}, regulation=Regulation()))["problems"]
    assert len(problems) - 1 == sum(cause.position == each.get("follows") for each in told)


def changed(tmp_path: Path, kind: str, old: str, new: str) -> list[Problem]:
    """Return what is found in the shipped data with another text in a file."""
    shutil.copytree(DATA, tmp_path / "data")
    path = tmp_path / "data" / f"{kind}.yaml"
    text = path.read_text(encoding="utf-8")
    assert 1 == text.count(old)
    path.write_text(text.replace(old, new), encoding="utf-8")
    return validate(load(tmp_path), ON)


def test_what_comes_of_the_date_of_a_document_is_told_with_it(tmp_path: Path) -> None:
    """Of a year to come: rows rest on it, and requests are older."""
    old = "number: 02/GUQ-VPUBND, issuer: van-phong-ubnd-tinh, date: 2026"
    problems = changed(tmp_path, "documents", old, old.replace("2026", "2099"))
    (cause,) = (p for p in problems if not p.follows and p.severity == "error")
    assert "basis-in-time" == cause.rule


def test_another_slip_in_the_same_record_is_told_for_itself(tmp_path: Path) -> None:
    """A name that is none does not hide a day that cannot be."""
    shutil.copytree(DATA, tmp_path / "data")
    path = tmp_path / "data" / "people.yaml"
    head, mark, rest = path.read_text(encoding="utf-8").partition("- id: le-van-binh\n")
    rest = rest.replace("name: Lê Văn Bình", "name: Lê Văn Bình 2", 1)
    path.write_text(head + mark + re.sub(r"from: \d{4}", "from: 1925", rest, count=1), "utf-8")
    rules = [p.rule for p in validate(load(tmp_path), ON) if not p.follows]
    assert {"plain-name", "plausible-day"} <= {*rules}


def test_units_that_lack_the_same_are_told_each(tmp_path: Path) -> None:
    """That they are below one unit makes none of them the cause."""
    shutil.copytree(DATA, tmp_path / "data")
    path = tmp_path / "data" / "units.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^  regulation: .*\n", "", text, count=3), encoding="utf-8")
    warnings = [p for p in validate(load(tmp_path), ON) if p.rule == "unit-regulation"]
    assert ["", "", ""] == [p.follows for p in warnings]


def test_a_warning_hides_no_error(tmp_path: Path) -> None:
    """Only what must be fixed stands for others."""
    at = Mark("data/people.yaml", 1, 1, ("people", "le-van-binh", ("posts", 0)))
    both = [
        Rule("x-warning", "Art. 4", "w", "warning").violation(at, Message("w"), fix=Message("f")),
        Rule("issuer-competent", "Art. 4", "e").violation(at, Message("e"), fix=Message("f")),
    ]
    assert ["", ""] == [p.follows for p in with_causes(load(tmp_path), both)]
    basic = replace(both[0], rule="person-has-post")
    assert ["", ""] == [p.follows for p in with_causes(load(tmp_path), [basic, both[1]])]
    error = replace(both[0], severity="error")
    assert ["", "data/people.yaml:1:1"] == sorted(
        p.follows for p in with_causes(load(tmp_path), [error, both[1]])
    )


def test_keys_and_rules_exist() -> None:
    """Each key is one of the policy, and each rule stands in one part of the table."""
    rules = [key for part in TABLE.values() for key in part]
    assert len({*rules}) == len(rules)
    assert {*rules} <= {rule.id for rule in RULES}
    keys = {key for line in LINES.values() for key in line.get("policy", ())}
    assert keys <= {field.name for field in fields(Policy)}
