"""Rows of a list that are about nobody, but head others: "I. SỞ NỘI VỤ"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from hopthu.i18n.vietnamese import fold
from hopthu.model.address_naming import place
from hopthu.personnel.categories import category_of
from hopthu.personnel.columns import Columns, Field
from hopthu.personnel.leaders import is_committee, is_council
from hopthu.personnel.spelling import strict
from hopthu.personnel.table import Row, text_of
from hopthu.personnel.unit_paths import is_like_unit

_LETTER, _ROMAN, _ARABIC, _SMALL, _BULLET, NONE = 0, 1, 2, 8, 9, -1
_AT_TOP = ("so", "xa", "phuong", "dac", "thi", "huyen", "ubnd", "uy", "hdnd", "hoi")
"""The first words of headings without a mark that are no part of the one before."""
_OF_PROVINCE = re.compile(r"\A(ban quản lý|đoàn đại biểu)|(?<!\w)tỉnh\Z", re.IGNORECASE)
"""What else such headings begin with, or end in."""
_HEADS = (
    "đảng ủy", "ủy ban", "hội đồng", "hội nông dân", "hội phụ nữ", "hội cựu chiến binh", "mặt trận",
    "mttq", "ubmttq", "đoàn thanh niên", "đoàn tncs", "công đoàn", "khối", "các", "ban", "bộ phận",
    "cơ quan", "đơn vị", "lãnh đạo", "thường trực", "tổ", "ubnd", "hđnd", "văn phòng", "thanh tra",
)  # fmt: skip
"""How headings begin that are no names of units, nor of people."""
_MARKED = re.compile(r"(?P<mark>[IVX]+|[A-ZĐ]|\d+(\.\d+)*)\s*[.)/:–-]+\s*(?P<text>\D.*)\Z", re.S)
_MARK = re.compile(r"(?P<mark>([IVX]+|[A-ZĐ]|[a-zđ]|\d+(?=\.\d))(\.\d+)*|[-–+*•])[.)]?\Z")
_LETTER_BEFORE = {"I": ("H",), "V": ("T", "U"), "X": ("V", "W")}
"""The letters before those that are Roman numerals too; some lists have no U and no W."""
_ROMAN_BEFORE = {"V": "IV", "X": "IX"}
_NAMES: Sequence[Field] = ("name", "family", "given")
_ABOUT: Sequence[Field] = ("title", "category", "rank", "start", "note", "mark")
"""Columns in which a text on a line of its own goes on with the person above."""
_COUNT = re.compile(r"\s*(\(\s*\d+[^()]*\)|:)\s*\Z")
_SUM = re.compile(r"(tong|cong)(cong|so|hop)?|(nguoi)?lap(bieu|bang)|thutruong|ngay\d*thang")
_COUNCIL = re.compile("ubnd|hdnd|hoidongnhandan")
"""How names of committees and councils are shortened, and what else they begin with."""
_SIGNED = re.compile(
    r"(nguoi)?lap(bieu|bang|danhsach)|thutruong(coquan|donvi)|ky(ten|ghiro)|"
    r"\D{0,40}ngay\d{0,2}thang\d{0,2}nam\d{0,4}\Z"
)
_MERGED = 3
"""A text that so many cells have is merged over them."""


class Section(NamedTuple):
    """A heading, and how deep it is: a section ends where one as deep, or less deep, begins.

    The depth of a text that heads nothing is `NONE`. `mark` is what it is numbered with, if it is.
    """

    depth: int
    text: str
    mark: str = ""


def number_of(columns: Columns, row: Row) -> int | str | None:
    """Return what stands in the column of numbers: a number, or the letters of another mark."""
    written = text_of(columns.first(row, "number")).rstrip(".")
    return int(written) if written.isdecimal() and len(written) < 9 else written or None


def is_signature(columns: Columns, row: Row) -> bool:
    """Tell whether a row is the place and day below a list, or who made and who signed it."""
    if isinstance(number_of(columns, row), int):
        return False
    texts = {cell for cell in row.cells if isinstance(cell, str)}
    signed = {text for text in texts if _SIGNED.match(fold(text))}
    names = {cell for name in _NAMES for cell in columns.cells(row, name)}
    return bool(signed) and (len(texts) == 1 or names <= signed)


def section_of(
    columns: Columns, row: Row, *, numbered: bool = False, followed: bool = False
) -> Section | None:
    """Return the section that a row begins, None if it is about a person.

    Such a row has one text, which may be repeated over merged cells, with a mark or a sum.
    `numbered` says that rows of people have numbers, `followed` that some stand below.
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
        return Section(_depth(found["mark"]), found["text"].strip(), found["mark"])
    if isinstance(number, str) and _MARK.match(number):
        return Section(_depth(number), text, number.rstrip(".)"))
    named = (
        place(text) != text
        or is_like_unit(text)
        or _COUNCIL.match(fold(text)) is not None
        or category_of(text) is not None
        or _is_head(text)
    )
    if isinstance(number, int):  # a name alone is that of a person
        return Section(_ARABIC, text) if named else None
    merged = row.cells.count(written) >= _MERGED
    about = {number for name in _ABOUT for number in columns.of.get(name, ())}
    alone = numbered and row.cells.index(written) not in about
    summed = any(isinstance(cell, float | date) for cell in row.cells)
    depth = NONE if summed else _depth_of(text, heads=followed and (alone or merged))
    if named:
        named_top = fold(text.split()[0]) in _AT_TOP or _OF_PROVINCE.search(text)
        at_top = named_top and not (is_committee(text) or is_council(text))
        return Section(_ROMAN if at_top else _ARABIC, text)
    return Section(depth, text)


def among(section: Section, around: Sequence[Section], following: Iterable[str]) -> Section:
    """Return a section as deep as it is among others: `I` is a letter behind `H`, else Roman.

    `around` are the sections that it stands in, or right behind, from the outermost on; `following`
    the marks of those below. Behind `H`, `I` is Roman if `II` goes on with it.
    """
    mark = section.mark
    letters = [each.mark for each in around if each.depth == _LETTER]
    romans = [each.mark for each in around if each.depth == _ROMAN and each.mark]
    if not letters or letters[-1] not in _LETTER_BEFORE.get(mark, ()):
        return section
    if _ROMAN_BEFORE.get(mark) in romans:
        return section
    if mark == "I" and not romans:
        goes_on = next((each for each in following if each in ("I", "II", "J", "K")), "")
        if goes_on == "II":
            return section
    return section._replace(depth=_LETTER)


def _depth_of(text: str, *, heads: bool) -> int:
    """Return how deep a heading without a mark is.

    In small letters it may be a name below a list, or that of somebody without a title; `heads`
    says that it is not.
    """
    if _SUM.match(fold(text)):
        return NONE
    if text.isupper():
        return _ROMAN
    return _ARABIC if heads else NONE


def _is_head(text: str) -> bool:
    folded = [strict(word) for word in text.split()]
    heads = ([strict(word) for word in head.split()] for head in _HEADS)
    return any(folded[: len(head)] == head for head in heads)


def _depth(mark: str) -> int:
    if not mark[0].isalnum():
        return _BULLET
    if mark[0].islower():
        return _SMALL
    first, *more = mark.rstrip(".)").split(".")
    if first.isdecimal() or more:
        return _ARABIC + len(more)
    return _ROMAN if set(first) <= set("IVX") else _LETTER
