"""Problems as people and machines read them."""

import json
from dataclasses import fields, replace

from hopthu.diagnostics.problem import Mark, Problem, as_json, as_text, shown
from hopthu.diagnostics.shape_rule import SHAPE
from hopthu.i18n.message import Message
from hopthu.rules.registry import RULES
from hopthu.rules.report_formats import as_github, as_gitlab, as_sarif
from regulations import THANH_HOA

PROBLEM = Problem(
    file="data/people.yaml",
    line=42,
    column=11,
    severity="error",
    rule="unique-address",
    article="Art. 4",
    subject="tran-thi-hoa",
    what='address "hoatt" is held by tran-thi-hoan since 2019',
    why="an address names one mailbox, for life, closed ones included",
    fix='use "hoatt2" (next free for this name)',
)
WARNING = Problem("data/a,b.yaml", 1, 1, "warning", "shape", "Art. 5.2", "", "100 %", "w", "f")


def test_text_is_a_line_then_reason_then_fix() -> None:
    """The form of DESIGN §5."""
    expected = """\
data/people.yaml:42:11: error: tran-thi-hoa: address "hoatt" is held by tran-thi-hoan since 2019 [unique-address, Art. 4]
  why: an address names one mailbox, for life, closed ones included
  fix: use "hoatt2" (next free for this name)
1 error. Nothing was planned or applied.
"""  # noqa: E501
    assert expected == as_text([PROBLEM], regulation=THANH_HOA)


def test_text_counts_errors_and_warnings() -> None:
    """Warnings alone stop nothing."""
    assert "No problem found.\n" == as_text([], regulation=THANH_HOA)
    assert "2 warnings." == as_text([WARNING, WARNING], regulation=THANH_HOA).splitlines()[-1]
    both = as_text([PROBLEM, PROBLEM, WARNING], regulation=THANH_HOA)
    assert "2 errors, 1 warning. Nothing was planned or applied." == both.splitlines()[-1]


def test_consequences_of_one_mistake_are_folded() -> None:
    """What a rule says of many records in the same words: three, and the names of ten others."""
    ended = replace(PROBLEM, rule="within-unit-life", what="so-y-te ended on 2026-11-01")
    many = [replace(ended, line=n, subject=f"person-{n}") for n in range(1, 491)]
    lines = as_text([*many, replace(PROBLEM, line=500)], regulation=THANH_HOA).splitlines()
    heads = [line for line in lines if ": error: " in line]
    assert [1, 2, 3, 500] == [int(line.split(":")[1]) for line in heads]
    named = ", ".join(f"person-{n}" for n in range(4, 14))
    assert f"  and 487 more with the same problem: {named}, …" == lines[9]
    assert [
        "487 more problems are not shown; `hopthu check --format json` lists all.",
        "491 errors. Nothing was planned or applied.",
    ] == lines[-2:]
    assert 490 == len(json.loads(as_json(many, {}, regulation=THANH_HOA))["problems"])


def test_text_limits_problems_per_record() -> None:
    """Twenty problems, errors rather than warnings; the others are counted, as all are."""
    many = [replace(PROBLEM, line=n, what=f"address {n}") for n in range(1, 31)]
    other = replace(PROBLEM, line=31, subject="le-van-binh")
    warnings = [
        replace(WARNING, file=PROBLEM.file, subject=PROBLEM.subject, what=f"{n} %")
        for n in range(5)
    ]
    lines = as_text([*warnings, *many, other], regulation=THANH_HOA).splitlines()
    heads = [line for line in lines if "[unique-address" in line]
    assert [*range(1, 21), 31] == [int(line.split(":")[1]) for line in heads]
    assert "data/people.yaml: tran-thi-hoa: and 15 more" == lines[lines.index(heads[19]) + 3]
    assert [
        "15 more problems are not shown; `hopthu check --format json` lists all.",
        "31 errors, 5 warnings. Nothing was planned or applied.",
    ] == lines[-2:]


def test_text_limits_problems_in_total() -> None:
    """Two hundred problems: no error is left out for a warning."""
    warnings = [replace(WARNING, subject=f"a-{n}", what=f"{n} %") for n in range(300)]
    errors = [replace(PROBLEM, subject=f"b-{n}", what=f"address {n}") for n in range(150)]
    text = as_text([*warnings, *errors], regulation=THANH_HOA)
    assert (150, 50) == (text.count(": error: "), text.count(": warning: "))
    assert "250 more problems are not shown" in text
    assert "150 errors, 300 warnings." in text


