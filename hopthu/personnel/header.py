"""Which column of a list holds what, by its header; and the words of the three categories."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile, zip_longest
from typing import Literal

from hopthu.i18n.vietnamese import fold
from hopthu.model.organisation import Category
from hopthu.personnel.table import Row

Field = Literal[
    "number", "name", "family", "given", "title", "agency", "unit", "part", "category",
    "start", "note", "ignored",
]  # fmt: skip
HEADER_WITHIN = 50
"""The header is one of so many first rows."""
LONGEST_HEADER = 200
PLACES: Sequence[Field] = ("agency", "unit", "part")
"""The columns that name the unit, from the outermost on."""
# Tried from top to bottom on the folded header; what is personal, or is not asked, is ignored.
_FORMS: tuple[tuple[Field, str], ...] = (
    ("ignored", r"(nam|ngay|noi|ngaythangnam|ngaythang)sinh|sinhngay|gioitinh|namnu|(nam|nu)\Z"),
    ("ignored", r".*(didong|dtdd|dienthoai|sdt|cccd|cmnd|email|diachi)"),
    ("ignored", r".*(quequan|dantoc|trinhdo|luong)"),
    ("ignored", r".*(quyetdinh|soqd|qdso|qdbonhiem)"),
    ("number", r"(stt|tt|sott|sothutu|so)\Z"),
    ("family", r"(ho|hova|(ho|hova|hovaten|hoten)?dem|(ho|hova|hovaten)?(chu)?lot)\Z"),
    ("given", r"ten\Z"),
    ("name", r"(hovaten|hoten)(?!vo|chong|con|bo|me|cha)"),
    ("name", r"ten(canbo|congchuc|vienchuc|nguoi|cbccvc)"),
    ("start", r"(tungay|congtactu|(ngay|ngaythangnam|thoidiem|thoigian)(bonhiem|batdau|hieuluc))"),
    ("start", r"ngay(giu|nhan|ve)(chucvu|chucdanh|congtac|viec|nhiemvu|donvi|coquan)"),
    ("title", r"(chucvu|chucdanh|vitri|congviec|nhiemvu)"),
    ("category", r"(loai|phanloai|doituong|nhom|cbccvc|canbocongchucvienchuc|ccvc|tinhchat)"),
    ("category", r"(canbo|cb|congchuc|cc|vienchuc|vc)\Z"),
    ("agency", r"(ten)?coquan(?!donvi|phong)|(donvi|coquan)(chuquan|captren)"),
    ("unit", r"(ten)?donvi|coquan|noi(congtac|lamviec)"),
    ("part", r"phong|bophan|to(chuyenmon|phong|\Z)|khoa(phong|ban|\Z)|ban\Z|tructhuoc"),
    ("note", r"ghichu|luuy"),
)  # fmt: skip
_CATEGORIES: Mapping[str, Category] = {
    "canbo": "cadre", "cb": "cadre", "congchuc": "civil_servant", "cc": "civil_servant",
    "vienchuc": "public_employee", "vc": "public_employee",
}  # fmt: skip
_MARKS = ("x", "X")
_COLUMN_NUMBER = re.compile(r"\(?\s*(\d{1,2}|[A-Z])\s*\)?\Z")
_READ: frozenset[Field] = frozenset(
    ("title", "agency", "unit", "part", "category", "start", "note")
)


@dataclass(frozen=True)
class Columns:
    """Where a sheet has what: its columns, and how many of its rows are above the list."""

    of: Mapping[Field, Sequence[int]]
    headers: Sequence[str]
    above: int
    below: int

    def texts(self, row: Row, name: Field) -> list[str]:
        """Return the texts of a row that stand in columns of `name`.

        A mark below the word of a category is that word.
        """
        found = [n for n in self.of.get(name, ()) if n < len(row.cells)]
        cells = ((row.cells[n], self.headers[n]) for n in found)
        said = (head if cell in _MARKS and category_of(head) else cell for cell, head in cells)
        return [" ".join(cell.split()) for cell in said if cell]

    @property
    def unread(self) -> list[str]:
        """The headers of columns that are not read."""
        read = {number for numbers in self.of.values() for number in numbers}
        headers = enumerate(self.headers)
        return [cell for n, cell in headers if cell and n not in read]

    def name(self, row: Row) -> str:
        """Return the name of a row, of one column or two."""
        parts: Sequence[Field] = ("name",) if "name" in self.of else ("family", "given")
        return " ".join(dict.fromkeys(text for part in parts for text in self.texts(row, part)))

    @property
    def name_column(self) -> int:
        """The column of names, or of family names."""
        return (self.of.get("name") or self.of["family"])[0]


def category_of(written: str) -> Category | None:
    """Return the category that a text is the word of; None if it says anything else."""
    return _CATEGORIES.get(fold(written))


def columns_of(rows: Sequence[Row], start: int = 0) -> Columns | None:
    """Return the columns by the first header from a row on, None if there is none.

    A header names people, and something else that is read. It has several rows where merged cells
    go on in them.
    """
    within = range(start, min(start + HEADER_WITHIN, len(rows)))
    above = next((n for n in within if is_header(rows[n])), None)
    if above is None:
        return None
    headers = [*takewhile(is_header, rows[above:])]
    numbers = [*takewhile(_numbers_columns, rows[above + len(headers) :])]
    cells = zip_longest(*(row.cells for row in headers), fillvalue="")
    return _columns([*map(_lowest, cells)], above, above + len(headers) + len(numbers))


def is_header(row: Row) -> bool:
    """Tell whether a row names the columns of people."""
    fields = {_field(cell) for cell in row.cells}
    return ("name" in fields or {"family", "given"} <= fields) and not _READ.isdisjoint(fields)


def _field(cell: str) -> Field | None:
    if len(cell) > LONGEST_HEADER:
        return None
    folded = fold(cell)
    return next((name for name, form in _FORMS if re.match(form, folded)), None)


def _lowest(cells: Sequence[str]) -> str:
    """Return the header that a column has: the lowest, unless one above is of what is ignored."""
    said = [cell for cell in cells if cell]
    return next((cell for cell in said if _field(cell) == "ignored"), said[-1] if said else "")


def _numbers_columns(row: Row) -> bool:
    """Tell whether a row numbers the columns, as official forms do."""
    texts = [cell for cell in row.cells if cell]
    return len(texts) > 1 and all(map(_COLUMN_NUMBER.match, texts))


def _columns(headers: Sequence[str], above: int, below: int) -> Columns:
    found: dict[Field, list[int]] = {}
    for number, cell in enumerate(headers):
        name = _field(cell)
        # Names go on only in the column beside them: another is of somebody else.
        is_apart = name == "name" and number - 1 not in found.get("name", (number - 1,))
        if name not in (None, "ignored") and not is_apart:
            found.setdefault(name, []).append(number)
    return Columns(found, headers, above, below)
