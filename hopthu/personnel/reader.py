"""Read the file of a personnel list."""

from __future__ import annotations

from pathlib import Path

from hopthu.diagnostics.problem import printable
from hopthu.i18n.message import Message
from hopthu.model.organisation import Category
from hopthu.personnel.listing import Listing, NoHeader, listing_of
from hopthu.personnel.table import Unreadable
from hopthu.personnel.text_table import read_text
from hopthu.personnel.workbook import is_workbook, read_workbook

LARGEST = 64 * 2**20
"""The most bytes of a file; a list of 61,000 people is about 4 MiB as .xlsx."""
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Begin of a compound file: .xls, or a workbook with a password."""
_WORKBOOKS = (".xlsx", ".xlsm", ".xls")


def read_list(path: Path, otherwise: Category | None = None) -> Listing:
    """Return what a list says; raise `Unreadable` if it cannot be read.

    `otherwise` is the category of people for whom the list names none.
    """
    raw = _content(path)
    if raw.startswith(_OLD_OFFICE):
        raise Unreadable(
            Message("{file} is of Excel 97, or has a password", file=printable(path.name)),
            fix=Message("save it as .xlsx, without a password"),
        )
    name = printable(path.name)
    try:
        sheets = read_workbook(raw) if is_workbook(raw) else [read_text(raw)]
        if any(sheet.rows for sheet in sheets):
            return listing_of(name, sheets, otherwise)
    except NoHeader as error:
        if not is_workbook(raw) and path.suffix.lower() in _WORKBOOKS:
            raise _no_workbook(name) from error
        raise _named(name, error) from error
    except Unreadable as error:
        raise _named(name, error) from error
    empty = Message("{file} has no rows in any sheet that is shown", file=name)
    raise Unreadable(
        empty if is_workbook(raw) else Message("{file} is empty", file=name),
        fix=Message("save the list again, or name the file that has it"),
    )


def _named(name: str, error: Unreadable) -> Unreadable:
    named = Message("{file}: {reason}", file=name, reason=error.what)
    return Unreadable(named, fix=error.fix)


def _no_workbook(name: str) -> Unreadable:
    return Unreadable(
        Message("{file} is not a workbook, though its name says so", file=name),
        fix=Message("open it with the program that it is of, and save the list as .xlsx"),
    )


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise Unreadable(
                Message("{file} is not a file", file=printable(str(path))),
                fix=Message("name the list, as .xlsx or .csv"),
            )
        if path.stat().st_size > LARGEST:
            raise Unreadable(
                Message("the file is larger than {size} MiB", size=LARGEST // 2**20),
                fix=Message("save the list alone, without pictures and other sheets"),
            )
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(
            Message("cannot be read: {reason}", reason=error.strerror or error),
            fix=Message("check that the path exists and that you may read it"),
        ) from error
