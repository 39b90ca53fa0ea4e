"""The reorganisation of 2025 in a repository: what `check` and `plan` say of it and of mistakes."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from test_merger_variants import RETIRED, RETIREMENT, Files, changed, moved, place, record
from test_reform_2025 import DAY, EVE
from test_saved_plan import git

from benchmarks.reform import Reform, Unit, write
from hopthu.cli import main

pytestmark = pytest.mark.slow

Found = set[str]
"""The errors and warnings of `check`, as rule and line."""


@pytest.fixture(scope="module")
def reform() -> Reform:
    return Reform()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which the state before the day is committed, and tagged."""
    root = tmp_path_factory.mktemp("province")
    write(root, before=True)
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "before")
    git(root, "tag", "before")
    return root


def successors(reform: Reform) -> list[Unit]:
    return [unit for unit in reform.units.values() if unit.new]


def retired(reform: Reform, *, heads: bool) -> Files:
    """Return the files in which people of merged communes retire instead of moving."""
    files = reform.written()
    keep = set() if heads else {unit.head for unit in successors(reform)}
    people = files["people"]
    for person in reform.people:
        if person.after in reform.units and person.id not in keep:
            old = record(people, person.id)
            left = f"  left: {{how: retired, on: {DAY}, {RETIRED}}}\n"
            people = people.replace(old, moved(old) + left)
    documents = files["documents"] + RETIREMENT
    return {**files, "people": people, "documents": documents}


def redirect_zero(reform: Reform) -> tuple[Files, Files]:
    """Return the files of two edits, as the policy comes first."""
    row = "{on: 2025-06-20, facts: [lifecycle.redirect_days], decision: qd-98-ubnd-2025}"
    decision = (
        "- {id: qd-98-ubnd-2025, kind: decision, number: 98/QĐ-UBND, issuer: ubnd-tinh, "
        "date: 2025-06-18}\n"
    )
    first, then = (
        {
            **files,
            "policy": f"{files['policy']}lifecycle: {{redirect_days: 0}}\nchanges: [{row}]\n",
            "documents": files["documents"] + decision,
        }
        for files in (reform.written(before=True), reform.written())
    )
    return first, then


def head_elsewhere(reform: Reform) -> tuple[Files, Found]:
    one, other = successors(reform)[:2]
    files = changed(reform.written(), "units", one.id, lambda t: t.replace(one.head, other.head))
    return files, {f"holder-works-there {place(files, 'units', one.id, '    - {person')}"}


def day_early(reform: Reform) -> tuple[Files, Found]:
    heads = {unit.head for unit in successors(reform)}
    person = next(p for p in reform.people if p.id not in heads and p.after in reform.units)
    files = changed(reform.written(), "people", person.id, lambda t: t.replace(f"{DAY}", f"{EVE}"))
    return files, {f"within-unit-life {place(files, 'people', person.id, '    - ', 1)}"}


def split_as_merger(reform: Reform) -> tuple[Files, Found]:
    split = next(unit for unit in reform.units.values() if len(unit.into) > 1)
    merger = f"how: merged, into: [{split.into[0][0]}], on"
    files = changed(
        reform.written(),
        "units",
        split.id,
        lambda text: re.sub(r"how: split, parts: \[.*\], mailbox_to: [\w-]+, on", merger, text),
    )
    return files, {f"ending-says-where {place(files, 'units', split.id, '  ended:')}"}


def run(root: Path, capsys: pytest.CaptureFixture[str], *command: str) -> tuple[int, str]:
    """Return exit status and output of a command on the day."""
    capsys.readouterr()
    status = main([*command, "--root", str(root), "--on", f"{DAY}"])
    return status, capsys.readouterr().out


def causes(said: str) -> list[Any]:
    """Return the problems that follow from no other, as `check --format json` prints them."""
    return [problem for problem in json.loads(said)["problems"] if "follows" not in problem]


