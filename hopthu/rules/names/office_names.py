"""What an alias or its suffix says of offices, by whose names only they may go (Art. 4)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from hopthu.i18n.vietnamese import fold, words
from hopthu.model.address_naming import place, stem
from hopthu.model.record_local import follows
from hopthu.rules.claims import primary
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.granting import grants
from hopthu.rules.records.unit_kinds import kind_of
from hopthu.rules.rows import text
from hopthu.rules.successors import successors
from hopthu.source.records import Record
from hopthu.source.values import Map

LONGEST_NAME = 12
"""Words of a name; more are not tried."""
_FEWEST_WORDS = 2
_NUMBER = re.compile("[0-9]+\\Z")
_BEGINNINGS = (
    "benhvien", "bienphong", "chicuc", "congan", "danguy", "hdnd", "hoidong", "kiemsat", "khobac",
    "quansu", "thanhtra", "tinhuy", "toaan", "trungtam", "ubnd", "uyban", "vanphong", "vienkiemsat",
)  # fmt: skip
"""How names of offices begin, whether they are on record or not, such as Công an tỉnh."""
_WORDS = frozenset(("ban", "bo", "cuc", "huyen", "phong", "phuong", "so", "truong", "vien", "xa"))
"""The same, but only before a dot or alone: names of people begin with these letters too."""
_FUNCTIONS = frozenset((
    *_BEGINNINGS,
    "bantochuc", "baochi", "baohiem", "bithu", "chanhthanhtra", "chanhvanphong", "chibo", "chutich",
    "congdoan", "congnghe", "congthuong", "daibieu", "dangbo", "dantoc", "dautu",
    "doanthanhnien", "dulich", "giamdoc", "giaoduc", "giaothong", "hanhchinh", "hiephoi",
    "hieutruong", "kehoach", "ketoan", "ketoantruong", "khieunai", "khoahoc", "kiemlam", "kiemtra",
    "laodong", "mattran", "moitruong", "motcua", "ngoaivu", "noivu", "nongnghiep", "phapche",
    "phobithu", "phochutich", "phogiamdoc", "phophong", "quantri", "taichinh", "thamphan",
    "thanhuy", "thethao", "thidua", "thongke", "thongtin", "thuky", "thuongtruc",
    "thuongvu", "thuquy", "tiepdan", "tochuc", "tonghop", "tongiao", "truongban", "truongphong",
    "truyenthong", "tuphap", "vanhoa", "vanthu", "vientruong", "xaydung", "xahoi", "yte",
))  # fmt: skip
"""Offices and functions that names of people fold to as well; not all are on record."""
_LOCAL = ("district", "commune", "ward", "township", "special_zone")
"""Kinds of unit with the name of a place, by which people are called as well."""


@dataclass(frozen=True)
class OfficeNames:
    """The units that each alias may be taken for."""

    facts: RuleContext

    def named(self, record: Record, alias: str) -> str:
        """Return another unit that an alias names, as a whole or by its suffix; else "".

        Of a person it may not begin with the name of one either. A unit that comes below the
        successor of one that is to end may keep its address, of the former one, by an exception.
        """
        others = self._names.get(fold(alias), set()) - {record.id}
        # Several units may share a place or an address without a dot; one of them may have it.
        shared = self._places.get(fold(alias), set())
        if record.id not in shared and not _is_name_of(record, fold(alias)):
            others |= shared
        parts = _suffixes(alias) + (_prefixes(alias) if record.kind == "people" else [])
        own = self._own(record) if parts and not others else set[str]()
        if own and record.kind == "units" and grants(self.facts, record, alias):
            own |= {unit for unit, heirs in self.facts.heirs.items() if not own.isdisjoint(heirs)}
        for part in () if others else parts:
            key = fold(part)
            meant = self._names.get(key, set()) | self._places.get(key, set())
            if meant.isdisjoint(own) and not _is_name_of(record, key):
                others |= meant
        return min(others, default="")

    def word(self, record: Record, alias: str) -> str:
        """Return the word for an office with which the alias of a person, or a suffix, begins.

        An empty string if there is none, or the office is their own.
        """
        if record.kind != "people":
            return ""
        whole = [] if _begins_with_name(record, alias) else [alias]
        for each in (*whole, *_suffixes(alias)):
            first, folded = each.partition(".")[0], fold(each)
            if _is_name_of(record, fold(first)) or self._is_own(record, folded):
                continue
            for beginning in _BEGINNINGS:
                if folded.startswith(beginning):
                    return beginning
            if first in _WORDS:
                return first
        return ""

    def function(self, record: Record, alias: str) -> str:
        """Return the office or function by whose name alone somebody goes, whoever is called so.

        That is an alias, or what stands before a dot in it, without a number; "" if there is none.
        """
        for part in (alias, *_prefixes(alias)) if record.kind == "people" else ():
            key = _NUMBER.sub("", fold(part))
            if key in _FUNCTIONS or key in self._fields:
                return key
        return ""

    @cached_property
    def _fields(self) -> set[str]:
        """What units are for, by which their names go on after the word of their kind."""
        facts = self.facts
        named = (u.data for u in facts.units.values() if kind_of(facts, u.data) not in _LOCAL)
        begins = facts.policy.begins
        return {fold(_place(text(data, "name"), begins(text(data, "kind")))) for data in named} - {
            ""
        }

    def _own(self, record: Record) -> set[str]:
        """Return the units whose names an owner may add: theirs, and those above these.

        Of people not the one at the top, unless they work there: all do somewhere below it.
        """
        facts, posts = self.facts, self.facts.posts.get(record.id, ())
        units = [record.id] if record.kind == "units" else [post.unit for post in posts]
        known = (unit for unit in units if unit in facts.ended)
        over = [unit for unit in known if facts.is_over(facts.units[unit])]
        units += [heir for unit in over for heir in facts.heirs[unit]]
        above = set[str]().union(*(facts.ever_above(unit) for unit in units))
        if record.kind == "units":
            return above
        return {u for u in above if u in units or "parent" in facts.units[u].data}

    def _is_own(self, record: Record, folded: str) -> bool:
        """Tell whether the name of somebody's unit begins so, or is its short name or address."""
        units = [self.facts.units[unit].data for unit in self._own(record)]
        names = (fold(text(data, "name")).startswith(folded) for data in units)
        others = {fold(name) for data in units for name in (text(data, "short"), primary(data))}
        return any(names) or folded in others

    @cached_property
    def _names(self) -> Mapping[str, set[str]]:
        """The units that each folded name or short name may stand for."""
        return self._by(lambda data: (text(data, "name"), text(data, "short")))

    @cached_property
    def _places(self) -> Mapping[str, set[str]]:
        """The units that each address may stand for, and each name without words of its kind."""
        begins = self.facts.policy.begins
        return self._by(
            lambda data: (_place(text(data, "name"), begins(text(data, "kind"))), primary(data))
        )

    def _by(self, called: Callable[[Map], tuple[str, ...]]) -> Mapping[str, set[str]]:
        """Return units by what they are called.

        A successor may go by the name of the unit that merged into it, once that is over.
        """
        found: dict[str, set[str]] = {}
        for unit, record in self.facts.units.items():
            over = self.facts.is_over(record)
            heirs = {named for _, named in successors(record)} if over else set()
            for name in {fold(name) for name in called(record.data)} - {""}:
                found.setdefault(name, set()).update(heirs or {unit})
        return found


