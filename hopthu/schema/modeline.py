"""The first line of a data file, which leads an editor to its JSON Schema."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from pathlib import Path

from hopthu.schema.json_schema import FOLDER
from hopthu.source import files

_MARK = "# yaml-language-server:"


def modeline(file: str) -> str:
    """Return the first line that leads an editor from a data file to its schema.

    `file` is its path from the root of the repository, such as `data/people/so-tai-chinh.yaml`.
    """
    _, *folders, name = file.split("/")
    kind = folders[0] if folders else name.removesuffix(".yaml")
    return f"{_MARK} $schema={'../' * (len(folders) + 1)}{FOLDER}/{kind}.json"


def with_modelines(root: Path) -> Mapping[str, bytes]:
    """Return the data files below `root` that have no such line, by name, with one.

    What cannot be read is left out: `hopthu check` reports it.
    """
    found, _ = files.listing(root)
    changed = {}
    for path in (path for paths in found.values() for path in paths):
        name = files.name_of(root, path)
        try:
            raw = files.read_bytes(path, name)
        except files.FileProblem:
            continue
        if _MARK.encode() not in raw:
            changed[name] = _above(raw, modeline(name).encode())
    return changed


def _above(raw: bytes, line: bytes) -> bytes:
    """Put a line on top, behind a byte order mark, with the line ends of the file."""
    mark = codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b""
    end = b"\r\n" if b"\r\n" in raw else b"\n"
    return mark + line + end + raw.removeprefix(mark)
