"""Texts such as `Lãnh đạo Sở`, which stand where a unit is named, and mean the unit around them."""

from __future__ import annotations

import re

from hopthu.i18n.vietnamese import fold, words
from hopthu.personnel.spelling import strict

_LEADERS = re.compile(r"(tap the |khoi )?((ban )?lanh dao|ban giam (doc|hieu))\b")
_UNIT_AROUND = frozenset((
    "", "so", "ban", "nganh", "ubnd", "hdnd", "vanphong", "donvi", "coquan", "chicuc", "cuc",
    "trungtam", "phong", "thanhtra", "truong", "nhatruong", "xa", "phuong", "dackhu", "ubndxa",
    "ubndphuong", "ubnddackhu", "hdndubnd", "hdndvaubnd",
))  # fmt: skip
"""Words for kinds of units, without a name, and nothing at all."""
_COMMITTEES = ("ubnd", "uybannhandan")
_COUNCILS = ("hdnd", "hoidongnhandan")
_OF_PLACES = ("", "xa", "phuong", "dackhu", "thitran")
_GROUPS = ("khối", "các", "nhóm")
"""How headings begin that only group the units below them."""


def led(written: str) -> str | None:
    """Return what is led by those of whom a text is, such as `Sở`; None if it is of no leaders."""
    parts = words(written)
    found = _LEADERS.match(" ".join(map(fold, parts)))
    return " ".join(parts[len(found[0].split()) :]) if found else None


def is_unit_around(text: str) -> bool:
    """Tell whether what is led is the unit around: it is said by its kind alone, or not at all."""
    return fold(text) in _UNIT_AROUND


def is_committee(written: str) -> bool:
    """Tell whether a text is the committee by which a commune acts, without a name: `UBND xã`."""
    return fold(written) in {f"{each}{place}" for each in _COMMITTEES for place in _OF_PLACES}


def is_council(written: str) -> bool:
    """Tell whether a text is the council of a commune, without a name: `HĐND xã`."""
    return fold(written) in {f"{each}{place}" for each in _COUNCILS for place in _OF_PLACES}


def is_group(written: str) -> bool:
    """Tell whether a text only groups the units below it: `Các đơn vị trực thuộc`."""
    first, *more = map(strict, words(written)[:2]) or [""]
    return bool(more) and (
        first in map(strict, _GROUPS) or [first, *more] == [strict("đơn"), strict("vị")]
    )