def _place(name: str, begins: Sequence[str]) -> str:
    """Return a name without words of its kind; one word alone, as of Thanh tra tỉnh, is none."""
    found = place(name, begins)
    return found if len(words(found)) >= _FEWEST_WORDS else ""


def spent(letters: str, parts: Sequence[str]) -> bool:
    """Tell whether letters are some of `parts`, or their initials, each once, in any order."""
    number = Counter(part for part in parts if part)
    beginning = Counter(part[0] for part in number.elements())
    pieces = {piece for part in number for piece in (part, part[0])}
    # Which initials were spent follows from how far letters are read and what was spent whole, so
    # only that is remembered, sorted: the number of orders grows with the factorial of the words.
    ways: list[set[tuple[str, ...]]] = [{()}, *(set() for _ in letters)]
    for position, choices in enumerate(ways):
        fitting = [piece for piece in pieces if letters.startswith(piece, position)]
        for piece in fitting if choices else ():
            end, first = position + len(piece), piece[0]
            read = letters.count(first, 0, end)
            for whole in choices:
                chosen = tuple(sorted((*whole, piece))) if len(piece) > 1 else whole
                begun = read - sum(part.count(first, 1) for part in chosen)
                if begun <= beginning[first] and chosen.count(piece) <= number[piece]:
                    ways[end].add(chosen)
    return bool(ways[-1])


def _suffixes(alias: str) -> list[str]:
    """Return what stands behind each dot, the longest first."""
    labels = alias.split(".")
    return [".".join(labels[number:]) for number in range(1, len(labels))]


def _prefixes(alias: str) -> list[str]:
    """Return what stands before each dot, the shortest first."""
    labels = alias.split(".")
    return [".".join(labels[:number]) for number in range(1, len(labels))]


def _is_name_of(record: Record, letters: str) -> bool:
    """Tell whether letters are words of a person's name, or initials; of a unit they never are."""
    name = words(text(record.data, "name"))[:LONGEST_NAME]
    return record.kind == "people" and spent(letters, [fold(word) for word in name])


def _begins_with_name(record: Record, alias: str) -> bool:
    first = alias.partition(".")[0]
    return follows(first, stem(text(record.data, "name"))) or _is_name_of(record, fold(first))
