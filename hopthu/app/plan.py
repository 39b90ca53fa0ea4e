"""Plan what the data changes: of a git revision, or on servers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hopthu.app.workspace import Workspace
from hopthu.diagnostics.problem import Problem
from hopthu.errors import DataError, RefusedData
from hopthu.git.baseline import load_baseline
from hopthu.git.repository import Base
from hopthu.history.removals import compared
from hopthu.history.steps import of_steps
from hopthu.i18n.message import Message
from hopthu.plan.code_changes import code_changes
from hopthu.plan.file import as_saved
from hopthu.plan.plan import Plan, make
from hopthu.source.positions import no_garbage_collection
from hopthu.validate import Loaded, read


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan for valid data, and the `problems` by the rules between revisions.

    `remark` names the revision it starts from, if nobody did and it is not HEAD.
    """

    plan: Plan
    loaded: Loaded
    problems: Sequence[Problem]
    remark: Message | None = None

    @property
    def error(self) -> DataError | None:
        """Return why the edit cannot be applied, whatever it changes."""
        if not any(problem.severity == "error" for problem in self.problems):
            return None
        problems, cited = [*self.problems, *self.loaded.warnings], self.loaded.policy.regulation
        return (RefusedData if self.plan.servers else DataError)(sorted(problems), cited)

    @property
    def refused(self) -> bool:
        """Return whether an apply would be refused."""
        return self.plan.is_refused

    def as_saved(self, workspace: Workspace) -> str:
        """Return the text of a file that `apply` takes after a review."""
        return as_saved(self.plan, self.loaded.policy, workspace.root)


def plan(workspace: Workspace) -> Planned:
    """Plan from the revision that the workspace names, else from the base of the checkout.

    Raises `DataError` if the data has an error.
    """
    repository, on, named = workspace.repository, workspace.on, workspace.base
    chosen = repository.base() if named is None else None
    made: list[tuple[Plan, Sequence[Problem]]] = []

    def compare(loaded: Loaded) -> None:
        made.append(_between(workspace, chosen, loaded))

    with no_garbage_collection():
        loaded = read(workspace.root, on, ahead=compare)
        if not made:
            compare(loaded)
    found, problems = made[-1]
    remark = chosen.sentence() if chosen and repository.is_ahead(chosen) else None
    return Planned(found, loaded, problems, remark)


def _between(
    workspace: Workspace, chosen: Base | None, loaded: Loaded
) -> tuple[Plan, Sequence[Problem]]:
    """Return the plan from a revision to the data, and the problems of the edit.

    The base that is `chosen` is judged as by `check`. One that somebody named, such as the deployed
    commit, may be behind what others have: that is judged as by an apply.
    """
    repository, on = workspace.repository, workspace.on
    revision = chosen.revision if chosen else workspace.base or ""
    before, commit = load_baseline(repository, revision, loaded)
    problems: Sequence[Problem] = compared(before.source, loaded.source, on)
    if not chosen:
        problems = of_steps(repository, commit, problems, loaded.source, on)
    made = make(before, loaded, on, commit)
    files = code_changes(repository, commit, (*before.source.files, *loaded.source.files))
    return replace(made, code=files), problems
