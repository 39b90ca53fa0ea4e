"""Each folder `<rule>/<case>/data` is laid over `base/data`; `expected.txt` is what `check` says.

A folder `before` beside it is the revision it is checked against. The folders of tests/valid are
near misses: what looks much like a breach of the rule and is none.

After a change of wording, `HOPTHU_ACCEPT=1 pytest tests/invalid` writes the files anew: read the
diff before committing it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from hopthu.cli import main
from hopthu.diagnostics.problem import Problem, as_text
from hopthu.errors import DataError
from hopthu.load import load
from hopthu.model.articles import ARTICLES
from hopthu.rules.registry import RULES
from hopthu.validate import between, read, validate

HERE = Path(__file__).parent
BASE = HERE / "base"
ON = date(2026, 11, 25)
CASES = sorted(path.parent for path in HERE.glob("*/*/data"))
NEAR_MISSES = sorted(path.parent for path in (HERE.parent / "valid").glob("*/*/data"))


def laid_over_base(case: Path, root: Path) -> Path:
    """Copy the base and lay the case over it: a file in place of a folder, or the reverse."""
    shutil.copytree(BASE / "data", root / "data")
    for path in sorted((case / "data").iterdir()) if (case / "data").exists() else ():
        there = root / "data" / path.name
        if path.is_dir():
            there.unlink(missing_ok=True)
            shutil.copytree(path, there)
        else:
            shutil.copy(path, there)
    return root


def problems_of(case: Path, folder: Path) -> list[Problem]:
    """Return what `check` finds, against the revision before where the case has one."""
    after = load(laid_over_base(case, folder / "now"))
    problems = validate(after, ON)
    if (case / "before").exists():
        before = load(laid_over_base(case / "before", folder / "before"))
        assert [] == [p for p in validate(before, ON) if p.severity == "error"]
        problems = sorted([*problems, *between(before, after, ON)])
    return problems


def named(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_says_exactly_what_is_expected(case: Path, tmp_path: Path) -> None:
    """The text of every problem, its place and its fix are as the case folder has them."""
    problems = problems_of(case, tmp_path)
    expected = case / "expected.txt"
    if os.environ.get("HOPTHU_ACCEPT"):
        expected.write_text(as_text(problems), encoding="utf-8")
    assert expected.read_text(encoding="utf-8") == as_text(problems)
    assert case.parent.name in {p.rule for p in problems}
    if not (case / "before").exists() and any(p.severity == "error" for p in problems):
        with pytest.raises(DataError) as raised:
            read(tmp_path / "now", ON)
        assert tuple(problems) == raised.value.problems


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_fix_names_no_other_document(case: Path, tmp_path: Path) -> None:
    """It would be cited as it stands. One with the same numbers may be the one that is meant."""
    document = re.compile(r"\b[a-z]+((?:-[a-z]+)*-\d+(?:-[a-z0-9]+)*-\d{4})\b")
    for problem in problems_of(case, tmp_path):
        told = {re.sub("[^0-9]", "", found) for found in document.findall(problem.what)}
        for found in document.findall(problem.fix):
            assert re.sub("[^0-9]", "", found) in told, problem


@pytest.mark.parametrize("case", NEAR_MISSES, ids=named)
def test_a_near_miss_passes(case: Path, tmp_path: Path) -> None:
    """No rule says anything, not even a warning."""
    assert "No problem found.\n" == as_text(problems_of(case, tmp_path))


SHARED = """
import json, os, pathlib, sys
from datetime import date
from hopthu import validate
from hopthu.source import parallel
from hopthu.errors import DataError
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
said = [as_text(told(case)) for case in cases]
print(json.dumps([len(started), len(done), said]))
"""


def test_shared_over_the_cores_it_says_the_same(tmp_path: Path) -> None:
    """As for many records, which are built meanwhile, even where that fails, and what comes next.

    In a program of its own: one with threads does not fork.
    """
    cases = [case for case in CASES if not (case / "before").exists()]
    for case in cases:
        (tmp_path / named(case)).mkdir(parents=True)
        laid_over_base(case, tmp_path / named(case))
    done = subprocess.run(
        [sys.executable, "-c", SHARED, str(tmp_path), *map(named, cases), ON.isoformat()],
        capture_output=True,
        text=True,
        check=True,
    )
    started, ahead, said = json.loads(done.stdout)
    assert 0 < ahead < len(cases), "not with data that has no form"
    assert (len(cases) if (os.cpu_count() or 1) > 1 else 0) == started
    for case, text in zip(cases, said, strict=True):
        assert (case / "expected.txt").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "case",
    [
        "yaml-syntax/bracket-left-open",
        "duplicate-key/in-a-record",
        "shape/yaml-traps",
        "dangling-reference/post",
        "unique-address/two-people",
    ],
)
def test_check_exits_2(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And prints every problem."""
    root = laid_over_base(HERE / case, tmp_path)
    assert main(["check", "--root", str(root), "--on", ON.isoformat(), "--lang", "en"]) == 2
    assert (HERE / case / "expected.txt").read_text(encoding="utf-8") == capsys.readouterr().out


@pytest.mark.parametrize("command", [["plan"], ["apply", "lab", "--yes"]], ids=lambda c: c[0])
def test_nothing_is_planned_or_applied(command: list[str], tmp_path: Path) -> None:
    """Other commands say the same and end before they look at a server."""
    case = HERE / "unique-address" / "two-people"
    root = laid_over_base(case, tmp_path)
    program = [sys.executable, "-m", "hopthu", *command]
    done = subprocess.run(
        [*program, "--root", str(root), "--on", ON.isoformat()],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    expected = (case / "expected.txt").read_text(encoding="utf-8")
    assert (2, expected) == (done.returncode, done.stdout)


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_every_format_speaks_vietnamese(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Places, ids and keys stay as they are."""
    root = laid_over_base(HERE / "unique-address" / "two-people", tmp_path)
    arguments = ["check", "--root", str(root), "--on", ON.isoformat(), "--lang", "vi"]
    assert main([*arguments, "--format", form]) == 2
    said = capsys.readouterr().out
    assert "đã thuộc về le-van-binh từ năm 2025" in said
    assert "unique-address" in said


def test_the_base_has_no_problem() -> None:
    """So every problem of a case is of its own making."""
    assert validate(load(BASE), ON) == []


def test_every_rule_has_a_case_and_every_case_a_rule() -> None:
    """A rule without an invalid case may never fire; one without a near miss may always do so."""
    assert {rule.id for rule in RULES} == {case.parent.name for case in CASES}
    assert {rule.id for rule in RULES} == {case.parent.name for case in NEAR_MISSES}
    assert len(RULES) == len({rule.id for rule in RULES})
    assert 100 <= len(CASES)


def test_every_rule_cites_an_article_that_exists() -> None:
    """A rule rests on the regulation, or it is no rule."""
    assert [rule.id for rule in RULES if rule.article not in ARTICLES] == []
