"""Sort and tidy the data files."""

from __future__ import annotations

from collections.abc import Sequence

from hopthu.app.workspace import Workspace
from hopthu.app.writing import replace_file
from hopthu.errors import DataError
from hopthu.load import load
from hopthu.source.formatter import layouts, tidied
from hopthu.source.positions import no_garbage_collection
from hopthu.source.records import Source
from hopthu.validate import policy_of


def format_data(workspace: Workspace, *, write: bool) -> tuple[Sequence[str], Source]:
    """Return the files that are not tidy, and what was read; `write` them as they should be."""
    with no_garbage_collection():
        source = load(workspace.root)
        should = {each.name: tidied(each) for each in layouts(source)}
        changed = [name for name, content in should.items() if content != source.files[name]]
    for name in changed if write else ():
        replace_file(workspace.root / name, should[name])
    return changed, source


def refuse_errors(source: Source) -> None:
    """Raise `DataError` for files with errors, which are left alone."""
    errors = [problem for problem in source.problems if problem.severity == "error"]
    if errors:
        raise DataError(errors, policy_of(source).regulation)
