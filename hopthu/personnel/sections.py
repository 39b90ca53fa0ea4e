"""Rows of a list that are about nobody, but head others: "I. SỞ NỘI VỤ"."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from hopthu.i18n.vietnamese import fold
from hopthu.model.address_naming import place
from hopthu.personnel.categories import category_of
from hopthu.personnel.columns import Columns
from hopthu.personnel.table import Row, text_of

_LETTER, _ROMAN, _ARABIC, NONE = 0, 1, 2, -1
_MARKED = re.compile(r"(?P<mark>[IVX]+|[A-Z]|\d+(\.\d+)*)\s*[.)/:–-]+\s*(?P<text>\D.*)\Z", re.S)
_MARK = re.compile(r"(?P<mark>[IVX]+|[A-Z])[.)]?\Z")
_COUNT = re.compile(r"\s*(\(\s*\d+[^()]*\)|:)\s*\Z")
_SUM = re.compile(r"(tong|cong)(cong|so|hop)?|(nguoi)?lap(bieu|bang)|thutruong|ngay\d*thang")


class Section(NamedTuple):
    """A heading, and how deep it is: a section ends where one as deep, or less deep, begins.

    The depth of a text that heads nothing is `NONE`.
    """

    depth: int
    text: str


def number_of(columns: Columns, row: Row) -> int | str | None:
    """Return what stands in the column of numbers: a number, or the letters of another mark."""
    written = text_of(columns.first(row, "number")).rstrip(".")
    return int(written) if written.isdecimal() and len(written) < 9 else written or None


def section_of(columns: Columns, row: Row) -> Section | None:
    """Return the section that a row begins, None if it is about a person.

    Such a row has one text, which may be repeated over merged cells, with a mark or a sum.
    """
    number = number_of(columns, row)
    aside = set(columns.of.get("number", ()))
    texts = {
        cell
        for place_, cell in enumerate(row.cells)
        if isinstance(cell, str)
        and not (place_ in aside and (_MARK.match(cell) or cell.rstrip(".").isdecimal()))
    }
    if len(texts) != 1:
        return None
    (written,) = texts
    text = _COUNT.sub("", written) or written
    if found := _MARKED.match(text):
        return Section(_depth(found["mark"]), found["text"].strip())
    if isinstance(number, str) and _MARK.match(number):
        return Section(_depth(number), text)
    if place(text) != text or category_of(text) is not None:
        return Section(_ARABIC if isinstance(number, int) else _ROMAN, text)
    if isinstance(number, int):
        return None  # a person of whom only the name is there
    summed = any(isinstance(cell, float | date) for cell in row.cells)
    heads = text.isupper() and not summed and not _SUM.match(fold(text))
    return Section(_ROMAN if heads else NONE, text)


def _depth(mark: str) -> int:
    if mark[0].isdecimal():
        return _ARABIC + mark.count(".")
    return _ROMAN if set(mark.rstrip(".)")) <= set("IVX") else _LETTER
