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
from hopthu.i18n.joining import joined, some_lines
from hopthu.i18n.message import Message

COLUMNS = ("person", "user", "password")
_FIRST = ("person", "id", "address")
"""What the first column may be called."""
_AS_IN = Message("as in: {example}", example='le-van-bay,bay,"old password"')
_AS_IN_WITHOUT = Message("as in: {example}", example="le-van-bay,bay")
_WRITE_AGAIN = Message("write the line again, and close its quotation marks")
SHOWN = 20
"""So many wrong lines of a list are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Account:
    """A line of the list: a person or unit here by id or address, and who that is there.

    The password is no part of the text of this.
    """

    line: int
    person: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with a line of the list, and what to do; nothing of what it holds."""

    line: int
    reason: Message
    fix: Message

    @property
    def text(self) -> Message:
        return Message("line {line} of the list: {reason}", line=self.line, reason=self.reason)


def parse(text: str, administrator: str) -> tuple[Account, ...]:
    """Return the accounts of a list in CSV, whose first line may name the columns.

    Cells are apart by commas, or by semicolons if the first line has no comma.

    With an `administrator` of the old server nobody needs a password there. Raises `UsageError`
    that names every wrong line, and nothing of what it holds after the first column.
    """
    found: list[Account] = []
    faults: list[_Fault] = []
    for number, row in _rows(text, faults):
        if number == 1 and _names_columns(row):
            continue
        if fault := _fault(row, administrator):
            faults.append(_Fault(number, *fault))
        else:
            person, user, password = (*row, "")[:3]
            found.append(Account(number, person, user, password))
    for name in ("person", "user"):
        faults += _named_twice(found, name)
    if faults:
        raise _refusal(faults)
    if not found:
        raise UsageError(Message("the list names nobody"), fix=_AS_IN)
    return tuple(found)


def _fault(row: list[str], administrator: str) -> tuple[Message, Message] | None:
    """Return what is wrong with a row and what to do, None if nothing is."""
    if len(row) not in (2, 3) or not row[0] or not row[1]:
        return (
            Message("expected are person, user and password"),
            _AS_IN if not administrator else _AS_IN_WITHOUT,
        )
    password = (*row, "")[2]
    if administrator and password:
        return (
            Message("an administrator signs in, so there is no password here"),
            Message("remove the column password, or leave out --admin"),
        )
    if not administrator and not password:
        return (
            Message("there is no password"),
            Message("add it as third column, or give --admin if an administrator signs in"),
        )
    if any(sign in cell for cell in row for sign in "\0\r\n"):
        return Message("no name or password spans lines"), _WRITE_AGAIN
    return None


def _names_columns(row: list[str]) -> bool:
    first, *others = [cell.strip().casefold() for cell in row]
    return first in _FIRST and tuple(others) in (COLUMNS[1:], COLUMNS[1:2])


def _rows(text: str, faults: list[_Fault]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that can be read, with the line each ends on; add the others to `faults`."""
    text = text.removeprefix("\ufeff")
    apart = ";" if "," not in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text), delimiter=apart, strict=True)
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            # Its text is about the format, and quotes nothing of the line.
            faults.append(_Fault(reader.line_num, Message("{text}", text=str(error)), _WRITE_AGAIN))
            continue
        if row is None:
            return
        if row:
            # A password may begin or end with a blank.
            yield reader.line_num, [*(cell.strip() for cell in row[:2]), *row[2:]]


def _named_twice(found: list[Account], name: str) -> Iterator[_Fault]:
    first: dict[str, int] = {}
    for account in found:
        value = str(getattr(account, name)).casefold()
        if (line := first.setdefault(value, account.line)) != account.line:
            reason = Message("this is in line {line} already", line=line)
            yield _Fault(account.line, reason, Message("remove one of both lines"))


def _refusal(faults: list[_Fault]) -> UsageError:
    """Return the error that names each wrong line once, and each thing to do."""
    of_line: dict[int, _Fault] = {}
    for each in faults:
        of_line.setdefault(each.line, each)
    lines = [of_line[number] for number in sorted(of_line)]
    fixes = list(dict.fromkeys(each.fix for each in lines))
    return UsageError(some_lines([each.text for each in lines], SHOWN), fix=joined(fixes))


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
