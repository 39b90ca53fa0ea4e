"""The list of whose mail is brought, and the secrets that are in a file for one run alone."""

from __future__ import annotations

import csv
import io
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hopthu.diagnostics.problem import shown
from hopthu.errors import Refused, UsageError
from hopthu.i18n.message import Message

COLUMNS = ("person", "user", "password")
_FIRST = ("person", "id", "address")
"""What the first column may be called."""
_AS_IN = Message("as in: {example}", example='le-van-bay,bay,"old password"')
_AS_IN_WITHOUT = Message("as in: {example}", example="le-van-bay,bay")


@dataclass(frozen=True, slots=True)
class Account:
    """A line of the list: a person or unit here by id or address, and who that is there.

    The password is no part of the text of this.
    """

    line: int
    person: str
    user: str
    password: str = field(repr=False)


def parse(text: str, administrator: str) -> tuple[Account, ...]:
    """Return the accounts of a list in CSV, whose first line may name the columns.

    Cells are apart by commas, or by semicolons if the first line has no comma.

    With an `administrator` of the old server nobody needs a password there. Raises `UsageError`
    that names the line, and nothing of what it holds after the first column.
    """
    found: list[Account] = []
    for number, row in _rows(text):
        if number == 1 and _names_columns(row):
            continue
        if len(row) not in (2, 3) or not row[0] or not row[1]:
            raise _wrong(
                number,
                Message("expected are person, user and password"),
                _AS_IN if not administrator else _AS_IN_WITHOUT,
            )
        person, user, password = (*row, "")[:3]
        if administrator and password:
            raise _wrong(
                number,
                Message("an administrator signs in, so there is no password here"),
                Message("remove the column password, or leave out --admin"),
            )
        if not administrator and not password:
            raise _wrong(
                number,
                Message("there is no password"),
                Message("add it as third column, or give --admin if an administrator signs in"),
            )
        if any(sign in cell for cell in row for sign in "\0\r\n"):
            raise _wrong(
                number,
                Message("no name or password spans lines"),
                Message("write the line again, and close its quotation marks"),
            )
        found.append(Account(number, person, user, password))
    if not found:
        raise UsageError(Message("the list names nobody"), fix=_AS_IN)
    for name in ("person", "user"):
        _refuse_twice(found, name)
    return tuple(found)


def _names_columns(row: list[str]) -> bool:
    first, *others = [cell.strip().casefold() for cell in row]
    return first in _FIRST and tuple(others) in (COLUMNS[1:], COLUMNS[1:2])


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    text = text.removeprefix("\ufeff")
    apart = ";" if "," not in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text), delimiter=apart, strict=True)
    try:
        for row in reader:
            if row:
                # A password may begin or end with a blank.
                yield reader.line_num, [*(cell.strip() for cell in row[:2]), *row[2:]]
    except csv.Error as error:
        # Its text is about the format, and quotes nothing of the line.
        raise _wrong(
            reader.line_num,
            Message("{text}", text=str(error)),
            Message("write the line again, and close its quotation marks"),
        ) from None


def _refuse_twice(found: list[Account], name: str) -> None:
    first: dict[str, int] = {}
    for account in found:
        value = str(getattr(account, name)).casefold()
        if (line := first.setdefault(value, account.line)) != account.line:
            raise _wrong(
                account.line,
                Message("this is in line {line} already", line=line),
                Message("remove one of both lines"),
            )


def _wrong(line: int, reason: Message, fix: Message) -> UsageError:
    what = Message("line {line} of the list: {reason}", line=line, reason=reason)
    return UsageError(what, fix=fix)


def secret_text(path: Path) -> str:
    """Return the text of a file of secrets.

    Raises `Refused` if others may read it, and `UsageError` if it cannot be read as UTF-8.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode) and mode & 0o077:
            raise Refused(
                Message("{path} has passwords, and others may read it", path=shown(str(path))),
                fix=Message("chmod 600 {path}", path=path),
            )
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        reason: object = Message("it is not UTF-8")
        fix = Message("save it as UTF-8")
    except OSError as error:
        reason = error.strerror
        fix = Message("name a file that you can read")
    what = Message("cannot read {path}: {reason}", path=shown(str(path)), reason=reason)
    raise UsageError(what, fix=fix)
