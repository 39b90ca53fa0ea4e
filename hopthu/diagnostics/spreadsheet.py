"""Tables as CSV that spreadsheets open rightly and do not compute."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from hopthu.diagnostics.problem import printable

_QUOTED = frozenset('",;\t')
"""Where a cell may end: in some languages spreadsheets divide at semicolons."""
_BEFORE_FORMULA = re.compile(r'(^|[,;\t])(?=[\s"]*[=+\-@\uff1d\uff0b\uff0d\uff20])')
"""Where a cell may begin whose first sign, some also in full width, makes it a formula."""


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Return a table (RFC 4180) in UTF-8 with a byte order mark, without which Excel reads ANSI.

    Control characters are escaped. What begins like a formula gets an apostrophe, also within a
    cell after a sign at which a spreadsheet may divide it.
    """
    lines = (",".join(map(_cell, row)) + "\r\n" for row in rows)
    return "".join(lines).encode("utf-8-sig")


def _cell(text: str) -> str:
    text = _BEFORE_FORMULA.sub(r"\1'", printable(text))
    if _QUOTED.isdisjoint(text):
        return text
    return '"' + text.replace('"', '""') + '"'
