"""The JSON Schemas that editors read: current, well-formed, and of one mind with `check`."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator
from test_rule_pages import problems_of

from hopthu.schema.formats import FORMS
from hopthu.schema.json_schema import files, json_schema
from hopthu.schema.modeline import modeline
from hopthu.schema.patterns import PATTERNS
from hopthu.source import document
from hopthu.source import files as data_files
from hopthu.source.files import KINDS
from regulations import THANH_HOA
from rule_pages import Case, every_case

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
LIMITS: dict[str, str] = yaml.safe_load((TESTS / "editor" / "limits.yaml").read_text())
VALIDATORS = {kind: Draft7Validator(json_schema(kind, THANH_HOA)) for kind in KINDS}
CASES = [case for case in every_case() if not case.near_miss]
NEAR_MISSES = [case for case in every_case() if case.near_miss]
_SHORTEST = 8


def verdicts(case: Case, folder: Path) -> tuple[bool, bool]:
    """Return whether `check` takes the data of a case, and whether JSON Schema does."""
    check = not any(problem.severity == "error" for problem in problems_of(case))
    found, _ = data_files.listing(case.lay(folder))
    values = [
        (kind, document.read(data_files.normal(path.read_bytes()), path.name)[0])
        for kind, paths in found.items()
        for path in paths
        if path.is_file()
    ]
    return check, all(VALIDATORS[kind].is_valid(value) for kind, value in values if value)


def limit(case: Case) -> str:
    """Return the entry of the limits that a case falls under, empty where none does."""
    return next((name for name in (str(case), case.rule) if name in LIMITS), "")


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_say_the_same_of_a_case_that_json_schema_can_express(
    case: Case, tmp_path: Path
) -> None:
    """Each other case has its reason; JSON Schema never refuses what `check` takes or warns of."""
    check, editor = verdicts(case, tmp_path)
    expected = (check, True) if limit(case) else (check, check)
    assert expected == (check, editor), LIMITS.get(limit(case))


@pytest.mark.slow
@pytest.mark.parametrize("case", NEAR_MISSES, ids=str)
def test_both_take_a_near_miss(case: Case, tmp_path: Path) -> None:
    """An editor does not mark what is right."""
    assert (True, True) == verdicts(case, tmp_path)


def test_every_limit_has_a_case_and_a_reason() -> None:
    """Whatever of it both agree on, the test above finds."""
    assert set(LIMITS) == {limit(case) for case in CASES if limit(case)}
    assert all(len(reason) >= _SHORTEST for reason in LIMITS.values())


def test_the_files_are_current() -> None:
    """`python -m hopthu.docs` would change nothing; no other file is there."""
    assert dict(files(THANH_HOA)) == {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in (ROOT / "schemas" / "json").iterdir()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_a_schema_of_draft_7(kind: str) -> None:
    """By the meta-schema; every field says in both languages what it is."""
    Draft7Validator.check_schema(json_schema(kind, THANH_HOA))
    text = json.dumps(json_schema(kind, THANH_HOA), ensure_ascii=False)
    assert "(Art. 5.1)." in text
    assert "(khoản 1 Điều 5)." in text


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_data_fits(kind: str) -> None:
    """Otherwise its authors would see marks all over it."""
    path = ROOT / "data" / f"{kind}.yaml"
    value, problems = document.read(path.read_bytes(), path.name)
    assert [] == problems
    assert [] == [error.message for error in VALIDATORS[kind].iter_errors(value)]


def test_every_form_has_a_pattern() -> None:
    """A form without one would fail only when a schema uses it."""
    assert FORMS.keys() == PATTERNS.keys()


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("data/people.yaml", "../schemas/json/people.json"),
        ("data/people/so-tai-chinh.yaml", "../../schemas/json/people.json"),
        ("data/units/xa/dong-tien.yaml", "../../../schemas/json/units.json"),
    ],
)
def test_the_first_line_names_the_schema_by_a_relative_path(file: str, expected: str) -> None:
    """So it holds in every clone."""
    assert f"# yaml-language-server: $schema={expected}" == modeline(file)


def test_the_first_line_of_shipped_data_names_its_schema() -> None:
    """An editor checks them without settings of its own."""
    for path in sorted((ROOT / "data").rglob("*.yaml")):
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert modeline(path.relative_to(ROOT).as_posix()) == first