def committed(root: Path, *edits: Files) -> None:
    """Check the state before out, and commit the files of each edit on top of it."""
    git(root, "checkout", "-q", "before")
    for files in edits:
        for kind, text in files.items():
            (root / "data" / f"{kind}.yaml").write_text(text, encoding="utf-8")
        git(root, "add", ".")
        git(root, "commit", "-qm", "after")


def test_the_right_one_is_planned(
    reform: Reform, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing to say, and every guard keeps its limit without an allowance."""
    committed(root, reform.written())
    status, said = run(root, capsys, "check", "--format", "json")
    assert (0, []) == (status, json.loads(said)["problems"])
    status, said = run(root, capsys, "plan", "--base", "before", "--format", "json")
    guards = json.loads(said)["guards"]
    assert 0 == status
    assert all(guard["passed"] and "allowance" not in guard for guard in guards)


@pytest.mark.parametrize(
    ("variant", "sentence", "more"),
    [
        (
            lambda reform: [retired(reform, heads=False)],
            r"province-wide: mailboxes: [\d,]+, limit \d+",
            0,
        ),
        (
            redirect_zero,
            (
                r"province-wide: mailboxes: [\d,]+, counted as [\d,]+ "
                r"\(a unit mailbox as several\), limit \d+"
            ),
            547,
        ),
    ],
    ids=["people retire", "redirect is zero"],
)
def test_more_than_the_merger_means_is_refused(
    reform: Reform,
    root: Path,
    capsys: pytest.CaptureFixture[str],
    variant: Callable[[Reform], Sequence[Files]],
    sentence: str,
    more: int,
) -> None:
    """Valid as data; the plan is refused in few sentences, with the allowance that would do."""
    committed(root, *variant(reform))
    assert 0 == run(root, capsys, "check", "--base", "HEAD~1")[0]
    status, said = run(root, capsys, "plan", "--base", "HEAD~1")
    refused = [line for line in said.splitlines() if line.startswith("refused: ")]
    assert (3, min(more + 1, 5)) == (status, len(refused))
    assert re.fullmatch(f'refused: guard "close", {sentence}', refused[0])
    assert more == 0 or refused[-1].endswith(f"; as well beyond {more - 4} more limits")
    assert "`allowances: [{guard: close, scope: all, document: " in said


def test_people_sent_elsewhere_by_the_merger_are_a_warning(
    reform: Reform, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At the line of the merger: whether business went along is for people to judge."""
    files, expected = split_as_merger(reform)
    committed(root, files)
    status, said = run(root, capsys, "check", "--format", "json")
    found = {
        f"{p['severity']} {p['rule']} {p['file']}:{p['line']}" for p in json.loads(said)["problems"]
    }
    assert (0, {f"warning {each}" for each in expected}) == (status, found)


@pytest.mark.parametrize("variant", [head_elsewhere, day_early])
def test_a_mistake_is_refused_at_its_line(
    reform: Reform,
    root: Path,
    capsys: pytest.CaptureFixture[str],
    variant: Callable[[Reform], tuple[Files, Found]],
) -> None:
    """By `check` and by `plan`, and nothing that follows from it is reported as well."""
    files, expected = variant(reform)
    committed(root, files)
    status, said = run(root, capsys, "check", "--format", "json")
    problems = causes(said)
    assert (2, expected) == (status, {f"{p['rule']} {p['file']}:{p['line']}" for p in problems})
    assert 2 == run(root, capsys, "plan", "--base", "before")[0]


def test_heads_who_retire_are_blamed_once(
    reform: Reform, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each of the 166 new units names a head who never came; that it has none follows."""
    committed(root, retired(reform, heads=True))
    status, said = run(root, capsys, "check", "--format", "json")
    problems = causes(said)
    assert (2, 166) == (status, len(problems))
    assert {"holder-works-there"} == {problem["rule"] for problem in problems}
