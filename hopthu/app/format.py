"""Sort and tidy the data files."""

from __future__ import annotations

from dataclasses import dataclass

from hopthu.app.workspace import Workspace
from hopthu.app.writing import replace_file
from hopthu.errors import DataError
from hopthu.load import load
from hopthu.source.formatter import layouts, tidied
from hopthu.source.positions import no_garbage_collection
from hopthu.source.records import Source
from hopthu.validate import policy_of


@dataclass(frozen=True, slots=True)
class Formatted:
    """The names of the files that are not as they should be, of all that were read."""

    changed: tuple[str, ...]
    source: Source

    @property
    def total(self) -> int:
        """Return how many files were read."""
        return len(self.source.files)

    def refuse(self) -> None:
        """Raise `DataError` for the files with errors, which are left alone."""
        errors = [problem for problem in self.source.problems if problem.severity == "error"]
        if errors:
            raise DataError(errors, policy_of(self.source).regulation)


def format_data(workspace: Workspace, *, write: bool) -> Formatted:
    """Find the files that are not tidy, and `write` them as they should be."""
    with no_garbage_collection():
        source = load(workspace.root)
        should = {each.name: tidied(each) for each in layouts(source)}
        changed = tuple(name for name, content in should.items() if content != source.files[name])
    for name in changed if write else ():
        replace_file(workspace.root / name, should[name])
    return Formatted(changed, source)
