"""The files of code that decide what servers get, hopthu's own and those of a repository."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from hopthu.tool import resources


def code_files(folder: Path) -> Iterator[Path]:
    """Yield every file of a folder of code, as far as it can decide what servers get.

    Byte code cannot: that of deploys and inventories is never run, other is of the installation.
    A template can be included by any name.
    """
    # A wheel contains deploys, templates and schemas in the package; they are separate parts.
    carried = resources.CARRIED if folder == resources.PACKAGE else None
    for path in _below(folder):
        is_byte_code = path.parent.name == "__pycache__" and path.suffix == ".pyc"
        of_another = carried and path.is_relative_to(carried)
        if not of_another and (folder.name == "templates" or not is_byte_code):
            yield path


def digest(folder: Path) -> str:
    """Return the SHA-256 of all files of a folder of code, with their names."""
    found = hashlib.sha256()
    for path in code_files(folder):
        name, content = path.relative_to(folder).as_posix(), path.read_bytes()
        found.update(f"{name}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


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
