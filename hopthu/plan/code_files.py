"""The files of which the code consists that decides what servers get."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from hopthu.tool import resources


def code_files(folder: Path) -> Iterator[Path]:
    """Yield every file of a folder of code, as far as it can decide what servers get."""
    # A wheel contains deploys, templates and schemas in the package; they are separate parts.
    carried = resources.CARRIED if folder == resources.PACKAGE else None
    for path in _below(folder):
        if counts(path, folder.name) and not (carried and path.is_relative_to(carried)):
            yield path


def counts(path: PurePath, folder: str) -> bool:
    """Tell whether a file of a folder of that name can decide anything.

    Byte code cannot: that of deploys and inventories is never run, other is of the installation.
    A template can be included by any name.
    """
    return folder == "templates" or path.parent.name != "__pycache__" or path.suffix != ".pyc"


def _below(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Yield every file below a folder, hidden ones and those behind links among them."""
    there = folder.resolve()
    if there in above or not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield from _below(path, above | {there})
        elif path.is_file():
            yield path
