"""Whether a title is that of the head of a unit, or of who acts as one (Art. 7.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Literal

from hopthu.i18n.vietnamese import fold, same
from hopthu.personnel.spelling import strict

Headship = Literal["head", "acting"]

_LOCAL = ("chủ tịch ubnd", "chủ tịch")
_BY_KIND: Mapping[str, Sequence[str]] = {
    "department": ("giám đốc",),
    "office": ("chánh văn phòng",),
    "inspectorate": ("chánh thanh tra",),
    "board": ("trưởng ban",),
    "branch": ("chi cục trưởng", "trưởng chi cục"),
    "centre": ("giám đốc",),
    "division": ("trưởng phòng",),
    "school": ("hiệu trưởng",),
    "health_station": ("trạm trưởng", "trưởng trạm"),
    "commune": _LOCAL,
    "ward": _LOCAL,
    "special_zone": _LOCAL,
}
"""How titles of those begin who head a unit, by its kind."""
_BY_NAME: Mapping[str, str] = {
    "văn phòng": "chánh văn phòng",
    "thanh tra": "chánh thanh tra",
    "ban": "trưởng ban",
    "trung tâm": "giám đốc",
    "chi cục": "chi cục trưởng",
    "trạm": "trạm trưởng",
}
"""How titles of those begin who head a division that is called so."""
_KIND_WORDS: Mapping[str, str] = {
    "department": "sở", "commune": "xã", "ward": "phường", "special_zone": "đặc khu",
    "school": "nhà trường", "division": "phòng", "centre": "trung tâm", "board": "ban",
}  # fmt: skip
_ANY = "đơn vị cơ quan chung tỉnh"
"""Words that stand for the unit, or for all of its work."""
_IN_PARTY = ("bí thư", "phó bí thư", "tỉnh ủy viên", "đảng ủy viên", "ủy viên", "đảng viên")
"""How posts in the Party begin, which heads have beside theirs."""
_PARTY = (
    "phó bí thư thường trực ủy viên ban thường vụ chấp hành đảng bộ đảng ủy chi bộ chi ủy "
    "đảng đoàn ban cán sự tỉnh ủy cơ sở"
)
"""Words of which these consist, beside those of the unit."""
_SHORTENED = (
    (re.compile(r"(ủy|uỷ|uy) ban (nhân dân|nhan dan)", re.IGNORECASE), "ubnd"),
    (re.compile(r"(hội đồng nhân dân|hoi dong nhan dan)", re.IGNORECASE), "hđnd"),
)
"""What titles and names shorten, and how."""
_SHORT = re.compile(r"\bq\s*\.\s*", re.IGNORECASE)
_ASIDE = re.compile(r"[\s,;(–-]+(?=phụ\s+trách|phu\s+trach)", re.IGNORECASE)
_APART = re.compile(r"[,;/()+]|\s[-–]\s|\bkiêm\b|\bkiem\b", re.IGNORECASE)
_To = Callable[[str], str]


@cache
def headship(title: str, kind: str, name: str, above: str = "") -> Headship | None:
    """Return whether a title is that of the head of a unit; None if it is not.

    `kind` and `name` are those of the unit, `above` the name of the one that it is a part of. What
    stands behind the title must be of the unit: `Giám đốc Trung tâm Y tế` heads no `Sở Y tế`.
    """
    found = set(_read(title, kind, name, above))
    return "head" if "head" in found else "acting" if "acting" in found else None


def says_more(title: str, kind: str, name: str, above: str = "") -> bool:
    """Tell whether a title has words that are neither of a head nor of a post in the Party.

    Such are `Giám đốc (đến 30/9/2026)` and `Giám đốc - nghỉ hưu`; `Phó Bí thư Đảng ủy, Chủ tịch
    UBND xã` is not.
    """
    return None in _read(title, kind, name, above)


def _read(
    title: str, kind: str, name: str, above: str
) -> list[Headship | Literal["beside"] | None]:
    """Return what each title is that a text has: `beside` is a post in the Party."""
    title, name, above = map(same, (title, name, above))
    to: _To = fold if title.isascii() else strict
    known = _words(f"{name} {above} {_ANY} {_KIND_WORDS.get(kind, '')}", to)
    if kind in ("commune", "ward", "special_zone"):
        known.append("ubnd")
    forms = [_words(form, to) for form in _forms(kind, name)]
    begins = {*_words(name, to)[:1], *_words(_KIND_WORDS.get(kind, ""), to)[:1]}
    begins |= {to(word) for word in ("đơn", "cơ", "ubnd")}
    party = {*known, *_words(_PARTY, to)}
    return [
        _of_part(part, forms, {*known}, begins, to) or _beside(part, party, to)
        for part in _parts(title)
        if _words(part, to)
    ]


def _beside(part: str, party: set[str], to: _To) -> Literal["beside"] | None:
    words = _words(part, to)
    begins = any(words[: len(each)] == each for each in (_words(w, to) for w in _IN_PARTY))
    return "beside" if begins and party.issuperset(words) else None


def _of_part(
    part: str, forms: Sequence[list[str]], known: set[str], begins: set[str], to: _To
) -> Headship | None:
    written = _words(part, to)
    acting = written[:1] == [to("quyền")]
    written = written[acting:]
    charge = [to("phụ"), to("trách")]
    at = next((n for n in range(len(written)) if written[n : n + 2] == charge), None)
    if at is not None:
        after = written[at + 2 :]
        if not known.issuperset(after):
            return None  # in charge of something, not of the unit
        if at == 0:
            return "acting" if after and after[0] in begins else None
        acting, written = True, written[:at]
        if written[0] == to("phó"):
            written = written[1:]
    tries = (written, [to("trưởng"), *written]) if at is not None else (written,)
    heads = any(
        each[: len(form)] == form and known.issuperset(each[len(form) :])
        for each in tries
        for form in forms
    )
    return ("acting" if acting else "head") if heads else None


def _forms(kind: str, name: str) -> Iterator[str]:
    yield from _BY_KIND.get(kind, ())
    if kind == "division":
        called = _words(name, strict)
        for begin, title in _BY_NAME.items():
            first = _words(begin, strict)
            if called[: len(first)] == first:
                yield title


def _parts(title: str) -> list[str]:
    """Return the titles that one text has: `Bí thư Đảng ủy, Chủ tịch UBND xã`."""
    return _APART.split(_ASIDE.sub(" ", _SHORT.sub("quyền ", title)))


def _words(text: str, to: _To) -> list[str]:
    for long, short in _SHORTENED:
        text = long.sub(short, text)
    return [key for word in text.split() if (key := to(word))]
