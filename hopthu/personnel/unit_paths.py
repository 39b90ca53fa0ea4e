"""Texts that are written as names of units are, and several units in one text.

Such is `Phòng Thanh tra, Chi cục Kiểm lâm, Sở Nông nghiệp và Môi trường`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hopthu.i18n.vietnamese import fold, words
from hopthu.personnel.spelling import strict

_BEGINS = (
    "ubnd", "hđnd", "ủy ban nhân dân", "hội đồng nhân dân", "sở", "xã", "phường", "đặc khu",
    "thị trấn", "huyện", "phòng", "văn phòng", "thanh tra", "chi cục", "cục", "trung tâm", "trường",
    "trạm", "ban quản lý", "bệnh viện", "viện", "hạt", "đội",
)  # fmt: skip
"""How names of units begin."""
AFTER_UNIT = re.compile(
    r"[\s,]*\b((năm|nam|tháng|thang|quý)\s+\d|quý\s+[iv]+\b|tính đến|đến ngày|kèm theo|theo|"
    r"giai đoạn).*|\s*\(.*",
    re.IGNORECASE | re.DOTALL,
)
"""What stands behind the unit in a title."""

_SEPARATOR = re.compile(r"\s*[,;]\s*|\s+[-–]\s+|\s+(?:trực\s+)?thuộc\s+", re.IGNORECASE)
_OF_PLACE = re.compile(
    r"(?P<part>(?!ubnd|hđnd|ủy ban|hội đồng).+?)\s+"
    r"(?P<place>(?!xã\s+hội)(?:xã|phường|đặc khu|thị trấn)\s+(?P<name>[^\W\d_][^,;]*))",
    re.IGNORECASE,
)

_AT_TOP = re.compile(r"(sở|ubnd|ủy ban nhân dân)\s", re.IGNORECASE)
"""How names begin of units behind which whatever is named is a part of them."""
_PARTS = re.compile(r"(ban|đảng ủy|văn phòng|thanh tra|tổ|bộ phận)(\s|\Z)", re.IGNORECASE)


def outermost_first(written: str) -> Sequence[str]:
    """Return the units that a text names, from the outermost on; of most texts the text itself.

    It names several if each part is written as a unit is: `Phòng Công chức, viên chức` is one.
    `Phòng Kinh tế xã Thọ Xuân` is a part of the commune.
    """
    found = _OF_PLACE.fullmatch(written)
    if found and found["name"][0].isupper() and _is_part(part := found["part"].rstrip(" ,;-–")):
        return (found["place"], *outermost_first(part))
    for separator in reversed([*_SEPARATOR.finditer(written)]):
        inner, outer = written[: separator.start()], written[separator.end() :]
        if is_like_unit(outer) and (is_like_unit(inner) or _AT_TOP.match(outer)):
            return (*outermost_first(outer), *outermost_first(inner))
    return (written,)


def _is_part(written: str) -> bool:
    return is_like_unit(written) or _PARTS.match(written) is not None


def is_like_unit(written: str) -> bool:
    """Tell whether a text is written as the name of a unit is, known or not.

    Marks count unless it has none: `Số 12` is no `Sở`.
    """
    to = fold if written.isascii() else strict
    parts = words(written)
    folded = [to(word) for word in parts]
    for begin in _BEGINS:
        first = [to(word) for word in begin.split()]
        last, after = len(first) - 1, parts[len(first) :]
        if folded[: len(first)] == first and after and not parts[last].endswith((",", ":")):
            return not (after[0][0].isdigit() or _is_society(begin, after))
    return False


def _is_society(begin: str, after: Sequence[str]) -> bool:
    """Tell whether a text says society, `Xã hội`, and no commune, such as `Xã Hội An`."""
    return (
        begin == "xã"
        and strict(after[0]) == strict("hội")
        and (len(after) == 1 or after[0].islower())
    )
