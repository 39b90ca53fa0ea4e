"""The units that a text names: those on record, and what the name of a new one says of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence

from hopthu.i18n.vietnamese import fold, same, words
from hopthu.model.timeline import text
from hopthu.personnel import labels
from hopthu.personnel.spelling import strict
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.competence import LOCAL
from hopthu.rules.records.unit_kinds import kind_of

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
_SHORTENED = (("ủy ban nhân dân", "ubnd"), ("hội đồng nhân dân", "hđnd"))
_PROVINCE = re.compile(r"\b(tỉnh|thành phố)\s+(.+)", re.I)
_OF_PLACES = ("xã", "phường", "đặc khu", "thị trấn")
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
        self.province = next((u for u, r in alive.items() if _is_province(facts, u)), "")
        found = _PROVINCE.search(text(alive[self.province].data, "name")) if self.province else None
        self._endings = (found[0], found[1]) if found else ()
        place = re.escape(found[2]) if found else r"\Z."
        named = rf"(?:tỉnh|thành phố)\s+{place}"
        # Apart from the name, or behind it; behind that of a department also the place alone.
        self._apart = re.compile(rf"\s*[,(]\s*(?:{named}|{place})\)?\Z", re.I)
        self._behind = re.compile(rf"\s+{named}\Z", re.I)
        self._alone = re.compile(rf"\s+{place}\Z", re.I)
        self._units: dict[tuple[str, str], list[str]] = defaultdict(list)
        for unit, record in alive.items():
            above = self.above(unit)
            written = (text(record.data, "name"), text(record.data, "short"), unit)
            readings: tuple[Callable[[str], str], ...] = (strict, fold)
            keys = (self.key(name, to) for name in written if name for to in readings)
            for key in dict.fromkeys(keys):
                self._units[above, key].append(unit)

    def kind_choices(self) -> Sequence[str]:
        """Return what may be chosen of a heading whose kind its name does not show."""
        return (labels.NO_UNIT, *self.kinds.values())

    def above(self, unit: str) -> str:
        """Return the unit that one is a part of, `TOP` if that is the province or none."""
        above = text(self._facts.units[unit].data, "parent")
        return TOP if above == self.province else above

    def below(self, above: str, written: str) -> str:
        """Return the one part of a unit that a text names; marks count, unless it has none."""
        to = fold if written.isascii() else strict
        found = self._units.get((above, self.key(written, to)), ())
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
        parts = words(name)
        if _begins(parts, "sở"):
            return self._alone.sub("", self._behind.sub("", name))
        return self._behind.sub("", name) if any(_begins(parts, b) for b in _OF_PLACES) else name

    def key(self, written: str, to: Callable[[str], str] = fold) -> str:
        """Return what is the same of all names of a unit, with the province or without."""
        key = to(self.bare(written))
        for long, short in _SHORTENED:
            key = key.replace(to(long), to(short))
        for ending in self._endings:
            if len(key) > len(to(ending)):
                key = key.removesuffix(to(ending))
        return key


def kind_by_name(facts: RuleContext, written: str, *, at_top: bool) -> str:
    """Return the kind that a name begins with, empty if it begins with none."""
    own = [(kind.name, key, key) for key, kind in facts.policy.unit_kinds.items()]
    parts = words(written)
    found = (kinds for kinds in (*own, *_KINDS) if _begins(parts, kinds[0]))
    return next((top if at_top else within for _, top, within in found), "")


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


def _is_province(facts: RuleContext, unit: str) -> bool:
    return kind_of(facts, facts.units[unit].data) == "province"


def _begins(parts: Sequence[str], begin: str) -> bool:
    first = [strict(word) for word in begin.split()]
    return [strict(part) for part in parts[: len(first)]] == first
