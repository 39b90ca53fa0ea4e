"""The names on record, and what else can be mistaken for one: the one check of names (Art. 4).

What it compares, and what it leaves to people: docs/decisions/names.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, same, words
from hopthu.model.address_naming import behind_committee, place
from hopthu.model.organisation import LOCAL
from hopthu.model.timeline import Fact, facts_of, text, texts, value_of
from hopthu.rules.book import Found, check
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.competence import Competent
from hopthu.rules.records.units import kind_of
from hopthu.source.records import Record
from hopthu.source.values import Map

Words: TypeAlias = tuple[str, ...]
_SIGNS = re.compile(r"[\W_]+")
_COMMITTEES, _COUNCIL = frozenset(("ubnd", "ub")), "hdnd"
ACT_BY_COMMITTEE = frozenset((*LOCAL, "province"))


@lru_cache(maxsize=2**14)
def words_of(name: str) -> Words:
    """Return the words of a name as a reader takes them in: case, marks and signs make none.

    >>> words_of("V.P. UBND tỉnh")
    ('v', 'p', 'ubnd', 'tinh')
    """
    return tuple(filter(None, map(fold, _SIGNS.split(same(name)))))


def alike(one: Words, other: Words) -> bool:
    """Tell whether two names read the same, however spaced, also if one of them is abbreviated.

    >>> alike(words_of("VP UBND tỉnh"), words_of("Văn phòng Ủy ban nhân dân tỉnh"))
    True
    """
    if one[0][0] != other[0][0]:
        return False
    return _writes("".join(one), other) or _writes("".join(other), one)


def _writes(letters: str, name: Words) -> bool:
    """Tell whether letters are the words of a name, of which some may be initials, but not all.

    Initials alone are those of many; the short name of a unit says which are its own.
    """
    ends = {0}
    for word in name:
        pieces = (word, word[0])
        ends = {at + len(p) for at in ends for p in pieces if letters.startswith(p, at)}
        if not ends:
            return False
    initials = "".join(word[0] for word in name)
    return letters == "".join(name) or (letters != initials and len(letters) in ends)


def _runs(name: str) -> Iterator[tuple[int, int, Words]]:
    """Yield any words of a name that follow each other, and where they begin and end.

    Most words first: a longer name says more.
    """
    parts = words_of(name)
    for size in range(len(parts), 0, -1):
        for start in range(len(parts) - size + 1):
            yield start, start + size, parts[start : start + size]


def _without(name: Words, end: str) -> Words:
    ends = (number for number in range(1, len(name)) if "".join(name[number:]) == end)
    return name[: next(ends, len(name))]


@dataclass(frozen=True)
class NamesOnRecord:
    """What units are and were called, and authorities outside."""

    facts: RuleContext

    def of_another(self, record: Record, name: str, day: str) -> str:
        """Return whose name that of a unit can be mistaken for on a day; "" if nobody's.

        That is one that has the name of an authority outside in it, or of a unit which is not above
        or below it; and the whole name of any other, or a title.
        """
        facts, whole = self.facts, len(words_of(name))
        above = facts.above(record.id, day)
        for start, end, keys in self._named_in(name):
            near = {key for key in keys if key in above or record.id in facts.above(key, day)}
            if near and end - start < whole:
                continue
            for key in sorted(keys - {record.id}):
                if key not in facts.units or facts.lives(key, day):
                    return key
        return self._titles.get(fold(name), "")

    def named_in(self, name: str) -> set[str]:
        """Return the units and authorities outside that words of a name are the names of."""
        return set[str]().union(*(keys for _, _, keys in self._named_in(name)))

    def others_in(self, title: str, own: Iterable[str]) -> str:
        """Return a unit or an authority outside that a title names; "" if none but its `own`."""
        units = {unit: self.facts.units[unit] for unit in own if unit in self.facts.units}
        named = [*self._named_in(title)]
        theirs = [(start, end) for start, end, keys in named if keys & units.keys()]
        for record in units.values():
            for _, data in self.facts.past.held(record):
                name = words_of(text(data, "name"))
                theirs += [(a, b) for a, b, run in _runs(title) if name and alike(run, name)]
        others = (
            min(keys)
            for start, end, keys in named
            if not any(a <= start and end <= b for a, b in theirs)
        )
        return next(others, "")

    def bodies(self, data: Map) -> set[str]:
        """Return what a unit is called by its kind: that of a committee, that of a council.

        Where the province has a council of its own, that is not the committee.
        """
        kind = kind_of(self.facts, data)
        called = {*_COMMITTEES} if kind in ACT_BY_COMMITTEE else set[str]()
        if kind == "council" or kind in LOCAL or (kind == "province" and not self._councils):
            called.add(_COUNCIL)
        return called

    def units_called(self, name: str) -> list[str]:
        """Return the units that a name means as documents write it: UBND xã A for a commune."""
        named_in_full = (words_of(name), words_of(" ".join(behind_committee(name))))
        found = (way for each in named_in_full for way in (each, _without(each, self._province)))
        ways = {way for way in found if way}
        named = ((unit, words_of(text(r.data, "name"))) for unit, r in self.facts.units.items())
        return [unit for unit, own in named if own and any(alike(way, own) for way in ways)]

    def _named_in(self, name: str) -> Iterator[tuple[int, int, set[str]]]:
        """Yield where in a name the names of units and authorities outside are, and of which."""
        by_letter, short = self._names
        for start, end, run in _runs(name):
            keys = {key for key, own in by_letter.get(run[0][0], ()) if alike(run, own)}
            if keys := keys | short.get("".join(run), set()):
                yield start, end, keys

    @cached_property
    def _names(self) -> tuple[Mapping[str, list[tuple[str, Words]]], Mapping[str, set[str]]]:
        """The names that are one's own, by their first letter; and short names and addresses.

        They are those of authorities outside, and of the units at the top, right below it, and of
        places, as they are and were called. Further down many share a name, such as Văn phòng; and
        places share short names.
        """
        facts, short = self.facts, dict[str, set[str]]()
        names = [*self._outside.items()]
        for key, record in facts.units.items():
            above = facts.units.get(text(record.data, "parent"))
            local = kind_of(facts, record.data) in LOCAL
            if not (local or above is None or "parent" not in above.data):
                continue
            others = self.bodies(record.data)
            for _, data in facts.past.held(record):
                name = words_of(text(data, "name"))
                names += [(key, each) for each in {name, _without(name, self._province)}]
                if not local:
                    others |= {fold(text(data, "short")), fold(value_of(data, "address"))} - {""}
            for other in others:
                short.setdefault(other, set()).add(key)
        by_letter: dict[str, list[tuple[str, Words]]] = {}
        for key, own in names:
            if own:
                by_letter.setdefault(own[0][0], []).append((key, own))
        return by_letter, short

    @cached_property
    def _councils(self) -> bool:
        kinds = (kind_of(self.facts, record.data) for record in self.facts.units.values())
        return "council" in kinds

    @cached_property
    def _outside(self) -> Mapping[str, Words]:
        """The authorities outside that policy lists, or whose documents are on record.

        Without the name of the province behind theirs, which many leave out.
        """
        documents = (d for d in self.facts.source.documents if "outside_issuer" in d.data)
        issuers = (text(document.data, "outside_issuer") for document in documents)
        names = dict.fromkeys((*self.facts.policy.outside_authorities, *issuers))
        found = {name: _without(words_of(name), self._province) for name in names}
        return {name: parts for name, parts in found.items() if parts}

    @cached_property
    def by_key(self) -> Mapping[str, set[str]]:
        """The units, and authorities outside, that letters of an address may stand for.

        They are what these are and were called: names, short names, addresses and places. A
        successor may go by the name of the unit that merged into it, once that is over.
        """
        facts, found = self.facts, dict[str, set[str]]()
        for unit, record in facts.units.items():
            meant = set(facts.heirs.get(unit, ())) if facts.is_over(record) else set[str]()
            for _, data in facts.past.held(record):
                own = [value_of(data, fact) for fact in ("name", "short", "address")]
                for name in {fold(name) for name in (*own, self._place(data))} - {""}:
                    found.setdefault(name, set()).update(meant or {unit})
        for name, parts in self._outside.items():
            found.setdefault("".join(parts), set()).add(name)
        return found

    @cached_property
    def functions(self) -> frozenset[str]:
        """Titles, and what units are for: by the names of places people are called as well."""
        facts = self.facts
        units = [unit.data for unit in facts.units.values()]
        places = {self._place(data) for data in units if kind_of(facts, data) not in LOCAL}
        outside = ("".join(parts) for parts in self._outside.values())
        return frozenset((*self._titles, *map(fold, places), *outside)) - {""}

    @cached_property
    def _titles(self) -> Mapping[str, str]:
        """The titles that people have and had, folded, each as it is written."""
        people = self.facts.source.people
        titles = {title for each in people for _, title in texts(each, ("posts", "*", "title"))}
        return {fold(title): title for title in sorted(titles)}

    @cached_property
    def _province(self) -> str:
        return fold(self.facts.policy.domain.partition(".")[0])

    def _place(self, data: Map) -> str:
        """Return a unit's name without words of its kind; one word alone may be anybody's."""
        found = place(text(data, "name"), self.facts.policy.begins(text(data, "kind")))
        return found if len(words(found)) > 1 else ""


@check("issuer-competent")
def name_permitted(facts: RuleContext) -> Iterator[Found]:
    """Report units to which the one above them gave a name that can be mistaken for another's.

    It decides on a unit below it, but on a name that is known elsewhere decides one above both, or
    the province.
    """
    names, power = NamesOnRecord(facts), Competent(facts)
    for record in facts.units.values():
        if record.data.keys().isdisjoint(("created", "changes")) or facts.is_over(record):
            continue
        for field in ("name", "short"):
            row, name = _named_by(facts, record, field), text(record.data, field)
            if not (row and name) or facts.issuers.get(row.decision) is None:
                continue
            if _is_by_one_above(power, record, row):
                continue
            if another := names.of_another(record, name, row.start):
                what = Message(
                    "{name} can be mistaken for {another}, and {document} is not by a unit "
                    "above both",
                    name=shown(name),
                    another=another,
                    document=row.decision,
                )
                fix = Message(
                    "give it a name of its own, or cite a decision of a unit above {parent}, "
                    "or of the province",
                    parent=text(record.data, "parent"),
                )
                yield Found(record.at(field), what, fix)


def _named_by(facts: RuleContext, record: Record, field: str) -> Fact | None:
    """Return the row by which a unit got its name, None if it has always had it."""
    rows = facts.fact_changes.get(record.id, ())
    changed = [row for row in rows if field in facts_of(row)]
    return max(changed, key=lambda row: row.start, default=facts.created.get(record.id))


def _is_by_one_above(power: Competent, record: Record, row: Fact) -> bool:
    """Tell whether a row is decided by a unit above the parent, the province, or one outside."""
    facts, issuer = power.facts, power.facts.issuers[row.decision]
    parent = text(facts.past.on(record, row.start), "parent")
    line = facts.above(record.id, row.start) - {record.id, parent}
    able = {*line, *power.top}
    return issuer not in facts.units or issuer in able
