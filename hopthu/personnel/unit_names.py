"""Which unit of the data a text of a list names."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, same, spelling
from hopthu.model.timeline import text
from hopthu.personnel.findings import Words
from hopthu.personnel.spelling import strict
from hopthu.rules.context import RuleContext
from hopthu.rules.records.unit_kinds import kind_of
from hopthu.source.records import Record

_LOCAL = ("commune", "ward", "township", "special_zone", "district")
_SHORTENED = (("ủy ban nhân dân", "ubnd"), ("hội đồng nhân dân", "hđnd"))
"""What lists shorten in names of units, and how."""
_KINDS = ("văn phòng", "trung tâm", "chi cục", "thanh tra", "phòng", "ban", "trạm", "trường")
"""What stands before the short name of a part."""
_WORD = re.compile(r"[^\W_]+")
_OF_PROVINCE = re.compile(r"\b(tỉnh|thành phố)\b.+", re.IGNORECASE)
_NEAREST = 3
_ALIKE = 0.4
"""The least likeness of names that are suggested: the share of trigrams both have."""
_LONGEST = 200


class UnitNames:
    """The units that exist on a day, by their names, short names and ids."""

    def __init__(self, facts: RuleContext, on: str, *, suggests: bool = True) -> None:
        """Take the units of `facts` that exist `on` a day, written as rows write it.

        With `suggests`, names like one that is not known are looked for, which takes its time.
        """
        self._facts = facts
        readings: tuple[Callable[[str], str], ...] = (strict, fold)
        endings = (_of_province(facts), "tỉnh")
        self._endings = {to: tuple(filter(None, map(to, endings))) for to in readings}
        self._by_key: dict[str, list[str]] = defaultdict(list)
        self._by_short: dict[str, list[str]] = defaultdict(list)
        self._parts: dict[str, list[str]] = defaultdict(list)
        self._ended: dict[str, str] = {}
        for unit, record in facts.units.items():
            keys = dict.fromkeys(key for to in readings for key in self._keys(record, to))
            if facts.lives(unit, on):
                for key in keys:
                    self._by_key[key].append(unit)
                for key in dict.fromkeys(key for to in readings for key in self._short(record, to)):
                    self._by_short[key].append(unit)
                self._parts[text(record.data, "parent")].append(unit)
            elif unit in facts.ended:
                self._ended |= dict.fromkeys(keys, unit)
        self._trigrams: dict[str, set[str]] = defaultdict(set)
        for key in self._by_key if suggests else ():
            for part in _parts(key):
                self._trigrams[part].add(key)

    def named(self, written: str) -> Sequence[str]:
        """Return the units that a text alone may name."""
        key = self._key(written)
        return self._by_key.get(key, ()) or self._by_short.get(key, ())

    def by_initials(self, written: str, around: Sequence[str]) -> Sequence[str]:
        """Return the one part of a unit whose name a text shortens; none if several may be meant.

        `P. NV Dược` is Phòng Nghiệp vụ Dược.
        """
        to = fold if written.isascii() else strict
        parts = _words(written[:_LONGEST])
        if len(around) != 1:
            return ()
        found = [
            unit
            for unit in self._parts.get(around[0], ())
            if _shortens(parts, _words(text(self._facts.units[unit].data, "name")), to)
        ]
        return found if len(found) == 1 else ()

    def within(self, candidates: Sequence[str], among: Sequence[str]) -> tuple[str, ...]:
        """Return the candidates that are some units, or directly below one; all if these are none.

        A part of a part may have the name of one that is missing. Below the province, where a part
        may be named alone, all are meant.
        """
        if not among or any(map(self.is_province, among)):
            above = self._facts.above
            return tuple(u for u in candidates if not among or any(e in above[u] for e in among))
        near = {*among, *(part for unit in among for part in self._parts[unit])}
        return tuple(unit for unit in candidates if unit in near)

    def parent(self, unit: str) -> str:
        """Return the name of the unit above one."""
        above = self._facts.units.get(text(self._facts.units[unit].data, "parent"))
        return text(above.data, "name") if above else ""

    def is_province(self, unit: str) -> bool:
        """Tell whether a unit is the province itself."""
        return kind_of(self._facts, self._facts.units[unit].data) == "province"

    def is_top(self, unit: str) -> bool:
        """Tell whether a unit is directly below the province, or below nothing."""
        above = text(self._facts.units[unit].data, "parent")
        return above not in self._facts.units or self.is_province(above)

    def is_local(self, unit: str) -> bool:
        """Tell whether a unit is a commune, or a ward, and so on: it has lists of its own alone."""
        return kind_of(self._facts, self._facts.units[unit].data) in _LOCAL

    def same_spelling(self, candidates: tuple[str, ...], written: str) -> tuple[str, ...]:
        """Return those of several units that are spelled as in the list, if there are any."""
        if len(candidates) < 2:
            return candidates
        wanted = spelling(written)
        names = {unit: text(self._facts.units[unit].data, "name") for unit in candidates}
        alike = tuple(unit for unit, name in names.items() if spelling(name) == wanted)
        return alike or candidates

    def _keys(self, record: Record, to: Callable[[str], str]) -> Iterator[str]:
        name = self._bare(text(record.data, "name"), to)
        yield name
        yield self._bare(text(record.data, "short"), to) or name
        yield to(record.id)
        if kind_of(self._facts, record.data) in _LOCAL:
            yield to("ubnd") + name

    def _short(self, record: Record, to: Callable[[str], str]) -> Iterator[str]:
        """Yield the short name behind the kind that the name begins with: `Phòng CCHC`."""
        if short := text(record.data, "short"):
            name = to(text(record.data, "name"))
            yield from (to(f"{kind} {short}") for kind in _KINDS if name.startswith(to(kind)))

    def _key(self, written: str) -> str:
        """Return what a text is compared by: marks count, unless it is written without any."""
        return self._bare(written[:_LONGEST], fold if written.isascii() else strict)

    def _bare(self, written: str, to: Callable[[str], str]) -> str:
        """Return the key of a text, shortened, without the province that it ends in."""
        key = to(written)
        for long, short in _SHORTENED:
            key = key.replace(to(long), to(short))
        ending = next((each for each in self._endings[to] if key.endswith(each)), "")
        return key.removesuffix(ending) or key

    def unknown(self, written: str, within: str, *, heading: bool) -> Words:
        """Return what is wrong with a text that names no unit, and what to do.

        Units are suggested only below `within`, if it is known. `heading`: the text stands above.
        """
        key = self._key(written)
        what = Message("the data has no unit {name}", name=shown(written))
        if key in self._ended:
            ended = self._ended[key]
            heirs = ", ".join(self._facts.heirs.get(ended, ())) or Message("nobody")
            return Words(
                Message("{unit} ended on {day}", unit=ended, day=self._facts.ended[ended].start),
                Message("name the unit of the day; its successors: {units}", units=heirs),
            )
        if near := self._near(fold(written[:_LONGEST]), within):
            fix = Message("write one of: {names}; or add it to data/units.yaml", names=near)
        elif within and heading:
            fix = Message("add it to data/units.yaml; or delete the heading to enter them in "
                          "{unit}", unit=within)  # fmt: skip
        elif within:
            fix = Message("add it to data/units.yaml; or clear the cell to enter them in {unit}",
                          unit=within)  # fmt: skip
        else:
            fix = Message("write its name as in data/units.yaml, or add it there")
        return Words(what, fix)

    def _near(self, key: str, within: str) -> str:
        """Return the names that have most in common with a key, of units inside one if it is known.

        Those are found by the groups of three letters that they share.
        """
        own = _parts(key)
        shared = Counter(known for part in own for known in self._trigrams.get(part, ()))
        likeness = {
            known: 2 * number / (len(own) + len(_parts(known))) for known, number in shared.items()
        }
        alike = sorted((k for k, v in likeness.items() if v >= _ALIKE), key=lambda k: -likeness[k])
        units = dict.fromkeys(unit for known in alike for unit in self._by_key[known])
        inside = (unit for unit in units if not within or within in self._facts.above[unit])
        names = (text(self._facts.units[unit].data, "name") for unit in inside)
        return ", ".join(list(dict.fromkeys(map(shown, names)))[:_NEAREST])


def _words(written: str) -> list[str]:
    return [word for word in _WORD.findall(same(written)) if word.lower() not in ("và", "va")]


def _shortens(parts: Sequence[str], name: Sequence[str], to: Callable[[str], str]) -> bool:
    """Tell whether words are those of a name, or in capitals the initials of some of them."""
    if not parts or not name:
        return not parts and not name
    first, size = parts[0], len(parts[0])
    if to(first) == to(name[0]) and _shortens(parts[1:], name[1:], to):
        return True
    initials = "".join(to(word)[:1] for word in name[:size])
    return first.isupper() and to(first) == initials and _shortens(parts[1:], name[size:], to)


def _parts(key: str) -> set[str]:
    padded = f"^{key}$"
    return {padded[n : n + 3] for n in range(len(padded) - 2)}


def _of_province(facts: RuleContext) -> str:
    """Return the name of the province, with which lists end names of its units: `tỉnh …`."""
    for record in facts.units.values():
        if text(record.data, "kind") == "province":
            found = _OF_PROVINCE.search(same(text(record.data, "name")))
            return found[0] if found else ""
    return ""
