"""Every case of tests/rules, one page a rule: what `check` says of it, exactly.

After a change of wording, `pytest --accept tests/unit/test_rule_pages.py` writes the expected text
anew: read the diff before committing it.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path

import pytest

import overlay
import rule_pages
from hopthu.cli import main
from hopthu.diagnostics.problem import Problem, as_text
from hopthu.diagnostics.rule import Rule
from hopthu.errors import DataError
from hopthu.history.removals import compared
from hopthu.i18n.catalogue import translate
from hopthu.load import load
from hopthu.model.articles import ARTICLES
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.serving import Judge
from hopthu.rules.powers.uses import of_row
from hopthu.rules.registry import RULES
from hopthu.validate import between, policy_of, read, validate
from pages import sections
from regulations import THANH_HOA
from rule_pages import BASE, Case, every_case, the_case

ON = date(2026, 11, 25)
CASES = [case for case in every_case() if not case.near_miss]
NEAR_MISSES = [case for case in every_case() if case.near_miss]


@cache
def problems_of(case: Case) -> list[Problem]:
    """Return what `check` finds, against the revision before where the case has one."""
    with tempfile.TemporaryDirectory() as folder:
        after = load(case.lay(Path(folder, "now")))
        problems = validate(after, ON)
        if case.compares:
            before = load(overlay.write(case.before(), Path(folder, "before")))
            assert [] == [p for p in validate(before, ON) if p.severity == "error"]
            problems = sorted([*problems, *between(before, after, ON)])
    return problems


@pytest.mark.parametrize("case", CASES, ids=str)
def test_says_exactly_what_is_expected(case: Case, tmp_path: Path, accept: bool) -> None:
    """The text of every problem, its place and its fix are as the page has them."""
    problems = problems_of(case)
    assert case.rule in {p.rule for p in problems}, "the rule that the page is about says nothing"
    if accept and not (case.expected and case.text() == as_text(problems, regulation=THANH_HOA)):
        rule_pages.accept(case, as_text(problems, regulation=THANH_HOA))
        case = the_case(str(case))
    assert case.text() == as_text(problems, regulation=THANH_HOA), f"{case.page}:{case.line}"
    if not case.compares and any(p.severity == "error" for p in problems):
        with pytest.raises(DataError) as raised:
            read(case.lay(tmp_path), ON)
        assert tuple(problems) == raised.value.problems


@pytest.mark.parametrize("case", [case for case in CASES if case.compares], ids=str)
def test_what_differs_alone_says_the_same(case: Case, tmp_path: Path) -> None:
    """`check` compares no more of people than differs, and it finds what the whole has."""
    before = load(overlay.write(case.before(), tmp_path / "before"))
    after = load(case.lay(tmp_path / "now"))
    assert between(before, after, ON) == compared(before, after, ON)


@pytest.mark.parametrize("rule", ["issuer-competent", "document-serves", "adoption-basis"])
def test_a_row_served_as_most_are_is_served_when_judged_in_full(rule: str, tmp_path: Path) -> None:
    """What spares most rows a full judgement hides nothing."""
    plain = 0
    for number, case in enumerate(each for each in (*CASES, *NEAR_MISSES) if each.rule == rule):
        source = load(case.lay(tmp_path / str(number)))
        facts = RuleContext(source, policy_of(source), ON)
        judge = Judge(facts)
        served = [row for row in facts.changes if judge.is_served(row)]
        uses = (use for row in served for use in of_row(facts, row))
        assert [] == list(filter(None, map(judge.fault, uses))), str(case)
        plain += len(served)
    assert plain > 0


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if c.expected and re.search(r"warning: .*\[holder-works", c.expected.text)],
    ids=str,
)
def test_an_office_closed_as_the_fix_says_is_no_error(case: Case, tmp_path: Path) -> None:
    """The row ends on the last day in office; where that would be rewritten, a letter is cited."""
    before = load(case.lay(tmp_path / "before"))
    for problem in (p for p in validate(before, ON) if p.rule == "holder-works-there"):
        root = case.lay(tmp_path / "after")
        units, documents = root / "data" / "units.yaml", root / "data" / "documents.yaml"
        text = units.read_text(encoding="utf-8")
        last = date.fromisoformat(re.findall(r"\d{4}-\d\d-\d\d", problem.what)[0]) - timedelta(1)
        if row := re.search(r"`until`, (\S+) at.*`(- .*)`", problem.fix):
            last = date.fromisoformat(row[1])
            asked = row[2].replace("ID-OF-THE-REQUEST", "cv-99-stc-2026")
            text = text.replace("  delegates:\n", f"  changes:\n    {asked}\n  delegates:\n")
            with documents.open("a", encoding="utf-8") as file:
                file.write(
                    "- {id: cv-99-stc-2026, kind: request, number: 99/STC-VP, "
                    f"issuer: so-tai-chinh, date: {last}}}\n"
                )
        lines = text.splitlines(keepends=True)
        number = problem.line - 1 + (2 if row else 0)
        closed = re.sub(
            r"(, until: [0-9-]+)?, decision", f", until: {last}, decision", lines[number]
        )
        assert closed != lines[number]
        units.write_text("".join([*lines[:number], closed, *lines[number + 1 :]]), encoding="utf-8")
        after = load(root)
        found = [*validate(after, ON), *between(before, after, ON)]
        assert [] == [p for p in found if p.severity == "error"]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_fix_names_no_other_document(case: Case) -> None:
    """It would be cited as it stands. One with the same numbers may be the one that is meant.

    What a row has to say that there was before is on record.
    """
    document = re.compile(r"\b[a-z]+((?:-[a-z]+)*-\d+(?:-[a-z0-9]+)*-\d{4})\b")
    for problem in problems_of(case):
        told = {re.sub("[^0-9]", "", found) for found in document.findall(problem.what)}
        for found in document.findall(re.sub(r"was: \{.*?\}", "", problem.fix)):
            assert re.sub("[^0-9]", "", found) in told, problem


@pytest.mark.parametrize("case", CASES, ids=str)
def test_days_are_told_as_officials_write_them(case: Case) -> None:
    """In Vietnamese; but what a fix tells to write is as the data has it."""
    plain, for_people = (
        re.compile(r"(?<![\w\"-])\d{4}-\d\d-\d\d(?!\w)"),
        re.compile(r"\d\d/\d\d/\d{4}"),
    )
    for problem in problems_of(case):
        assert not plain.search(translate(problem.what, "vi")), problem.what
        written = translate(problem.fix, "vi").partition("ghi ")[2][:25]
        assert not for_people.search(written), problem.fix


@pytest.mark.parametrize("case", NEAR_MISSES, ids=str)
def test_a_near_miss_passes(case: Case) -> None:
    """The rule says nothing, and others what the page has, whether output is accepted or not."""
    assert {("warning", True)} >= {(p.severity, p.rule != case.rule) for p in problems_of(case)}
    assert case.text() == as_text(problems_of(case), regulation=THANH_HOA), (
        f"{case.page}:{case.line}"
    )


def test_every_block_changes_something() -> None:
    """A case says what differs from the base, and nothing else."""
    idle = []
    for case in every_case():
        for files, fences in case.steps():
            states = list(accumulate(fences, overlay.laid, initial=files))
            idle += [f for f, (a, b) in zip(fences, pairwise(states), strict=True) if a == b]
    assert [] == [f"{fence.page}:{fence.line}" for fence in idle]


SHARED = """
import json, os, pathlib, sys
from datetime import date, timedelta
from hopthu import validate
from hopthu.source import parallel
from hopthu.errors import DataError
from hopthu.i18n.catalogue import translate
from hopthu.diagnostics.problem import as_text
validate._WORTH_SHARING = 0
started = []
start = parallel._start
parallel._start = lambda *given: started.append(1) or start(*given)
done = []
def ahead(loaded):
    done.append(len(loaded.organisation.people))
    raise ValueError("it may fail")
