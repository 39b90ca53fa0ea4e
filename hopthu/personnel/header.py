"""Which column of a list holds what, by its header; and the words of the three categories."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from hopthu.i18n.vietnamese import fold
from hopthu.model.organisation import Category
from hopthu.personnel.table import Cell, Row, text_of

Field = Literal[
    "number", "name", "family", "given", "title", "agency", "unit", "part", "rank", "category",
    "start", "note", "ignored", "mark",
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
    ("family", r"(ho|(ho|hova|hovaten|hoten)?dem|(ho|hova|hovaten)?(chu)?lot)\Z"),
    ("given", r"ten\Z"),
    ("name", r"(hovaten|hoten)(?!vo|chong|con|bo|me|cha)"),
    ("name", r"ten(canbo|congchuc|vienchuc|nguoi|cbccvc)"),
    ("start", r"(tungay|congtactu|(ngay|ngaythangnam|thoidiem|thoigian)(bonhiem|batdau|hieuluc))"),
    ("start", r"ngay(giu|nhan|ve)(chucvu|chucdanh|congtac|viec|nhiemvu|donvi|coquan)"),
    ("title", r"(chucvu|chucdanh|vitri|congviec|nhiemvu)"),
    ("rank", r"(ten)?ngach"),
    ("category", r"(loai|phanloai|doituong|nhom|cbccvc|canbocongchucvienchuc|ccvc|tinhchat)"),
    ("agency", r"(ten)?coquan(?!donvi|phong)|(donvi|coquan)(chuquan|captren)"),
    ("unit", r"(ten)?donvi|coquan|noi(congtac|lamviec)"),
    ("part", r"phong|bophan|to(chuyenmon|phong|\Z)|khoa\Z|ban\Z|tructhuoc"),
    ("note", r"ghichu|luuy"),
)  # fmt: skip
_CATEGORIES: Mapping[str, Category] = {
    "canbo": "cadre", "cb": "cadre", "congchuc": "civil_servant", "cc": "civil_servant",
    "vienchuc": "public_employee", "vc": "public_employee",
}  # fmt: skip
_COLUMN_NUMBER = re.compile(r"\(?\s*(\d{1,2}|[A-Z])\s*\)?\Z")
_READ: frozenset[Field] = frozenset(
    ("title", "agency", "unit", "part", "category", "start", "note", "mark")
)


@dataclass(frozen=True)
class Columns:
    """Where a sheet has what: its columns, and how many of its rows are above the list."""

    of: Mapping[Field, Sequence[int]]
    above: int
    below: int
    unread: Sequence[str] = ()
    """The headers of columns that are not read."""
    marks: Mapping[int, Category] = field(default_factory=dict)
    """The columns that are marked for who is of a category."""

    def texts(self, row: Row, name: Field) -> list[str]:
        """Return the texts of a row that stand in columns of `name`."""
        cells = (row.cells[n] if n < len(row.cells) else None for n in self.of.get(name, ()))
        return [" ".join(text_of(cell).split()) for cell in cells if cell is not None]

    def first(self, row: Row, name: Field) -> Cell:
        """Return the first cell of `name` that is not blank."""
        cells = (row.cells[n] if n < len(row.cells) else None for n in self.of.get(name, ()))
        return next((cell for cell in cells if cell is not None), None)

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

    A header names people, and something else that is read. A second row of it stands to the right
    of the names, below cells that head several columns.
    """
    for above, row in enumerate(rows[start : start + HEADER_WITHIN], start=start):
        if is_header(row):
            below, headers = above + 1, list(row.cells)
            if below < len(rows) and _goes_on(row, rows[below]):
                headers, below = _joined(row, rows[below]), below + 1
            while below < len(rows) and _numbers_columns(rows[below]):
                below += 1
            return _columns(headers, above, below)
    return None


def is_header(row: Row) -> bool:
    """Tell whether a row names the columns of people."""
    fields = {_field(cell) for cell in row.cells}
    return ("name" in fields or {"family", "given"} <= fields) and not _READ.isdisjoint(fields)


def _field(cell: Cell) -> Field | None:
    if not isinstance(cell, str) or len(cell) > LONGEST_HEADER:
        return None
    folded = fold(cell)
    if folded in _CATEGORIES:
        return "mark"
    return next((name for name, form in _FORMS if re.match(form, folded)), None)


def _goes_on(header: Row, row: Row) -> bool:
    """Tell whether a row goes on with the header: merged cells go on in it, others below them."""
    at = next(n for n, cell in enumerate(header.cells) if _field(cell) in ("name", "family"))
    said = [(n, cell) for n, cell in enumerate(row.cells) if cell is not None]
    own = [(n, cell) for n, cell in said if header.cells[n : n + 1] != (cell,)]
    return bool(own) and all(n > at and isinstance(cell, str) for n, cell in own) and len(said) > 1


def _joined(header: Row, row: Row) -> list[Cell]:
    """Return the headers of two rows: the lower one, unless the upper one is of what is ignored."""
    width = max(len(header.cells), len(row.cells))
    above, below = ([*each.cells, *[None] * (width - len(each.cells))] for each in (header, row))
    return [u if low is None or _field(u) == "ignored" else low
            for u, low in zip(above, below, strict=True)]  # fmt: skip


def _numbers_columns(row: Row) -> bool:
    """Tell whether a row numbers the columns, as official forms do."""
    texts = [text_of(cell) for cell in row.cells if cell is not None]
    return len(texts) > 1 and all(map(_COLUMN_NUMBER.match, texts))


def _columns(headers: Sequence[Cell], above: int, below: int) -> Columns:
    found: dict[Field, list[int]] = {}
    unread: list[str] = []
    marks: dict[int, Category] = {}
    for number, cell in enumerate(headers):
        name = _field(cell)
        if name == "mark" and (category := category_of(text_of(cell))):
            marks[number] = category
        if name in (None, "ignored") or (name == "name" and not _is_beside(found, number)):
            unread += [text_of(cell)] if cell is not None else []
        else:
            found.setdefault(name, []).append(number)
    return Columns(found, above, below, tuple(unread), marks)


def _is_beside(found: Mapping[Field, Sequence[int]], number: int) -> bool:
    """Tell whether a column of names goes on with the one before; another is of somebody else."""
    return "name" not in found or number == found["name"][-1] + 1
