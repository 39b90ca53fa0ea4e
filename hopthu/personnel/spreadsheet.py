"""Read the file of a list as plain rows of cells: .xlsx, .xls, .ods or text."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hopthu.diagnostics.problem import printable
from hopthu.i18n.message import Message
from hopthu.personnel.charsets import in_unicode
from hopthu.personnel.child import LARGEST_UNPACKED, LONGEST_CELL, MOST_ROWS
from hopthu.personnel.table import Row, Sheet, Unreadable

LARGEST = 64 * 2**20
"""The most bytes of a file; a list of 61,000 people is about 4 MiB as .xlsx."""
_SUFFIXES = (".xlsx", ".xls", ".ods", ".csv")
_REASONS = {
    "damaged": Message("it is damaged, not a workbook, or needs a password"),
    "text": Message("neither a workbook nor text that can be read"),
    "limits": Message(
        "reading it takes too much memory or time; at most {rows} rows a sheet, {letters} "
        "characters a cell and {size} MiB unpacked are read",
        rows=MOST_ROWS,
        letters=LONGEST_CELL,
        size=LARGEST_UNPACKED // 2**20,
    ),
    "empty": Message("no sheet that is shown has any rows"),
    "charset": Message("the text is neither Unicode nor wholly TCVN3 or VNI"),
}
_SAVE = Message("save the list alone as .xlsx, in Unicode: no password, no cells far from the list")


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """The sheets of a file that are shown, in Unicode; its name, and the SHA-256 of its bytes."""

    name: str
    digest: str
    sheets: Sequence[Sheet]


def read_spreadsheet(path: Path) -> Spreadsheet:
    """Return what a file holds; raise `Unreadable` if it cannot be read."""
    raw = _content(path)
    command = [sys.executable, "-P", "-m", "hopthu.personnel.child"]
    done = subprocess.run(command, input=raw, capture_output=True, check=False)
    found = "limits" if done.returncode else json.loads(done.stdout)
    if isinstance(found, str):
        raise _unreadable(path, found)
    sheets = [_sheet(path, each) for each in found if each["rows"]]
    if not sheets:
        raise _unreadable(path, "empty")
    return Spreadsheet(printable(path.name), hashlib.sha256(raw).hexdigest(), sheets)


def _unreadable(path: Path, reason: str) -> Unreadable:
    what = Message("{file}: {reason}", file=printable(path.name), reason=_REASONS[reason])
    return Unreadable(what, fix=_SAVE)


def _sheet(path: Path, found: Mapping[str, Any]) -> Sheet:
    rows = in_unicode([Row(number, tuple(cells)) for number, cells in found["rows"]])
    if rows is None:
        raise _unreadable(path, "charset")
    return Sheet(found["name"], tuple(rows), frozenset(found["hidden"]))


def _content(path: Path) -> bytes:
    name = printable(str(path))
    try:
        other = path.exists() and not path.is_file()
        if other or path.suffix.lower() not in _SUFFIXES:
            raise Unreadable(
                Message("{file} is not a list", file=name),
                fix=Message("name a file: {endings}", endings=", ".join(_SUFFIXES)),
            )
        if path.stat().st_size > LARGEST:
            raise _unreadable(path, "limits")
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(
            Message("{file} cannot be read: {reason}", file=name, reason=error.strerror or error),
            fix=Message("check that the path exists and that you may read it"),
        ) from error