def test_hidden_problems_are_counted_in_vietnamese_too() -> None:
    """By record and at the end."""
    text = as_text(
        [replace(PROBLEM, line=n, what=f"address {n}") for n in range(1, 23)],
        "vi",
        regulation=THANH_HOA,
    )
    assert "data/people.yaml: tran-thi-hoa: và 2 vấn đề nữa" in text
    assert "Còn 2 vấn đề không hiện ra; `hopthu check --format json` liệt kê tất cả." in text


def test_tools_get_all_problems() -> None:
    """A forge shows as many as it likes."""
    many = [replace(PROBLEM, line=n) for n in range(1, 501)]
    assert 500 == len(json.loads(as_json(many, {}, regulation=THANH_HOA))["problems"])
    assert 500 == len(json.loads(as_sarif(many, regulation=THANH_HOA))["runs"][0]["results"])
    assert 500 == len(json.loads(as_gitlab(many, regulation=THANH_HOA)))
    assert 500 == len(as_github(many, regulation=THANH_HOA).splitlines())


def test_json_has_the_keys_of_the_contract() -> None:
    """Tools rely on them."""
    report = json.loads(
        as_json([PROBLEM, WARNING], {"units": 1, "people": 2, "documents": 3}, regulation=THANH_HOA)
    )
    assert [f.name for f in fields(Problem) if f.compare] == list(report["problems"][0])
    assert {"file", "line", "column", "severity", "rule"} < set(report["problems"][0])
    assert {"article", "subject", "what", "why", "fix"} < set(report["problems"][0])
    expected = {"units": 1, "people": 2, "documents": 3, "errors": 1, "warnings": 1}
    assert expected == report["counts"]


def test_github_annotations_escape_what_would_end_them() -> None:
    """A comma in a file name, a per cent sign, a new line."""
    first, second = as_github([PROBLEM, WARNING], regulation=THANH_HOA).splitlines()
    assert first.startswith(
        "::error file=data/people.yaml,line=42,col=11,title=unique-address%2C Art. 4::tran-thi-hoa:"
    )
    assert second == (
        "::warning file=data/a%2Cb.yaml,line=1,col=1,title=shape%2C Art. 5.2::"
        "100 %25%0Awhy: w%0Afix: f"
    )


def test_gitlab_fingerprints_do_not_depend_on_lines() -> None:
    """Its fingerprint is of what is wrong, not of where; two alike in one file are two."""
    moved = replace(PROBLEM, line=50)
    first, second = json.loads(as_gitlab([PROBLEM, moved], regulation=THANH_HOA))
    (alone,) = json.loads(as_gitlab([moved], regulation=THANH_HOA))
    assert {"path": "data/people.yaml", "lines": {"begin": 42}} == first["location"]
    assert ("unique-address", "major") == (first["check_name"], first["severity"])
    assert "fix: use" in first["description"]
    assert first["fingerprint"] == alone["fingerprint"] != second["fingerprint"]
    assert "minor" == json.loads(as_gitlab([WARNING], regulation=THANH_HOA))[0]["severity"]
    assert "[]\n" == as_gitlab([], regulation=THANH_HOA)


def test_sarif_names_every_rule_and_place() -> None:
    """Version 2.1.0; a result's rule is one of the driver's."""
    log = json.loads(as_sarif([PROBLEM], regulation=THANH_HOA))
    (run,) = log["runs"]
    (result,) = run["results"]
    assert "2.1.0" == log["version"]
    assert [rule.id for rule in RULES] == [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert ("unique-address", "error") == (result["ruleId"], result["level"])
    place = result["locations"][0]["physicalLocation"]
    assert {"uri": "data/people.yaml"} == place["artifactLocation"]
    assert {"startLine": 42, "startColumn": 11} == place["region"]


def test_sarif_writes_file_names_as_uris() -> None:
    """A blank or a letter with a mark would make no URI, a per cent sign another one."""
    named = replace(PROBLEM, file="data/people/Sở 100%.yaml")
    (result,) = json.loads(as_sarif([named], regulation=THANH_HOA))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert {"uri": "data/people/S%E1%BB%9F%20100%25.yaml"} == place["artifactLocation"]


def test_hostile_values_stay_on_their_line() -> None:
    """A value cannot forge a line of the report or move the cursor."""
    assert r'"a\u000afake:1:1: error\u001b[2J"' == shown("a\nfake:1:1: error\x1b[2J")
    assert 62 == len(shown("x" * 1000))
    endless = SHAPE.violation(
        Mark("data/people.yaml"), Message("w"), subject="x" * 10**7, fix=Message("f")
    )
    assert "x" * 63 + "…" == endless.subject
    named = replace(PROBLEM, file="data/people/a\nfake.yaml")
    assert as_text([named], regulation=THANH_HOA).startswith(
        r"data/people/a\u000afake.yaml:42:11: error"
    )
