"""How headings are numbered, and how deep that says they are: by the marks alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_MARK = r"[IVXLC]+|[A-ZĐ]|[ivx]+|[a-zđ]|\d{1,3}(?:\.\d{1,3})*"
_BULLET = "[-–+*•]"
_MARKED = re.compile(
    rf"\(?(?P<mark>(?:{_MARK})(?=\s*[.):/-])|\d{{1,3}}(?:\.\d{{1,3}})+(?=\s)|{_BULLET})"
    r"[\s.):/-]*(?P<text>[^\W\d_].*)"
)
_ALONE = re.compile(rf"\(?({_MARK}|{_BULLET})\s*[.)]*\Z")
_ROMAN = re.compile(r"(?=.)(?:C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})\Z")
_DIGITS = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_LETTERS = "ABCDĐEFGHIJKLMNOPQRSTUVWXYZ"
_SKIPPED = 2
"""From D lists go on with Đ or with E, and from E with F or with G: there are two alphabets."""


class Mark(NamedTuple):
    """One reading of a mark: the style of its numbering, and its place in it; 0 of a bullet."""

    style: str
    value: int

    def goes_on_from(self, before: Mark | None) -> bool:
        """Tell whether it is the next of its style, or the first, as each bullet is."""
        if before is None:
            return self.value <= 1
        most = _SKIPPED if self.style in ("A", "a") else 1
        return self.value == 0 or 0 < self.value - before.value <= most


class Marked(NamedTuple):
    """A text behind its mark, and how that may be read; a text without one has no readings."""

    text: str
    marks: Sequence[Mark] = ()
    written: str = ""


def marked(number: str, text: str) -> Marked:
    """Return a heading whose mark stands in the column of numbers, or before its text."""
    line = " ".join(text.split())
    if found := _ALONE.match(number):
        return Marked(line, _readings(found[1]), found[1])
    if found := _MARKED.match(line):
        return Marked(found["text"], _readings(found["mark"]), found["mark"])
    return Marked(line)


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