root, *cases = sys.argv[1:]
on = date.fromisoformat(cases.pop())
def told(case):
    try:
        return validate.read(pathlib.Path(root, case), on, ahead).warnings
    except DataError as error:
        return error.problems
regulation = validate.regulation_of(pathlib.Path())
said = [as_text(told(case), regulation=regulation) for case in cases]
print(json.dumps([len(started), len(done), said]))
"""


@pytest.mark.slow
def test_shared_over_the_cores_it_says_the_same(tmp_path: Path) -> None:
    """As for many records, which are built meanwhile, even where that fails, and what comes next.

    In a program of its own: one with threads does not fork.
    """
    cases = [case for case in CASES if not case.compares]
    for case in cases:
        case.lay(tmp_path / str(case))
    done = subprocess.run(
        [sys.executable, "-c", SHARED, str(tmp_path), *map(str, cases), ON.isoformat()],
        cwd=rule_pages.RULES.parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    started, ahead, said = json.loads(done.stdout)
    assert 0 < ahead < len(cases), "not with data that has no form"
    assert (len(cases) if (os.cpu_count() or 1) > 1 else 0) == started
    for case, text in zip(cases, said, strict=True):
        assert case.text() == text


@pytest.mark.parametrize(
    "case",
    [
        "yaml-syntax/a-bracket-left-open",
        "duplicate-key/a-key-twice-in-a-record",
        "shape/words-that-yaml-takes-for-others",
        "dangling-reference/the-unit-and-the-document-of-a-post",
        "unique-address/two-people-have-one-address",
    ],
)
def test_check_exits_2(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And prints every problem."""
    root = the_case(case).lay(tmp_path)
    assert main(["check", "--root", str(root), "--on", ON.isoformat(), "--lang", "en"]) == 2
    assert the_case(case).text() == capsys.readouterr().out


