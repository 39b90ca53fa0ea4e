"""Tables as CSV that spreadsheets open rightly and do not compute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hopthu.diagnostics.problem import printable

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the begin of a formula; some also in full width."""
_QUOTED = frozenset('",;\t')
"""Where a cell may end: in some languages spreadsheets divide at semicolons."""


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Return a table (RFC 4180) in UTF-8 with a byte order mark, without which Excel reads ANSI.

    Control characters are escaped, and a cell that begins like a formula gets an apostrophe.
    """
    lines = (",".join(map(_cell, row)) + "\r\n" for row in rows)
    return "".join(lines).encode("utf-8-sig")


def _cell(text: str) -> str:
    text = printable(text)
    if text.lstrip().startswith(_FORMULA):
        text = f"'{text}"
    if _QUOTED.isdisjoint(text):
        return text
    return '"' + text.replace('"', '""') + '"'
