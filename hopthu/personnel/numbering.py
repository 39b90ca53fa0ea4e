"""How headings are numbered, and how deep that says they are: by the marks alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_MARK = r"[IVXLC]+|[A-ZĐ]|[ivx]+|[a-zđ]|\d{1,3}(?:\.\d{1,3}){0,9}"
_BULLET = "[-–+*•]"
_MARKED = re.compile(
    rf"\(?(?P<mark>(?:{_MARK})(?=\s*[.):/-])|\d{{1,3}}(?:\.\d{{1,3}}){{1,9}}(?=\s)|{_BULLET})"
    r"[\s.):/-]*(?P<text>[^\W\d_].*)"
)
_ALONE = re.compile(rf"\(?({_MARK}|{_BULLET})\s*[.)]*\Z")
_TENS = ("", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC")
_ONES = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
_ROMAN = [tens + ones for tens in _TENS for ones in _ONES]
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
    if mark.upper() in _ROMAN:
        found.append(Mark("I" if capital else "i", _ROMAN.index(mark.upper())))
    if len(mark) == 1:
        found.append(Mark("A" if capital else "a", _LETTERS.index(mark.upper()) + 1))
    return tuple(found)