@pytest.mark.parametrize("command", [["plan"], ["apply", "lab", "--yes"]], ids=lambda c: c[0])
def test_nothing_is_planned_or_applied(command: list[str], tmp_path: Path) -> None:
    """Other commands say the same and end before they look at a server."""
    case = the_case("unique-address/two-people-have-one-address")
    root = case.lay(tmp_path)
    program = [sys.executable, "-m", "hopthu", *command]
    done = subprocess.run(
        [*program, "--root", str(root), "--on", ON.isoformat()],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert (2, case.text()) == (done.returncode, done.stdout)


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_every_format_speaks_vietnamese(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Places, ids and keys stay as they are."""
    root = the_case("unique-address/two-people-have-one-address").lay(tmp_path)
    arguments = ["check", "--root", str(root), "--on", ON.isoformat(), "--lang", "vi"]
    assert main([*arguments, "--format", form]) == 2
    said = capsys.readouterr().out
    assert "đã thuộc về le-van-binh từ năm 2025" in said
    assert "unique-address" in said


def test_the_base_has_no_problem() -> None:
    """So every problem of a case is of its own making."""
    assert validate(load(BASE), ON) == []


def test_every_rule_has_a_page_with_cases_and_every_page_a_rule() -> None:
    """A rule that no case breaks may never speak; one without a near miss may always do so."""
    rules = {rule.id for rule in RULES}
    assert len(RULES) == len(rules)
    assert rules == {page.stem for page in rule_pages.RULES.glob("*.md")}
    assert rules == {case.rule for case in CASES}
    assert rules == {case.rule for case in NEAR_MISSES}


def test_no_two_cases_share_a_name() -> None:
    """Or one could not be asked for by its name."""
    names = [str(case) for case in every_case()]
    assert [] == sorted({name for name in names if names.count(name) > 1})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_page_begins_with_what_the_rule_means(rule: Rule) -> None:
    """Its id and its article, one that exists; then prose, before the first case."""
    assert rule.article in ARTICLES
    page = rule_pages.RULES / f"{rule.id}.md"
    first, second = sections(page)[1:3]
    assert (1, f"{rule.id} ({rule.article})") == (first.level, first.title)
    prose = page.read_text(encoding="utf-8").splitlines()[first.line : second.line - 1]
    assert any(line.strip() for line in prose)
