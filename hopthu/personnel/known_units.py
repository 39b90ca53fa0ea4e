"""The units that a text names: those on record, and what the name of a new one says of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence

from hopthu.i18n.vietnamese import fold, same, spelling, words
from hopthu.model.organisation import LOCAL
from hopthu.model.timeline import text
from hopthu.personnel import labels
from hopthu.rules.context import RuleContext
from hopthu.rules.records.units import kind_of

Key = tuple[object, ...]
TOP = ""
"""Stands for the unit above those that are directly below the province."""
_KINDS: Sequence[tuple[str, str, str]] = (
    ("sở", "department", "department"), ("xã", "commune", "commune"),
    ("phường", "ward", "ward"), ("đặc khu", "special_zone", "special_zone"),
    ("thị trấn", "township", "township"), ("văn phòng", "office", "division"),
    ("thanh tra", "inspectorate", "division"), ("ban", "board", ""),
    ("chi cục", "branch", "branch"), ("trung tâm", "centre", "centre"),
    ("trường", "school", "school"), ("trạm y tế", "health_station", "health_station"),
    ("đảng ủy", "party", "party"), ("hđnd", "council", "council"),
    ("hội đồng nhân dân", "council", "council"),
    ("ủy ban mttq", "mass_organisation", "mass_organisation"),
    ("ủy ban mặt trận tổ quốc", "mass_organisation", "mass_organisation"),
    *((word, "", "division") for word in ("phòng", "khoa", "tổ", "đội", "hạt", "trạm", "bộ phận")),
)  # fmt: skip
"""How names begin, and the kind they show: directly below the province, and within a unit."""
_COMMITTEE = re.compile(r"(ubnd|ủy ban nhân dân)\s+(?=(xã|phường|đặc khu|thị trấn)\s)", re.I)
_SHORTENED = {"ubnd": "ủy ban nhân dân", "hđnd": "hội đồng nhân dân"}
_PROVINCE = re.compile(r"\b(tỉnh|thành phố)\s+(.+)", re.I)
_WORD = re.compile(r"\w+")
_JOINS = ("và", "-", "–")
_VOWEL = re.compile("[aeiouy]")


class KnownUnits:
    """The units of a day by name, short name and id, each below the unit that it is a part of."""

    def __init__(self, facts: RuleContext) -> None:
        """Take the units of `facts` that exist on its day."""
        self._facts = facts
        self.kinds = {
            **labels.KIND,
            **{k: each.name for k, each in facts.policy.unit_kinds.items()},
        }
        alive = {u: r for u, r in facts.units.items() if facts.lives(u, facts.today)}
        self.province = next((u for u in alive if kind_of(facts, alive[u].data) == "province"), "")
        found = _PROVINCE.search(text(alive[self.province].data, "name")) if self.province else None
        self._endings = (found[0].split(), found[1].split()) if found else ()
        place = rf"((tỉnh|thành phố)\s+)?{re.escape(found[2])}" if found else r"\Z."
        self._apart = re.compile(rf"\s*[,(]\s*{place}\)?\Z", re.I)
        self._behind = re.compile(rf"\s+{place}\Z", re.I)
        self._units: dict[tuple[str, Key], list[str]] = defaultdict(list)
        for unit, record in alive.items():
            above = self.above(unit)
            written = (text(record.data, "name"), text(record.data, "short"), unit)
            keys = (self.key(name, to) for name in written if name for to in (fold, spelling))
            for key in dict.fromkeys(keys):
                self._units[above, key].append(unit)

    def kind_by_name(self, written: str, *, at_top: bool) -> str:
        """Return the kind that a name begins with, empty if it begins with none."""
        own = [(kind.name, key, key) for key, kind in self._facts.policy.unit_kinds.items()]
        parts = words(written)
        found = (kinds for kinds in (*own, *_KINDS) if _begins(parts, kinds[0]))
        return next((top if at_top else within for _, top, within in found), "")

    def kind_of(self, unit: str) -> str:
        """Return the kind of a unit on record."""
        return text(self._facts.units[unit].data, "kind")

    def above(self, unit: str) -> str:
        """Return the unit that one is a part of, `TOP` if that is the province or none."""
        above = text(self._facts.units[unit].data, "parent")
        return TOP if above == self.province else above

    def below(self, above: str, written: str) -> str:
        """Return the one part of a unit that a text names."""
        found = self._units.get((above, self.key(written)), ())
        return found[0] if len(found) == 1 else ""

    def path(self, unit: str) -> list[str]:
        """Return the names of a unit and of those above it, from the outermost on."""
        names: list[str] = []
        while unit and unit in self._facts.units and len(names) <= len(self._facts.units):
            names.insert(0, text(self._facts.units[unit].data, "name"))
            unit = self.above(unit)
        return names

    def bare(self, written: str) -> str:
        """Return a name without a commune's committee, and without the province behind it.

        `UBND xã Đồng Tiến` is the commune; `SỞ Y TẾ NGHỆ AN` is `SỞ Y TẾ`. In others, such as `Hội
        đồng nhân dân tỉnh Nghệ An`, the province belongs to the name unless it stands apart.
        """
        name = self._apart.sub("", _COMMITTEE.sub("", " ".join(same(written).split())))
        return self._behind.sub("", name) if _begins(words(name), "sở") else name

    def key(self, written: str, to: Callable[[str], object] | None = None) -> Key:
        """Return the words that all names of a unit share, with the province behind or without.

        Their marks count, unless the text has none.
        """
        to = to or (fold if written.isascii() else spelling)
        said = (_SHORTENED.get(word.lower(), word) for word in _WORD.findall(self.bare(written)))
        key = tuple(to(word) for words_ in said for word in words_.split())
        for ending in self._endings:
            if len(key) > len(ending) and key[-len(ending) :] == tuple(map(to, ending)):
                return key[: -len(ending)]
        return key


def spelled(written: str, kind: str) -> str:
    """Return a name as a sentence has it, where the list has it in capitals.

    What follows the kind has a capital, and what follows `và`; in names of places each word has. A
    word without a vowel is an abbreviation, as THPT is.
    """
    name = " ".join(same(written).split())
    if not name.isupper():
        return name[:1].upper() + name[1:]
    parts = name.split()
    begin = max((len(b.split()) for b, *_ in _KINDS if _begins(words(name), b)), default=0)
    capital = {0, begin} | {n + 1 for n, part in enumerate(parts) if part.lower() in _JOINS}
    return " ".join(_cased(part, n in capital or kind in LOCAL) for n, part in enumerate(parts))


def initials(name: str) -> str:
    """Return the short name that symbols of documents have: `SGDĐT` for Sở Giáo dục và Đào tạo."""
    letters = (re.search(r"\w", word) for word in words(name) if word.lower() not in _JOINS)
    return "".join(first[0].upper() for first in letters if first)


def _cased(word: str, capital: bool) -> str:
    if word.lower() in _JOINS:
        return word.lower()
    if not _VOWEL.search(fold(word)):
        return word
    return word[0] + word[1:].lower() if capital else word.lower()


def _begins(parts: Sequence[str], begin: str) -> bool:
    return spelling(" ".join(parts[: len(begin.split())])) == spelling(begin)
