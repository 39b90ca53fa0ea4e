"""Which column of a list holds what: its header, in the usual variants, with marks or without."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from openpyxl.utils import get_column_letter

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, same
from hopthu.model.organisation import Category
from hopthu.personnel.categories import NotEntitled, category_of
from hopthu.personnel.charsets import CHARSETS
from hopthu.personnel.table import Cell, Row, Unreadable, text_of

Field = Literal[
    "number", "name", "family", "given", "title", "agency", "unit", "part", "category", "rank",
    "start", "note", "ignored", "mark",
]  # fmt: skip
Mark = Category | NotEntitled
HEADER_WITHIN = 50
"""The header is one of so many first rows."""

# Tried from top to bottom on the folded header; what is personal, or is not asked, is ignored.
_FORMS: tuple[tuple[Field, str], ...] = (
    ("ignored", r"(nam|ngay|noi|ngaythangnam|ngaythang)sinh|sinhngay|gioitinh|namnu|(nam|nu)\Z"),
    ("ignored", r"(dt)?didong|sodidong|dtdd|somay|fax"),
    ("ignored", r".*(dienthoai|sdt|cccd|cmnd|email|diachi|quequan|dantoc|trinhdo|luong)"),
    ("ignored", r".*(quyetdinh|soqd|qdso|qdbonhiem)"),
    ("number", r"(stt|tt|sott|sothutu|so)\Z"),
    ("family", r"(ho|(ho|hova|hovaten|hoten)?dem|(ho|hova|hovaten)?(chu)?lot)\Z"),
    ("given", r"ten\Z"),
    (
        "name",
        r"(hovaten|hoten)(?!vo|chong|con|bo|me|cha)|ten(canbo|congchuc|vienchuc|nguoi|cbccvc)",
    ),
    ("start", r"(tungay|congtactu|(ngay|ngaythangnam|thoidiem|thoigian)(bonhiem|batdau|hieuluc))"),
    ("start", r"ngay(giu|nhan|ve)(chucvu|chucdanh|congtac|viec|nhiemvu|donvi|coquan)"),
    ("rank", r"(maso|ma|ten|hang)?(ngach|chucdanhnghenghiep)|(maso|hang)chucdanh"),
    ("title", r"(chucvu|chucdanh|vitri|congviec|nhiemvu)"),
    ("category", r"(loai|phanloai|doituong|nhom|cbccvc|canbocongchucvienchuc|ccvc|tinhchat)"),
    ("agency", r"(ten)?coquan(?!donvi|phong)|(donvi|coquan)(chuquan|captren)"),
    ("unit", r"(ten)?donvi|coquan|noi(congtac|lamviec)"),
    ("part", r"phong|bophan|to(chuyenmon|phong|\Z)|khoa\Z|ban\Z|tructhuoc"),
    ("note", r"ghichu|luuy"),
)
_NUMBERING = re.compile(r"\(?\s*(\d{1,2}|[A-Z])\s*\)?\Z")


@dataclass(frozen=True)
class Columns:
    """Where a sheet has what: its header, the first row below it, and columns by what they hold."""

    header: int
    below: int
    of: Mapping[Field, Sequence[int]]
    unknown: Sequence[str] = ()
    """The headers that are not known, whose columns are not read."""
    headed: frozenset[int] = frozenset()
    """The columns that have a header."""
    marks: Mapping[int, Mark] = field(default_factory=dict)
    """The columns that are marked for who is of a category, and the category."""

    def cells(self, row: Row, name: Field) -> list[Cell]:
        """Return the cells of a row that hold something of `name`, those that are not blank."""
        found = (row.cells[n] if n < len(row.cells) else None for n in self.of.get(name, ()))
        return [cell for cell in found if cell is not None]

    def first(self, row: Row, name: Field) -> Cell:
        """Return the first cell of `name` that is not blank."""
        for number in self.of.get(name, ()):
            if number < len(row.cells) and row.cells[number] is not None:
                return row.cells[number]
        return None


def field_of(header: str) -> Field | None:
    """Return what a column holds, by its header; also of one in a character set of before."""
    readings: tuple[Callable[[str], str], ...] = (str, *CHARSETS.values())
    western = all(letter <= "\xff" for letter in header)
    for reading in readings if western else (same,):
        read = reading(header)
        if category_of(read):
            return "mark"
        folded = fold(read)
        for name, form in _FORMS:
            if re.match(form, folded):
                return name
    return None


def columns_of(rows: Sequence[Row]) -> Columns | None:
    """Return the columns of a sheet; None if none of its first rows is a header.

    A header names persons, and something else that is read. Its second row, if it has one, stands
    below cells that name several columns. Raises `Unreadable` for two tables side by side.
    """
    for index, row in enumerate(rows[:HEADER_WITHIN]):
        fields = [_field(cell) for cell in row.cells]
        if not _names_people(fields):
            continue
        headers = list(row.cells)
        below = index + 1
        if below < len(rows) and _continues(rows[below], fields):
            headers, below = _both(row, rows[below]), below + 1
        while below < len(rows) and numbers_columns(rows[below]):
            below += 1
        return _with_given(_columns(headers, index, below), rows[below:])
    return None


def same_columns(one: Columns, other: Columns) -> bool:
    """Tell whether two headers name the same columns."""
    return (one.of, one.marks) == (other.of, other.marks)


def numbers_columns(row: Row) -> bool:
    """Tell whether a row numbers the columns, as official forms do."""
    texts = [text_of(cell) for cell in row.cells if cell is not None]
    return len(texts) > 1 and all(map(_NUMBERING.match, texts))


def _names_people(fields: Sequence[Field | None]) -> bool:
    named = {*fields} - {None, "ignored"}
    return ("name" in named or {"family", "given"} <= named) and len(named) > 2 - ("name" in named)


def _field(cell: Cell) -> Field | None:
    return field_of(cell) if isinstance(cell, str) and len(cell) <= 200 else None


def _continues(row: Row, fields: Sequence[Field | None]) -> bool:
    """Tell whether a row goes on with the header above it: all it holds are headers."""
    known = [_field(cell) for cell in row.cells]
    written = [(n, cell) for n, cell in enumerate(row.cells) if cell is not None]
    at = [n for n, name in enumerate(fields) if name in ("name", "family")]
    people = [row.cells[n] for n in at if n < len(row.cells)]
    named = all(cell is None or _field(cell) in ("name", "family") for cell in people)
    return named and any(known) and all(isinstance(cell, str) for _, cell in written)


def _both(above: Row, row: Row) -> list[Cell]:
    """Return the headers of two rows: the lower one where it says something known."""
    width = max(len(above.cells), len(row.cells))
    pairs = (
        (each.cells[n] if n < len(each.cells) else None for each in (above, row))
        for n in range(width)
    )
    return [_joined(upper, lower) for upper, lower in pairs]


def _joined(upper: Cell, lower: Cell) -> Cell:
    if lower is None or upper == lower:
        return upper
    if upper is None or _field(lower):
        return lower if upper is None or not _ignored(upper) else upper
    return f"{upper} {lower}"


def _ignored(header: Cell) -> bool:
    return _field(header) == "ignored"


def _columns(headers: Sequence[Cell], header: int, below: int) -> Columns:
    found: dict[Field, list[int]] = {}
    unknown: list[str] = []
    marks: dict[int, Mark] = {}
    for number, cell in enumerate(headers):
        name = _field(cell)
        if name == "name" and not _is_beside(found.get("name", ()), number):
            if fold(text_of(headers[found["name"][0]])) == fold(text_of(cell)):
                raise _side_by_side(text_of(cell), found["name"][0], number)
            unknown.append(text_of(cell))  # of relatives, say
        elif name:
            found.setdefault(name, []).append(number)
        elif isinstance(cell, str):
            unknown.append(cell)
        if name == "mark" and (category := _marked(text_of(cell))):
            marks[number] = category
    headed = frozenset(n for n, cell in enumerate(headers) if cell is not None)
    return Columns(header, below, found, tuple(unknown), headed, marks)


def _is_beside(there: Sequence[int], number: int) -> bool:
    return not there or number == there[-1] + 1


def _side_by_side(header: str, one: int, other: int) -> Unreadable:
    return Unreadable(
        Message("there are two tables side by side: {header} heads columns {one} and {other}",
                header=shown(header), one=letters(one), other=letters(other)),
        fix=Message("put the second table below the first"),
    )  # fmt: skip


def letters(number: int) -> str:
    """Return the letters by which a spreadsheet names a column, counted from 0."""
    return get_column_letter(number + 1)


def _marked(header: str) -> Mark | None:
    """Return the category that a header names, in whatever character set."""
    readings: tuple[Callable[[str], str], ...] = (str, *CHARSETS.values())
    return next(filter(None, (category_of(reading(header)) for reading in readings)), None)


def _with_given(columns: Columns, rows: Sequence[Row]) -> Columns:
    """Return the columns, with the one beside the names if that goes on with them.

    It has no header of its own, but words beside most names.
    """
    at = columns.of.get("name", ())
    beside = at[-1] + 1 if len(at) == 1 else 0
    if not beside or beside in columns.headed:
        return columns
    named = [row.cells for row in rows if len(row.cells) > at[0] and row.cells[at[0]]]
    goes_on = [c for c in named if len(c) > beside and _is_word(c[beside])]
    if 2 * len(goes_on) <= len(named):
        return columns
    return replace(columns, of={**columns.of, "name": (*at, beside)})


def _is_word(cell: Cell) -> bool:
    return isinstance(cell, str) and len(cell) > 1 and cell.isalpha()
