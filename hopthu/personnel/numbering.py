"""How headings are numbered, and how deep that says they are: by the marks alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_MARK = r"[IVXLC]+|[A-ZĐ]|[ivx]+|[a-zđ]|\d{1,3}(?:\.\d{1,3})*"
_NUMBERED = re.compile(rf"\(?(?P<mark>{_MARK})\s*[.):/-]+\s*(?P<text>[^\W\d_].*)", re.DOTALL)
_DOTTED = re.compile(r"(?P<mark>\d{1,3}(?:\.\d{1,3})+)\s+(?P<text>\S.*)", re.DOTALL)
_BULLET = re.compile(r"(?P<mark>[-–+*•])\s*(?P<text>[^\W\d_].*)", re.DOTALL)
_ALONE = re.compile(rf"\(?({_MARK}|[-–+*•])\s*[.)]*\Z")
_ROMAN = re.compile(r"(?=.)(?:C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})\Z")
_DIGITS = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_LETTERS = "ABCDĐEFGHIJKLMNOPQRSTUVWXYZ"
_SKIPPED = 2
"""Lists go on from D with Đ or with E, and from E with F or with G."""


class Mark(NamedTuple):
    """One reading of a mark: the style of its numbering, and its place in it; 0 of a bullet."""

    style: str
    value: int


class Marked(NamedTuple):
    """A text behind its mark, and how that may be read; a text without one has no readings."""

    text: str
    marks: Sequence[Mark] = ()
    written: str = ""


def marked(number: str, text: str) -> Marked:
    """Return a heading whose mark stands in the column of numbers, or before its text.

    Blanks before a text without a mark are one: an indentation.
    """
    if found := _ALONE.match(number.strip()):
        return Marked(text.strip(), _readings(found[1]), found[1])
    bare = text.strip()
    if found := _NUMBERED.match(bare) or _DOTTED.match(bare) or _BULLET.match(bare):
        return Marked(found["text"], _readings(found["mark"]), found["mark"])
    indent = len(text) - len(text.lstrip())
    return Marked(bare, (Mark(f"indent {indent}", 0),) if indent else ())


def continues(mark: Mark, value: int) -> bool:
    """Tell whether a mark goes on from one of the same style with this value."""
    if mark.style in ("A", "a"):
        return 0 < mark.value - value <= _SKIPPED
    return mark.value in (0, value + 1)


def _readings(mark: str) -> tuple[Mark, ...]:
    if not mark[0].isalnum():
        return (Mark(mark, 0),)
    if mark[0].isdigit():
        parts = mark.split(".")
        return (Mark("1" + ".1" * (len(parts) - 1), int(parts[-1])),)
    capital = mark.isupper()
    found = []
    if _ROMAN.match(mark.upper()):
        found.append(Mark("I" if capital else "i", _roman(mark.upper())))
    if len(mark) == 1:
        found.append(Mark("A" if capital else "a", _LETTERS.index(mark.upper()) + 1))
    return tuple(found)


def _roman(mark: str) -> int:
    values = [_DIGITS[each] for each in mark]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-value if value < after else value for value, after in pairs)
