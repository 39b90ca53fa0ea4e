"""Read the file of a list as plain rows of cells: .xlsx, .xls, .ods or text."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from hopthu.diagnostics.problem import printable
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import same
from hopthu.personnel.charsets import CHARSETS, charset_of
from hopthu.personnel.child import LARGEST_UNPACKED, LONGEST_CELL, MOST_ROWS
from hopthu.personnel.table import Cell, Row, Sheet, Unreadable
from hopthu.personnel.text_table import read_text

LARGEST = 64 * 2**20
"""The most bytes of a file; a list of 61,000 people is about 4 MiB as .xlsx."""
_SUFFIXES = (".xlsx", ".xls", ".ods", ".csv")
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""How .xlsx and .ods begin, and .xls."""
_REASONS = {
    "rows": Message("a sheet has more than {number} rows", number=MOST_ROWS),
    "cell": Message("a cell has more than {number} characters", number=LONGEST_CELL),
    "unpacked": Message("it unpacks to more than {size} MiB", size=LARGEST_UNPACKED // 2**20),
    "damaged": Message("it is damaged, not a workbook, or needs a password"),
}
_SAVE = Message("save the list alone as .xlsx: no password, no cells far from the list")


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """The sheets of a file that are shown, in Unicode; its name, and the SHA-256 of its bytes."""

    name: str
    digest: str
    sheets: Sequence[Sheet]


def read_spreadsheet(path: Path, *, convert: bool = True) -> Spreadsheet:
    """Return what a file holds; raise `Unreadable` if it cannot be read.

    Texts typed before Unicode are converted, unless it is known that there are none.
    """
    raw = _content(path)
    name = printable(path.name)
    try:
        sheets = _workbook(raw) if raw.startswith(_WORKBOOKS) else [read_text(raw)]
        sheets = [_in_unicode(each) if convert else each for each in sheets if each.rows]
    except Unreadable as error:
        what = Message("{file}: {reason}", file=name, reason=error.what)
        raise Unreadable(what, fix=error.fix) from error
    if not sheets:
        raise Unreadable(
            Message("{file} has no rows in any sheet that is shown", file=name),
            fix=Message("save the list again, or name the file that has it"),
        )
    return Spreadsheet(name, hashlib.sha256(raw).hexdigest(), sheets)


def _workbook(raw: bytes) -> list[Sheet]:
    """Return the sheets of a workbook, which a process of its own reads."""
    command = [sys.executable, "-P", "-m", "hopthu.personnel.child"]
    done = subprocess.run(command, input=raw, capture_output=True, check=False)
    if done.returncode:
        raise Unreadable(Message("reading it takes too much memory or time"), fix=_SAVE)
    found = json.loads(done.stdout)
    if isinstance(found, str):
        raise Unreadable(_REASONS[found], fix=_SAVE)
    return [_sheet(each) for each in found]


def _sheet(found: dict[str, Any]) -> Sheet:
    rows = (Row(number, tuple(map(_cell, cells))) for number, cells in found["rows"])
    return Sheet(found["name"], tuple(rows), frozenset(found["hidden"]))


def _cell(value: Any) -> Cell:
    if isinstance(value, list):
        return date.fromisoformat(value[0])
    return value.rstrip() if isinstance(value, str) else value


def _in_unicode(sheet: Sheet) -> Sheet:
    """Return a sheet with its texts in Unicode, composed; those of before it are converted."""
    charset = charset_of(cell for row in sheet.rows for cell in row.cells if isinstance(cell, str))
    if charset is None:
        what = Message(
            "the text is neither Unicode nor wholly in one of: {sets}", sets=", ".join(CHARSETS)
        )
        raise Unreadable(what, fix=Message("convert the whole list to Unicode first"))
    convert: Callable[[str], str] = CHARSETS.get(charset, str)
    rows = (
        Row(row.number, tuple(same(convert(c)) if isinstance(c, str) else c for c in row.cells))
        for row in sheet.rows
    )
    return Sheet(sheet.name, tuple(rows), sheet.hidden)


def _content(path: Path) -> bytes:
    try:
        if not path.is_file() or path.suffix.lower() not in _SUFFIXES:
            raise Unreadable(
                Message("{file} is not a list", file=printable(str(path))),
                fix=Message("name a file: {endings}", endings=", ".join(_SUFFIXES)),
            )
        if path.stat().st_size > LARGEST:
            raise Unreadable(
                Message("{file} is larger than {size} MiB", file=printable(path.name),
                        size=LARGEST // 2**20),
                fix=_SAVE,
            )  # fmt: skip
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(
            Message("{file} cannot be read: {reason}", file=printable(str(path)),
                    reason=error.strerror or error),
            fix=Message("check that the path exists and that you may read it"),
        ) from error  # fmt: skip
