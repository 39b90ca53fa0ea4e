"""Judge what came since an earlier commit, such as the deployed one, as the edits it came in.

Several commits may be applied at once, and days after they were made. If each of them is in order,
on its day, so are all together: as many applies, each in its time, would have done the same. If one
is not, none excuses another: a record taken out and entered anew, or a document invented for one
commit, would hide what changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from hopthu.diagnostics.problem import Problem
from hopthu.errors import UsageError
from hopthu.git.repository import Repository
from hopthu.git.revision import read_at
from hopthu.history.removals import compared
from hopthu.rules.edits.revisions import PERMANENT_RULES
from hopthu.schema import validator
from hopthu.source.records import Record, Source
from hopthu.validate import validate


def of_steps(
    repository: Repository, base: str, found: Sequence[Problem], source: Source, on: date
) -> Sequence[Problem]:
    """Return those problems `found` of `source` against the commit `base` that steps do not excuse.

    Steps are the commits since, each on the day it was made, and what is not committed, on `on`.
    They excuse what each of them may do, unless it concerns what is permanent; but nothing if one
    has an error, or cannot be read.
    """
    if all(problem.rule in PERMANENT_RULES for problem in found):
        return found
    commits = repository.since(base)
    if len(commits) < 2:
        return found
    try:
        made = {_what(problem) for problem in _step_by_step(repository, commits, source, on)}
    except _NotInOrder:
        return found
    return [p for p in found if p.rule in PERMANENT_RULES or _what(p) in made]


class _NotInOrder(Exception):
    """A revision in between has errors."""


def _step_by_step(
    repository: Repository, commits: Sequence[tuple[str, date]], source: Source, on: date
) -> Iterator[Problem]:
    """Yield the warnings of each step from the first of `commits` on; all of what is not committed.

    Raises `_NotInOrder`. Days do not run backwards, whatever the clocks of those who commit say.
    """
    (base, day), *later = commits
    before = _data_of(repository, base, source)
    for name, made in later:
        day = max(day, made)
        after = _data_of(repository, name, source)
        judged = [*validate(after, min(on, day)), *compared(before, after, min(on, day))]
        if any(problem.severity == "error" for problem in judged):
            raise _NotInOrder
        yield from judged
        before = after
    yield from compared(before, source, on)


def _data_of(repository: Repository, revision: str, source: Source) -> Source:
    """Return the data of a revision; raise `_NotInOrder` if any of it cannot be compared."""
    try:
        _, whole, _ = read_at(repository, revision, source)
    except UsageError as error:
        raise _NotInOrder from error
    unfit = (record for kind in whole.records.values() for record in kind if not record.fits)
    if any(p.severity == "error" for p in whole.problems) or any(map(_has_problem, unfit)):
        raise _NotInOrder
    return whole


def _has_problem(record: Record) -> bool:
    return any(True for _ in validator.problems(record))


def _what(problem: Problem) -> tuple[str, str]:
    return problem.rule, problem.subject
