"""Whether a remark of a list says that somebody has left, will leave, or neither."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Literal, NamedTuple

from hopthu.i18n.vietnamese import fold, same
from hopthu.personnel.remark_words import RemarkWords

Service = Literal["gone", "unclear", "stays"]
"""Whether somebody is in service: they are not, a person has to say, or they are."""

_GONE = re.compile(
    r"\b(nghi huu|huu tri|thoi viec|chuyen cong tac|chuyen di|tu tran|da mat|"
    r"nghi viec(?! rieng)|chet(?= day| *$)|da nghi(?=( tu)?( ngay| thang| nam)? day| *$)|"
    r"nghi (huong |theo )*(che do|chinh sach)(?! (thai san|sinh|om|phep|bhxh|bao hiem))|"
    r"nghi (huong |theo |che do |chinh sach )*(nd|nghi dinh)( so)? ?(178|177|154|67|29|day)\w*|"
    r"nghi truoc tuoi|nghi tinh gian|tinh gian bien che)\b"
)
"""The decrees are those by which officials leave before their time: 178/2024/NĐ-CP, 67/2025/NĐ-CP,
154/2025/NĐ-CP, 29/2023/NĐ-CP, 177/2024/NĐ-CP."""
_UNITS = (
    r"(so|phong|ban|ubnd|uy ban|xa|phuong|dac khu|huyen|tinh|thanh pho|tp|trung tam|chi cuc|cuc|vp|"
    r"van phong|thanh tra|truong|benh vien|bo|co quan|don vi|noi khac|dang uy|tinh uy|hdnd|"
    r"toa an|kho bac|cong an|cong ty|doanh nghiep)\b"
)
"""How names of units begin."""
_MOVED = re.compile(
    r"\b(dieu dong|dieu chuyen|luan chuyen|thuyen chuyen|"
    rf"chuyen(?=( (sang|qua|ve|den|toi|tu))? {_UNITS}))\b"
)
_MOVED_AWAY = re.compile(rf"\s*(sang|qua) {_UNITS}")
_STAYS = re.compile(r"\b(biet phai|dinh chi)\b")
_FROM = re.compile(r"\s*(?P<from>tu (?!day|nam|thang|ngay|nay)\S)|\s*(den|ve)( tu\b|\s*$)")
_TO = re.compile(r"\b(ve|den|toi|sang|qua) (?!tu\b|day\b|ngay\b)\w")
_TO_SOMEWHERE = re.compile(r"\s*(ve|den|toi) (?!day)\w")
_DAYS = re.compile(
    r"(?P<d>\d{1,2})\s*[-/.]\s*(?P<m>\d{1,2})\s*[-/.]\s*(?P<y>\d{4})"
    r"|ngày\s+(?P<d2>\d{1,2})\s+tháng\s+(?P<m2>\d{1,2}),?\s+năm\s+(?P<y2>\d{4})"
    r"|(?P<y5>\d{4})-(?P<m5>\d{2})-(?P<d5>\d{2})"
    r"|(?<![\d/])(?<!số )(?P<m3>\d{1,2})\s*[-/.]\s*(?P<y3>\d{4})(?![\d/-])"
    r"|tháng\s+(?P<m4>\d{1,2}),?\s+năm\s+(?P<y4>\d{4})"
    r"|(?<![\d/-])(?P<y6>20\d\d)(?![\d/-])",
    re.IGNORECASE,
)

_SINCE = re.compile(r"\b(từ|kể từ|tu)(\s+(ngày|tháng|năm|ngay|thang|nam))?\s+\Z", re.IGNORECASE)
_LETTERS = re.compile(r"[a-z]")
_HARMLESS = re.compile(
    r"((la )?(dang|doan) vien( du bi| chinh thuc| cong doan)?|(tinh|thanh|dang|doan|chi) uy vien|"
    r"(pho )?bi thu( thuong truc)?( (dang uy|chi bo|dang bo|doan|doan thanh nien)( (xa|phuong))?)?|"
    r"((dang )?nghi )?(che do )?(thai san|sinh( con)?|om( dau)?|phep|viec rieng)"
    r"( (tu|den|thang|ngay|nam|\d\w*))*|"
    r"(dang )?di hoc|tap su|(sdt|dt|dd|tel|dien thoai|di dong)( \d+)*|can bo|cong chuc|vien chuc|"
    r"(trong )?bien che|cb|cc|vc|nam|nu|nt|moi|x)\Z"
)


class Leaving(NamedTuple):
    """What a remark says of leaving: how, and the days from `first` to `last`, one of which it is.

    Without days both are None.
    """

    how: Literal["gone", "planned", "unclear", "stays"]
    first: date | None = None
    last: date | None = None

    def on(self, day: date) -> Service:
        """Return whether somebody with the remark is in service on a day."""
        if self.how == "stays" or (self.first and self.first > day):
            return "stays"
        if self.first is None or self.last is None:
            return "stays" if self.how == "planned" else self.how
        return "gone" if self.how == "gone" and self.last <= day else "unclear"


def leaving(remark: str) -> Leaving | None:
    """Return what a remark says of leaving, None if it says nothing of it."""
    text = same(remark)
    dates = list(_DAYS.finditer(text))
    # Others may be those of decisions.
    since = [each for each in dates if _SINCE.search(text[: each.start()])] or dates
    periods = [found for each in since if (found := _period(each))]
    words = RemarkWords(text, _DAYS)
    hows = words.deaths() + [
        words.before(found.start()) or said(words.folded[found.end() :], found[0])
        for pattern, said in _SAID
        for found in pattern.finditer(words.folded)
    ]
    if _STAYS.search(words.folded):
        hows.append("stays")
    if not hows:
        return None
    how = next(each for each in ("gone", "unclear", "planned", "stays") if each in hows)
    first = min((start for start, _ in periods), default=None)
    last = max((end for _, end in periods), default=None)
    return Leaving(how, first, last)


def _gone(after: str, word: str) -> str:
    if word == "da mat" and not re.match(r"( tu| ngay| nam)*( day|$)", after):
        return "unclear"  # it may be something that they lost
    if word == "chuyen cong tac":
        if found := _FROM.match(after):
            return "unclear" if found["from"] and _TO.search(after) else "stays"
        if _TO_SOMEWHERE.match(after):
            return "unclear"  # to this unit, or from it
    return "gone"


def _moved(after: str, word: str) -> str:
    """Return what a move says that may be one to this unit as well as from it."""
    if found := _FROM.match(after):
        return "unclear" if found["from"] and _TO.search(after) else "stays"
    bare = word == "chuyen" and re.match(rf"\s*{_UNITS}", after)
    return "gone" if bare or _MOVED_AWAY.match(after) else "unclear"


_SAID: Sequence[tuple[re.Pattern[str], Callable[[str, str], str]]] = (
    (_GONE, _gone),
    (_MOVED, _moved),
)
"""Words that say that somebody leaves, or may, and what they say, by the words behind them."""


def is_harmless(remark: str) -> bool:
    """Tell whether a remark says nothing of service, or that it goes on."""
    words = " ".join(filter(None, map(fold, same(remark).split())))
    return not _LETTERS.search(words) or _HARMLESS.match(words) is not None


def _period(found: re.Match[str]) -> tuple[date, date] | None:
    """Return the first and the last day that a date of a text may be; None if there is none."""
    year, month, day = (
        next((int(value) for end in ends if (value := found[f"{name}{end}"])), 0)
        for name, ends in (("y", ("", *"23456")), ("m", ("", *"2345")), ("d", ("", *"25")))
    )
    try:
        if day:
            return date(year, month, day), date(year, month, day)
        if month:
            end = calendar.monthrange(year, month)[1]
            return date(year, month, 1), date(year, month, end)
        return date(year, 1, 1), date(year, 12, 31)
    except ValueError:
        return None
