"""What the written name of a unit in a list says: its kind, and its name in small letters."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hopthu.i18n.vietnamese import same, words
from hopthu.personnel.spelling import strict
from hopthu.personnel.unit_paths import is_like_unit

_TOP = (
    ("sở", "department"), ("xã", "commune"), ("phường", "ward"), ("đặc khu", "special_zone"),
    ("thị trấn", "township"),
)  # fmt: skip
"""How names of units begin that are below the province, whatever is around them; their kinds."""
_BELOW_PROVINCE = (
    ("văn phòng", "office"), ("thanh tra", "inspectorate"), ("ban", "board"),
)  # fmt: skip
_WITHIN = (
    ("chi cục", "branch"), ("trung tâm", "centre"), ("trường", "school"),
    ("trạm y tế", "health_station"), ("đảng ủy", "party"), ("hội đồng nhân dân", "council"),
    ("hđnd", "council"), ("ủy ban mặt trận tổ quốc", "mass_organisation"),
    ("ủy ban mttq", "mass_organisation"), ("mttq", "mass_organisation"),
)  # fmt: skip
"""The same of units that may be below the province, or within a unit."""
_DIVISIONS = (
    "phòng", "văn phòng", "thanh tra", "ban", "hạt", "đội", "trạm", "tổ", "bộ phận", "khoa",
)  # fmt: skip
_COMMITTEE = re.compile(r"\A(ubnd|ủy ban nhân dân)\s+(?=(xã|phường|đặc khu|thị trấn)\s)", re.I)
PLACES = ("commune", "ward", "special_zone", "township")
"""Kinds of unit that have the name of a place."""
_JOINS = ("và", "-", "–")
_SHORTENED = ("hđnd", "ubnd", "mttq", "thpt", "thcs", "tncs")
"""Words that names of units have in capitals themselves."""
_BEGINS = tuple(begin for begin, _ in (*_TOP, *_WITHIN, *_BELOW_PROVINCE)) + _DIVISIONS


def kind_at_top(written: str) -> str:
    """Return the kind of a unit that can only be below the province, empty for any other."""
    return _kind(bare(written), _TOP) if is_like_unit(bare(written)) else ""


def kind_below_province(written: str) -> str:
    """Return the kind of a unit below the province, empty if its name does not tell."""
    return kind_at_top(written) or _kind(written, (*_BELOW_PROVINCE, *_WITHIN))


def kind_within(written: str) -> str:
    """Return the kind of a unit within another, empty if its name does not tell."""
    divisions = tuple((begin, "division") for begin in _DIVISIONS)
    return _kind(written, (*_WITHIN, *divisions))


def bare(written: str) -> str:
    """Return a name without the committee by which a commune acts: `UBND xã Đồng Tiến`."""
    return _COMMITTEE.sub("", " ".join(same(written).split()))


def spelled(written: str, kind: str) -> str:
    """Return a name as it is written in a sentence, where a list has it in capitals.

    `SỞ GIÁO DỤC VÀ ĐÀO TẠO` is `Sở Giáo dục và Đào tạo`, as what follows the kind, and what follows
    `và`, is named on its own. Names of places keep a capital in each word.
    """
    name = bare(written)
    if not name.isupper():
        return name[:1].upper() + name[1:]
    parts = [each.upper() if each in _SHORTENED else each for each in name.lower().split()]
    if kind in PLACES:
        return " ".join(part[:1].upper() + part[1:] for part in parts)
    begin = next((each for each in _BEGINS if _starts(parts, each)), "")
    capital = {0, len(begin.split())}
    for number, part in enumerate(parts[:-1]):
        if part in _JOINS:
            capital.add(number + 1)
    capital = {number for number in capital if number < len(parts) and parts[number] not in _JOINS}
    return " ".join(p[:1].upper() + p[1:] if n in capital else p for n, p in enumerate(parts))


def initials(name: str) -> str:
    """Return the short name that symbols of documents have: `SGDĐT` for Sở Giáo dục và Đào tạo."""
    letters = (re.search(r"\w", word) for word in words(name) if word.lower() not in _JOINS)
    return "".join(first[0].upper() for first in letters if first)


def _kind(written: str, kinds: Sequence[tuple[str, str]]) -> str:
    """Return the kind whose words a name begins with, empty if there is none."""
    parts = words(written)
    return next((kind for begin, kind in kinds if _starts(parts, begin)), "")


def _starts(parts: Sequence[str], begin: str) -> bool:
    first = begin.split()
    return len(parts) >= len(first) and list(map(strict, parts[: len(first)])) == list(
        map(strict, first)
    )
