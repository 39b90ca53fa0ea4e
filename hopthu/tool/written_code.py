"""Python that is run as it is written: of the repository, whose text is what was reviewed."""

from __future__ import annotations

import sys
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


_folders: set[Path] = set()
_finder = FileFinder.path_hook((FromSource, SOURCE_SUFFIXES))


def run_as_written(*folders: Path) -> None:
    """Have modules in `folders`, and below them, imported from their source only."""
    if _find not in sys.path_hooks:
        sys.path_hooks.insert(0, _find)
    _folders.update(folder.resolve() for folder in folders)
    for entry in [entry for entry in sys.path_importer_cache if _is_below(entry)]:
        del sys.path_importer_cache[entry]


def _find(entry: str) -> PathEntryFinder:
    if not _is_below(entry):
        raise ImportError(entry)  # as a hook tells that another one has to look there
    return _finder(entry)


def _is_below(entry: str) -> bool:
    path = Path(entry).resolve()
    return not _folders.isdisjoint((path, *path.parents))
