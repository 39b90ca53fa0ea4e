"""Judge what came since an earlier commit, such as the deployed one, as the edits it came in.

Several commits may be applied at once, and days after they were made. If each of them is in order,
on its day, so are all together: as many applies, each in its time, would have done the same. If one
is not, none excuses another: a record taken out and entered anew, or a document invented for one
commit, would hide what changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain, islice
from typing import NamedTuple

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
    steps = _steps(repository, commits, source, on)
    try:
        begun = list(islice(steps, 2))
        if [each.on for each in begun] == [on]:
            return found  # one step of that day is the whole, which was judged
        made = {_what(each) for step in chain(begun, steps) for each in step.problems(source)}
    except _NotInOrder:
        return found
    return [p for p in found if p.rule in PERMANENT_RULES or _what(p) in made]


class _NotInOrder(Exception):
    """A revision in between has errors."""


class _Step(NamedTuple):
    """A change of the data, as of the day `on`."""

    before: Source
    after: Source
    on: date

    def problems(self, checked_out: Source) -> list[Problem]:
        """Return what is found in the step, and of a commit, in its data: `checked_out` is judged.

        Raises `_NotInOrder` if a commit has an error.
        """
        found = compared(self.before, self.after, self.on)
        if self.after is checked_out:
            return found
        found += validate(self.after, self.on)
        if any(problem.severity == "error" for problem in found):
            raise _NotInOrder
        return found


def _steps(
    repository: Repository, commits: Sequence[tuple[str, date]], source: Source, on: date
) -> Iterator[_Step]:
    """Yield each step from the first of `commits` on, and what is not committed, if anything.

    Raises `_NotInOrder`. Days do not run backwards, whatever the clocks of those who commit say.
    """
    (base, day), *later = commits
    before = _data_of(repository, base, source)
    for name, made in later:
        day = max(day, made)
        after = _data_of(repository, name, source)
        yield _Step(before, after, min(on, day))
        before = after
    if before.files != source.files:
        yield _Step(before, source, on)


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
