"""Check the data, alone and against what came before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hopthu.app.workspace import Workspace
from hopthu.diagnostics.problem import Problem
from hopthu.errors import UsageError
from hopthu.history.removals import Since, since, since_base
from hopthu.i18n.message import Message
from hopthu.rules.causes import with_causes
from hopthu.source.positions import no_garbage_collection
from hopthu.source.records import Source
from hopthu.validate import load_checked, validate


@dataclass(frozen=True, slots=True)
class Checked:
    """All problems of the data, and a remark on what it was compared with, if that is not plain."""

    source: Source
    problems: Sequence[Problem]
    remark: Message | None = None

    @property
    def valid(self) -> bool:
        """Return whether there are no errors."""
        return not any(problem.severity == "error" for problem in self.problems)


def check(workspace: Workspace) -> Checked:
    """Check the data, also against the revision that the workspace names, else the base.

    Raises `UsageError` if git has no such revision, or if part of its data cannot be read.
    """
    with no_garbage_collection():
        source = load_checked(workspace.root, workspace.on)
        problems = validate(source, workspace.on)
        if not (workspace.root / "data").is_dir():  # it is another folder that was meant
            return Checked(source, problems)
        earlier = _earlier(workspace, source)
        if earlier:
            problems = with_causes(source, [*problems, *earlier.problems])
    remark = _remark(workspace, earlier) if workspace.base is None else None
    return Checked(source, problems, remark)


def _earlier(workspace: Workspace, source: Source) -> Since | None:
    """Compare with the revision asked for, else with the base of the checkout."""
    if workspace.base is None:
        return since_base(workspace.repository, source, workspace.on)
    found = since(workspace.repository, workspace.base, source, workspace.on)
    if problem := found.unread:  # what of it cannot be read would pass as never there
        raise UsageError(
            Message(
                "the data of {revision} cannot be read: {file}:{line}: {problem}",
                revision=workspace.base,
                file=problem.file,
                line=problem.line,
                problem=problem.what,
            ),
            fix=Message("name a revision with well-formed data as --base"),
        )
    return found


def _remark(workspace: Workspace, earlier: Since | None) -> Message | None:
    """Return a remark on the comparison with the base."""
    if earlier is None:
        return Message(
            "there is no earlier revision to compare with: nothing is committed here yet"
        )
    if earlier.unread:
        return Message(
            "{file} cannot be read in {revision}, so it was not compared with",
            file=earlier.unread.file,
            revision=earlier.base.revision[:12],
        )
    if earlier.base.branch and (earlier.problems or workspace.repository.is_ahead(earlier.base)):
        return earlier.base.sentence()
    if earlier.problems:
        return Message(
            "compared with HEAD; to correct a commit that nobody else has yet, compare with "
            "the revision they have: --base REV"
        )
    return None
