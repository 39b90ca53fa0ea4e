"""The texts of a sheet that may say of which unit the whole of it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hopthu.personnel.table import Row
from hopthu.personnel.whereabouts import Outer

_OF_UNIT = re.compile(
    r"\s*((tên|ten)\s+)?(đơn vị|cơ quan|don vi|co quan)"
    r"(\s*[,/-]?\s*(tổ chức|đơn vị|cơ quan|to chuc|don vi|co quan))*(\s+(công tác|cong tac))?"
    r"\s*:\s*(?P<text>\S.*)",
    re.IGNORECASE,
)


def outer_of(name: str, above: Sequence[Row]) -> Iterator[Outer]:
    """Yield what may say of which unit a sheet is: its titles, its name, then `Đơn vị: …`."""
    texts = [cell for row in above for cell in row.cells if isinstance(cell, str)]
    lines = [line.strip() for text in texts for line in text.splitlines() if line.strip()]
    of_unit = [found["text"].strip() for line in lines if (found := _OF_UNIT.match(line))]
    yield from (Outer("title", line) for line in lines if not _OF_UNIT.match(line))
    if name:
        yield Outer("sheet", name)
    yield from (Outer("line", text) for text in of_unit)


def line_of(row: Row) -> str:
    """Return the unit that a row names for all below it, as one above the header does."""
    texts = {cell for cell in row.cells if cell is not None}
    only = texts.pop() if len(texts) == 1 else None
    found = _OF_UNIT.match(only) if isinstance(only, str) else None
    return found["text"].strip() if found else ""
