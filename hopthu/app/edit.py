"""Edit the data: what every edit starts from, and what `check` says of its result."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from hopthu.app.workspace import Workspace
from hopthu.app.writing import replace_data
from hopthu.diagnostics.problem import Problem, in_order
from hopthu.editing.draft import Draft
from hopthu.errors import DataError
from hopthu.history.removals import since_base
from hopthu.load import load, replaced
from hopthu.rules.context import RuleContext
from hopthu.source.positions import no_garbage_collection
from hopthu.validate import policy_of, validate


def facts_of(workspace: Workspace) -> RuleContext:
    """Return the data as it is; raise `DataError` if it cannot be read."""
    source = load(workspace.root)
    if any(problem.severity == "error" for problem in source.problems):
        raise DataError(source.problems, policy_of(source).regulation)
    return RuleContext(source, policy_of(source), workspace.on)


class Proposal:
    """What a draft would make of the files, and what is wrong with it; nothing is written yet."""

    def __init__(self, workspace: Workspace, draft: Draft) -> None:
        """Take what the draft has by now."""
        self._workspace, self._source = workspace, draft.facts.source
        self.edits = draft.edits()
        self.contents = {edit.name: edit.content() for edit in self.edits}

    @cached_property
    def problems(self) -> Sequence[Problem]:
        """Return what `hopthu check` finds in the data as edited."""
        workspace = self._workspace
        with no_garbage_collection():
            after = replaced(self._source, self.contents)
            found = validate(after, workspace.on)
            since = since_base(workspace.repository, after, workspace.on)
        return in_order([*found, *(since.problems if since else ())])

    @property
    def errors(self) -> Sequence[Problem]:
        """Return those that forbid it."""
        return [problem for problem in self.problems if problem.severity == "error"]

    @property
    def news(self) -> Sequence[Problem]:
        """Return errors, and the warnings that the data did not have before."""
        if len(self.errors) == len(self.problems):
            return self.problems
        known = set(map(_without_place, validate(self._source, self._workspace.on)))
        return [p for p in self.problems if p.severity == "error" or _without_place(p) not in known]

    @property
    def diff(self) -> str:
        """Return the differences of all files."""
        return "".join(edit.diff() for edit in self.edits)

    def write(self) -> None:
        """Write all files, or none; raise `Refused` if one has changed since it was read."""
        replace_data(self._workspace.root, self._source.files, self.contents)


def _without_place(problem: Problem) -> tuple[str, str, str]:
    """Return what a problem is about: the edit moves the lines below it."""
    return problem.rule, problem.subject, problem.what
