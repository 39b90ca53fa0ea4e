"""Which column of a list holds what: its header, in the usual variants, with marks or without."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from hopthu.i18n.vietnamese import fold, same
from hopthu.personnel.charsets import CHARSETS
from hopthu.personnel.table import Cell, Row

Field = Literal[
    "number", "name", "family", "given", "title", "agency", "unit", "part", "category", "rank",
    "start", "note", "ignored",
]  # fmt: skip
HEADER_WITHIN = 50
"""The header is one of so many first rows."""

# Tried from top to bottom on the folded header; what is personal, or is not asked, is ignored.
_FORMS: tuple[tuple[Field, str], ...] = (
    ("ignored", r"(nam|ngay|noi|ngaythangnam|ngaythang)sinh|sinhngay|gioitinh|namnu|(nam|nu)\Z"),
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
        folded = fold(reading(header))
        for name, form in _FORMS:
            if re.match(form, folded):
                return name
    return None


def columns_of(rows: Sequence[Row]) -> Columns | None:
    """Return the columns of a sheet; None if none of its first rows is a header.

    A header names persons, and something else that is read. Its second row, if it has one, stands
    below cells that name several columns.
    """
    for index, row in enumerate(rows[:HEADER_WITHIN]):
        fields = [_field(cell) for cell in row.cells]
        if not _names_people(fields):
            continue
        headers = list(row.cells)
        below = index + 1
        if below < len(rows) and _continues(rows[below], fields):
            headers, below = _both(row, rows[below]), below + 1
        while below < len(rows) and _only_numbers(rows[below]):
            below += 1
        return _columns(headers, index, below)
    return None


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


def _only_numbers(row: Row) -> bool:
    """Tell whether a row numbers the columns, as official forms do."""
    cells = [cell for cell in row.cells if cell is not None]
    texts = [f"{cell:.0f}" if isinstance(cell, float) else cell for cell in cells]
    return len(texts) > 1 and all(isinstance(t, str) and _NUMBERING.match(t) for t in texts)


def _columns(headers: Sequence[Cell], header: int, below: int) -> Columns:
    found: dict[Field, list[int]] = {}
    unknown: list[str] = []
    for number, cell in enumerate(headers):
        name = _field(cell)
        if name:
            found.setdefault(name, []).append(number)
        elif isinstance(cell, str):
            unknown.append(cell)
    return Columns(header, below, found, tuple(unknown))
