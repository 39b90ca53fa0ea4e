"""Python that is run as it is written: of the repository, whose text is what was reviewed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.abc import PathEntryFinder
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from pathlib import Path
from types import CodeType


class FromSource(SourceFileLoader):
    """Compiles a module at each import; byte code beside it is neither read nor written."""

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of a module as its file says it."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


_finder = FileFinder.path_hook((FromSource, SOURCE_SUFFIXES))


@dataclass(frozen=True, slots=True)
class _Hook:
    """Finds modules in a folder, and below it, by their source."""

    folder: Path

    def __call__(self, entry: str) -> PathEntryFinder:
        if not self.is_above(entry):
            raise ImportError(entry)  # as a hook tells that another one has to look there
        return _finder(entry)

    def is_above(self, entry: str) -> bool:
        return Path(entry).resolve().is_relative_to(self.folder)


def run_as_written(*folders: Path) -> None:
    """Have modules in `folders`, and below them, imported from their source only."""
    for hook in (_Hook(folder.resolve()) for folder in folders):
        if hook not in sys.path_hooks:
            sys.path_hooks.insert(0, hook)
        for entry in [entry for entry in sys.path_importer_cache if hook.is_above(entry)]:
            del sys.path_importer_cache[entry]
