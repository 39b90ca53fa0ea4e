"""Read the cells of a list that is plain text: CSV, as spreadsheets save it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from hopthu.i18n.message import Message
from hopthu.personnel.child import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS
from hopthu.personnel.table import Row, Sheet, Unreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ("\t", ";", ",", "|")
_NO_LIST = re.compile(r"\s*(%PDF-|<)")
"""How documents and web pages begin."""
_LOOKED_AT = 50
"""So many rows show what separates the cells."""


def read_text(raw: bytes) -> Sheet:
    """Return the rows of a text; raise `Unreadable` if it is none.

    Bytes that are not Unicode become the character of the same number: `hopthu.personnel.charsets`
    finds out what they mean.
    """
    text = _decoded(raw)
    if _NO_LIST.match(text):
        raise _not_text()
    delimiter = max(_DELIMITERS, key=lambda sign: _regular(text, sign))
    rows: list[Row] = []
    for number, cells in enumerate(_cells(text, delimiter), start=1):
        if number > MOST_ROWS:
            raise Unreadable(
                Message("the list has more than {number} rows", number=MOST_ROWS),
                fix=Message("divide the list, or delete the empty rows at its end"),
            )
        row = tuple(cell.rstrip() or None for cell in cells[:MOST_COLUMNS])
        if any(cell is not None for cell in row):
            rows.append(Row(number, row))
    return Sheet("", tuple(rows))


def _decoded(raw: bytes) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _as(raw, encoding)
    if b"\x00" in raw:
        # Without a mark: of UTF-16 nearly every second byte is 0 where signs and digits are.
        late = raw[1::2].count(0) >= raw[::2].count(0)
        return _as(raw, "utf-16-le" if late else "utf-16-be")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _as(raw: bytes, encoding: str) -> str:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise _not_text() from error
    if "\x00" in text:
        raise _not_text()
    return text


def _not_text() -> Unreadable:
    return Unreadable(
        Message("neither a workbook nor text that can be read"),
        fix=Message("save the list as .xlsx, or as CSV in UTF-8"),
    )


def _regular(text: str, delimiter: str) -> int:
    """Return how many of the first rows have as many cells as most others, if more than one."""
    sizes: Counter[int] = Counter()
    for number, cells in enumerate(_cells(text[: 2**20], delimiter)):
        if number == _LOOKED_AT:
            break
        sizes[len(cells)] += len(cells) > 1
    return max(sizes.values(), default=0)


def _cells(text: str, delimiter: str) -> Iterator[list[str]]:
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise Unreadable(
            Message("not a list that can be read: {reason}", reason=str(error)),
            fix=Message("look for a quote that is not closed; or save the list as .xlsx"),
        ) from error
    finally:
        csv.field_size_limit(before)
