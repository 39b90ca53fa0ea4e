"""The words of a remark, and what those before a leaving make of it.

They are read with their marks, unless the remark has none: `cho` is no `chờ`, `Đảng` no `đang`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from hopthu.i18n.vietnamese import fold, same

_PUNCTUATION = re.compile(r"([,;()–—]|(?<=\s)-|-(?=\s)|(?<=[^\W\d]{2})[./](?=[^\W\d]{2}))")
_NOT = r"\b(không|chưa|hoãn|không có)( \w+)?$"
_BETWEEN = (
    "được|cho|đi|vào|từ|đến|trong|theo|ngày|tháng|năm|quý|day|đầu|cuối|làm|giải quyết|thủ tục|"
    "hồ sơ|quyết định|chế độ|nguyện vọng|hưởng"
)
"""What stands between a plan and the leaving that it plans; `day` stands for any date."""
_PLANNED = (
    r"\b(dự kiến|sẽ|sắp|chuẩn bị|chờ|xin|đề nghị|kế hoạch|tuổi|đang (làm|giải quyết))"
    rf":?( ({_BETWEEN}|\d+):?)*$"
)
_UNDER_WAY = r"\bđang$"
_MAY_BE_PLANNED = rf"\bcho( ({_BETWEEN}))*$"
"""Without marks, `cho` may be `chờ`."""
_OTHERS = r"\b(vợ|chồng|bố|mẹ|cha|con|thay|đ/c|đồng chí|ông|bà)\b[^,;()–-]*$"
"""Words with which somebody else is named."""
_DIED = r"\b(qua đời|tạ thế|hy sinh|hi sinh)\b"


def _bare(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(sign if sign.isascii() else fold(sign) or sign for sign in pattern))


@dataclass(frozen=True, slots=True)
class _Words:
    """How the words are written that change what a leaving is."""

    denied: re.Pattern[str]
    planned: re.Pattern[str]
    doubtful: tuple[re.Pattern[str], ...]
    died: re.Pattern[str]


_MARKED = _Words(
    re.compile(_NOT),
    re.compile(_PLANNED),
    (re.compile(_UNDER_WAY), re.compile(_OTHERS)),
    re.compile(_DIED),
)
_WITHOUT = _Words(
    _bare(_NOT.replace("|hoãn", "")),
    _bare(_PLANNED.replace("|chờ", "")),
    (_bare(_UNDER_WAY), _bare(_MAY_BE_PLANNED), _bare(_OTHERS)),
    _bare(_DIED),
)


class RemarkWords:
    """The words of a remark: `folded` are those without marks and punctuation."""

    def __init__(self, text: str, dates: re.Pattern[str]) -> None:
        """Read a text; `dates` are replaced by the word `day`."""
        self._written: list[str] = []
        folded = []
        for word in _PUNCTUATION.sub(r" \1 ", dates.sub(" day ", same(text))).lower().split():
            if key := fold(word):
                folded.append(key)
                self._written.append(word)
            elif self._written:
                self._written[-1] += f" {word}"  # punctuation parts what stands around it
        self.folded = " ".join(folded)
        marked = any(sign.isalpha() and not sign.isascii() for sign in text)
        self._words = _MARKED if marked else _WITHOUT

    def before(self, start: int) -> Literal["", "stays", "planned", "unclear"]:
        """Return what the words before a leaving make of it, nothing if it is one.

        `start` is where it begins in `folded`.
        """
        return self._meaning(" ".join(self._written[: self.folded[:start].count(" ")]))

    def deaths(self) -> list[str]:
        """Return what each word that says that somebody died says of the person."""
        text = " ".join(self._written)
        found = self._words.died.finditer(text)
        return [self._meaning(text[: each.start()].rstrip()) or "gone" for each in found]

    def _meaning(self, before: str) -> Literal["", "stays", "planned", "unclear"]:
        if self._words.denied.search(before):
            return "stays"
        if self._words.planned.search(before):
            return "planned"
        return "unclear" if any(each.search(before) for each in self._words.doubtful) else ""
