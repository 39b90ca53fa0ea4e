"""What follows from an error in the policy is not reported beside it."""

import re
import shutil
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from hopthu.load import load
from hopthu.model.policy import Policy
from hopthu.rules.records.policy_followers import JUDGING
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
    return [f"{p.file} {p.rule}" for p in validate(load(tmp_path), ON) if p.severity == "error"]


@pytest.mark.parametrize(
    ("key", "line", "expected"),
    [
        ("operator", "operator: nowhere\n", ["dangling-reference"]),
        ("operator", "", []),
        ("competence", "competence: {post: [so-nowhere]}\n", ["issuer-competent"]),
        ("naming", "naming: {otherwise: x, unit: {ward: 1}}\n", ["shape", "shape"]),
        ("reserved", "reserved: [stc]\n", 6 * ["operator-reachable"]),
        ("domain", "domain: [", ["yaml-syntax"]),
    ],
)
def test_only_the_cause_is_reported(
    tmp_path: Path, key: str, line: str, expected: list[str]
) -> None:
    """The one line of the policy, not what hundreds of records are by it."""
    assert [f"data/policy.yaml {rule}" for rule in expected] == found(tmp_path, key, line)


def test_what_does_not_follow_is_reported(tmp_path: Path) -> None:
    """An error elsewhere in the policy hides nothing of records."""
    shutil.copytree(DATA, tmp_path / "data")
    path = tmp_path / "data" / "policy.yaml"
    text = path.read_text(encoding="utf-8").replace("operator: van-phong-ubnd-tinh", "")
    path.write_text(f"{text}dns: 1\noperator: so-noi-vu\n", encoding="utf-8")
    rules = {(p.file, p.rule) for p in validate(load(tmp_path), ON) if p.severity == "error"}
    assert ("data/policy.yaml", "shape") in rules
    assert ("data/units.yaml", "issuer-concerned") in rules


def test_keys_and_rules_exist() -> None:
    """Each key is one of the policy, and each rule is in the rule book."""
    assert JUDGING.keys() <= {field.name for field in fields(Policy)}
    assert {rule for rules in JUDGING.values() for rule in rules} <= {rule.id for rule in RULES}
