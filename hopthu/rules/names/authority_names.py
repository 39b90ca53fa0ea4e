"""Names by which authorities are known, and which names of others are written like them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from hopthu.i18n.vietnamese import fold, same, words

_BEGINNINGS = (
    "Bảo hiểm xã hội", "Bộ Chỉ huy Quân sự", "Bộ Công an", "Bộ đội Biên phòng", "Công an",
    "Hội đồng nhân dân", "Kho bạc Nhà nước", "Thuế", "Tỉnh ủy", "Tòa án", "Ủy ban Mặt trận Tổ quốc",
    "Ủy ban nhân dân", "Viện kiểm sát",
)  # fmt: skip
"""How names of authorities begin, whether they are on record or not."""
_ANYWHERE = ("Chính phủ", "Công an", "Tỉnh ủy", "Ủy ban nhân dân tỉnh")
"""What no other name has in it either, such as Ban Tổ chức Tỉnh ủy."""
_WRITTEN_OUT = {
    "BHXH": "bao hiem xa hoi",
    "CA": "cong an",
    "HDND": "hoi dong nhan dan",
    "KBNN": "kho bac nha nuoc",
    "ND": "nhan dan",
    "TAND": "toa an nhan dan",
    "UBND": "uy ban nhan dan",
    "VKSND": "vien kiem sat nhan dan",
    "VP": "van phong",
    "VPUBND": "van phong uy ban nhan dan",
}
"""Words for capitals that stand for them."""
_SHORTEST = 4  # letters that stand for words in small letters as well: fewer may be a word
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_NOT_LETTERS = re.compile(r"[\W_]+")
_PROVINCE = "tinh"
_PLACES = ("xa", "phuong", "thitran", "dackhu")
"""Kinds of places that have a committee, a police station and the like of their own."""


@lru_cache(maxsize=2**14)
def written_out(name: str) -> tuple[str, ...]:
    """Return the folded words of a name, without abbreviations.

    >>> written_out("VP UBND tỉnh")
    ('van', 'phong', 'uy', 'ban', 'nhan', 'dan', 'tinh')
    """
    found: list[str] = []
    for word in words(name):
        letters = _NOT_LETTERS.sub("", same(word)).translate({ord("Đ"): "D", ord("đ"): "d"})
        known = letters.upper() if len(letters) >= _SHORTEST else letters
        found += _WRITTEN_OUT[known].split() if known in _WRITTEN_OUT else [fold(word)]
    return tuple(found)


def alike(name: str) -> str:
    """Return what is the same of names that are alike: marks, spaces and abbreviations aside."""
    return "".join(written_out(name))


def called(name: str) -> frozenset[str]:
    """Return what an authority is called by its name: that, and its first word with initials."""
    first, *others = written_out(name) or ("",)
    initials = first + "".join(word[0] for word in others)
    return frozenset((alike(name), initials) if others[1:] else (alike(name),))


def meant(name: str, province: str) -> Iterator[str]:
    """Yield what a name may be read as: itself, and without brackets or the province behind it.

    `province` is the folded name of the province.
    """
    for each in dict.fromkeys((name, _IN_BRACKETS.sub(" ", name))):
        parts = list(written_out(each))
        yield "".join(parts)
        for behind in (province, _PROVINCE):
            number = next((n for n in range(1, len(parts)) if "".join(parts[-n:]) == behind), 0)
            if number:
                parts = parts[:-number]
                yield "".join(parts)


def authority(name: str, owner: str, *, local: bool) -> str:
    """Return the authority by whose name another unit is called; "" if by none.

    `owner` is the name of the unit it belongs to, whose own name it may have; `local`, whether that
    is a commune or the like, which has police and others of its own.
    """
    return _found(name, owner, (*_BEGINNINGS, *_ANYWHERE), local=local)


def of_post(title: str, unit: str, *, local: bool) -> str:
    """Return the authority at which a post would be by its title, which is not its unit's.

    "" if there is none. `unit` is the name of the unit, and `local` as for `authority`.
    """
    return _found(title, unit, _ANYWHERE, local=local)


def _found(name: str, owner: str, phrases: Iterable[str], *, local: bool) -> str:
    parts, own = written_out(name), written_out(owner)
    for known in dict.fromkeys(phrases):
        phrase = alike(known)
        for start in range(len(parts) if known in _ANYWHERE else 1):
            end = _end(parts, start, phrase)
            if not end or _end(own, 0, phrase) or (start and _has(parts, own)):
                continue
            if not (local and _is_local(parts[end:], own)):
                return known
    return ""


def _end(parts: Sequence[str], start: int, phrase: str) -> int:
    """Return where words from `start` on that are together `phrase` end, 0 if there are none."""
    letters = ""
    for number in range(start, len(parts)):
        letters += parts[number]
        if not phrase.startswith(letters):
            return 0
        if letters == phrase:
            return number + 1
    return 0


def _has(parts: Sequence[str], own: Sequence[str]) -> bool:
    """Tell whether the whole name of the owner is in a name."""
    whole = "".join(own)
    return bool(whole) and any(_end(parts, start, whole) for start in range(len(parts)))


def _is_local(behind: Sequence[str], own: Sequence[str]) -> bool:
    """Tell whether words say no more than the kind of the owner's place, or its name."""
    kind = next((_end(behind, 0, each) for each in _PLACES if _end(behind, 0, each)), 0)
    return bool(kind) and "".join(own).endswith("".join(behind[kind:]))
