"""Edit the data: what every edit starts from, and what `check` says of its result."""

from __future__ import annotations

from collections.abc import Mapping

from hopthu.app.workspace import Workspace
from hopthu.diagnostics.problem import Problem, in_order
from hopthu.errors import DataError
from hopthu.history.removals import since_base
from hopthu.load import load, replaced
from hopthu.rules.context import RuleContext
from hopthu.source.positions import no_garbage_collection
from hopthu.source.records import Source
from hopthu.validate import policy_of, validate


def facts_of(workspace: Workspace) -> RuleContext:
    """Return the data as it is; raise `DataError` if it cannot be read."""
    source = load(workspace.root)
    if any(problem.severity == "error" for problem in source.problems):
        raise DataError(source.problems, policy_of(source).regulation)
    return RuleContext(source, policy_of(source), workspace.on)


def judged(workspace: Workspace, source: Source, contents: Mapping[str, bytes]) -> list[Problem]:
    """Return what `hopthu check` finds in the data with other `contents` of some files."""
    with no_garbage_collection():
        after = replaced(source, contents)
        found = validate(after, workspace.on)
        since = since_base(workspace.repository, after, workspace.on)
    return in_order([*found, *(since.problems if since else ())])
