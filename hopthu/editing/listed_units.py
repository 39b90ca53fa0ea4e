"""The units that a personnel list names and the data lacks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from hopthu.diagnostics.problem import shown
from hopthu.editing import listed_names, names, places
from hopthu.editing.draft import Draft
from hopthu.editing.units import NewUnit
from hopthu.editing.yaml_text import Plain, record
from hopthu.errors import UsageError
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, words
from hopthu.model.address_naming import id_stem
from hopthu.model.timeline import text
from hopthu.personnel.listing import Listing
from hopthu.personnel.spelling import strict
from hopthu.personnel.unit_names import UnitNames
from hopthu.personnel.unit_paths import AFTER_UNIT
from hopthu.personnel.whereabouts import Outer, Texts, Whereabouts
from hopthu.rules.context import RuleContext
from hopthu.rules.names.profile import of_unit
from hopthu.rules.records.unit_kinds import kind_of
from hopthu.schema.formats import ID, LONGEST_ID

_NOT_OF_ONE = ("cấp", "các")
"""What stands before the kind of units, but before the name of none: `cán bộ cấp xã`."""
_SHOWN, _MOST_SHOWN = 12, 100
_ABBREVIATED = re.compile(r"(?<!\w)(?!(?:HĐND|UBND|THPT|THCS)(?!\w))[A-ZĐ]{2,5}(?!\w)")
"""Words in capitals, but those that names of units have themselves."""
_NAME = re.compile(r"[^\W\d_][\w\s,./–-]*")
_OF_PROVINCE = re.compile(r"(?<!\w)(?:tỉnh\Z|tỉnh ủy|công an|tòa án|viện kiểm sát|quân sự)", re.I)
"""What names of authorities of the province end in, or have in them."""


@dataclass(frozen=True)
class Listed:
    """What a list says of units: new ones, each after the one above it.

    - `facts`: the data with them.
    - `capitals`: those whose names the list has in capitals.
    - `unclear`: what is written where a unit is expected, and of which none can be made.
    """

    new: Sequence[NewUnit]
    facts: RuleContext
    capitals: Sequence[str]
    unclear: Sequence[str]


def listed(listing: Listing, facts: RuleContext) -> Listed:
    """Return the units to be added.

    A name says the kind: `Sở …` is a department of the province, `Phòng …` a division of the unit
    around it. A unit whose kind its name does not tell is not proposed.
    """
    groups = (listing.headings, listing.entries, listing.unread)
    texts = list(dict.fromkeys(each.texts for group in groups for each in group))
    found: dict[tuple[str, str], NewUnit] = {}
    for named in (_at_top, _within):
        # What stands within a unit is found once that is there; it ends, for no name is made twice.
        while new := _proposed(facts, named(facts, texts)):
            found |= new
            facts = _with(facts, new.values())
    used = _used(facts, texts)
    new = {key: unit for key, unit in found.items() if unit.id in used}
    capitals = [unit.name for (written, _), unit in new.items() if written.isupper()]
    return Listed([*new.values()], facts, capitals, _unclear(facts, texts))


def add(draft: Draft, found: Listed) -> None:
    """Add the units; as far as the data says, they have always existed."""
    for unit in found.new:
        fields = {"id": unit.id, "name": unit.name, "short": unit.short, "kind": unit.kind,
                  "parent": unit.parent}  # fmt: skip
        made: dict[str, Plain] = {key: value for key, value in fields.items() if value}
        if unit.address:
            made["mailbox"] = {"address": unit.address}
        file = places.of_unit(found.facts, unit.id, unit.parent)
        draft.add(file, unit.id, record(made))


def remarks(found: Listed) -> Iterator[Message]:
    """Yield what a person should look at before the units are written."""
    if addresses := [unit.id for unit in found.new if unit.address]:
        yield Message(
            "addresses and ids are for life: correct them now, and the short names they are made "
            "of: {units}",
            units=some(addresses, _SHOWN),
        )
    if numbered := [unit.id for unit in found.new if _is_numbered(found.facts, unit)]:
        yield Message(
            "another unit has the short name of: {units}; give these a short name of their own",
            units=some(numbered, _SHOWN),
        )
    if short := [unit.name for unit in found.new if _ABBREVIATED.search(unit.name)]:
        yield Message("write out what is abbreviated in: {names}",
                      names=some([*map(shown, short)], _SHOWN))  # fmt: skip
    if found.capitals:
        yield Message("check the spelling of names that the list has in capitals: {names}",
                      names=some([*map(shown, found.capitals)], _SHOWN))  # fmt: skip
    if found.unclear:
        yield Message(
            "no unit can be made of: {names}; correct the list, or add them to data/units.yaml "
            "with their kind",
            names=some([*map(shown, found.unclear)], _MOST_SHOWN),
        )


def _is_numbered(facts: RuleContext, unit: NewUnit) -> bool:
    """Tell whether another unit has the address that the profile gives to one that has any."""
    return bool(unit.address) and unit.address != of_unit(facts, unit.as_record())


class _Named(NamedTuple):
    """A unit as a list names it."""

    name: str
    kind: str
    parent: str


class _Makes:
    """Makes units of names; ids, addresses and names are given once, also by what looks alike."""

    def __init__(self, facts: RuleContext) -> None:
        self._facts = facts
        self._ids = {*facts.units, *facts.people, *facts.documents}
        self._addresses = names.taken(facts)
        units = (record.data for record in facts.units.values())
        self._names = {(fold(text(data, "name")), text(data, "parent")) for data in units}

    def unit(self, named: _Named) -> NewUnit | None:
        """Return a new unit; None if its name is another's without marks, or makes no id."""
        name = listed_names.spelled(named.name, named.kind)
        key, alike = self._id(name, named), (fold(name), named.parent)
        fits = _NAME.fullmatch(name) and ID.match(key) and len(key) <= LONGEST_ID
        if not fits or alike in self._names:
            return None
        policy = self._facts.policy
        takes_part = policy.named_kind(named.kind, policy.participating)
        own = named.kind not in listed_names.PLACES
        short = listed_names.initials(name) if takes_part and own else ""
        new = NewUnit(key, name, short, named.kind, named.parent, "")
        if takes_part:
            try:
                new = replace(new, address=self._address(new))
            except UsageError:  # too long for an address
                return None
        self._names.add(alike)
        self._ids.add(key)
        self._addresses.add(fold(new.address))
        return new

    def _id(self, name: str, named: _Named) -> str:
        """Return a free id.

        Parts of all communes have the same names, so their ids say of which they are. Where that is
        too long, the unit above is told by its initials.
        """
        above, parent = self._facts.units[named.parent].data, named.parent
        of_commune = kind_of(self._facts, above) in listed_names.PLACES
        key = names.unit_id(self._facts, name, named.kind, parent, self._ids)
        if of_commune:
            key = names.free_id(f"{id_stem(name)}-{parent}", self._ids)
        if len(key) > LONGEST_ID:
            short = "".join(word[0] for word in parent.split("-"))
            key = names.free_id(f"{id_stem(name)}-{short}", self._ids)
        return key

    def _address(self, new: NewUnit) -> str:
        return names.free_for_unit(of_unit(self._facts, new.as_record()), self._addresses)


def _at_top(facts: RuleContext, texts: Sequence[Texts]) -> Iterator[_Named]:
    """Yield the units that can only be below the province, wherever they are named."""
    known = UnitNames(facts, facts.today, suggests=False)
    province = _province(facts)
    units = Whereabouts(known)
    for outer in dict.fromkeys(each for one in texts for each in units.path(one)):
        for written in _ends(outer.text) if outer.source == "title" else (outer.text,):
            kind = listed_names.kind_at_top(written)
            if kind and province and not known.named(written):
                yield _Named(written, kind, province)


def _within(facts: RuleContext, texts: Sequence[Texts]) -> Iterator[_Named]:
    """Yield the units that the last of some texts names, within the one of those before it."""
    known = UnitNames(facts, facts.today, suggests=False)
    units = Whereabouts(known)
    province = _province(facts)
    for above, outer in _steps(units, texts):
        if not units.of(_and(above, outer)).unknown:
            continue
        around = units.of(above).unit
        if around and around != province:
            kind = listed_names.kind_within(outer.text)
            if _is_of_another(known, outer.text, kind, around):
                continue
        elif around or not (above.headings or above.cells):
            around, kind = province, listed_names.kind_below_province(outer.text)
        else:  # what is named before it is not in the data, or may be several units
            continue
        if around and kind:
            yield _Named(outer.text, kind, around)


def _is_of_another(known: UnitNames, written: str, kind: str, around: str) -> bool:
    """Tell whether a text within a unit may name one of another authority.

    A division may have the name of one elsewhere, as a `Văn phòng` has; but not that of a unit at
    the top, nor one that ends in such a unit, or in a word for the whole province.
    """
    there = known.named(written)
    if any(map(known.is_top, there)) or (there and kind != "division"):
        return True
    parts = words(written)
    ends = (" ".join(parts[start:]) for start in range(1, len(parts)))
    named = {unit for end in ends for unit in known.named(end) if not known.is_province(unit)}
    others = (unit for unit in named - {around} if known.is_top(unit))
    return any(others) or bool(_OF_PROVINCE.search(written))


def _proposed(facts: RuleContext, named: Iterator[_Named]) -> dict[tuple[str, str], NewUnit]:
    """Return new units by what is written and the parent."""
    makes = _Makes(facts)
    return {(each.name, each.parent): unit for each in named if (unit := makes.unit(each))}


def _with(facts: RuleContext, new: Iterable[NewUnit]) -> RuleContext:
    """Return the data with new units in it."""
    source = facts.source
    added = tuple(each.as_record(facts.units[each.parent].file) for each in new)
    records = {**source.records, "units": (*source.units, *added)}
    return RuleContext(replace(source, records=records), facts.policy, facts.on)


def _used(facts: RuleContext, texts: Sequence[Texts]) -> set[str]:
    """Return the units that people are in, and those above them.

    The letterhead of whoever made the list of others names none of these.
    """
    units = Whereabouts(UnitNames(facts, facts.today, suggests=False))
    within = {units.of(one).unit for one in texts}
    return {each for unit in within if unit for each in facts.above[unit]}


def _unclear(facts: RuleContext, texts: Sequence[Texts]) -> Sequence[str]:
    """Return the texts where a unit should be named, and none is."""
    units = Whereabouts(UnitNames(facts, facts.today, suggests=False))
    steps = _steps(units, texts)
    return [*dict.fromkeys(o.text for above, o in steps if units.of(_and(above, o)).unknown)]


def _province(facts: RuleContext) -> str:
    return next((u for u, r in facts.units.items() if text(r.data, "kind") == "province"), "")


def _ends(title: str) -> Iterator[str]:
    """Yield in which units a title may end, the longest first: `DANH SÁCH CÁN BỘ XÃ …`.

    One that is no list's is the unit or none: `CỘNG HÒA XÃ HỘI …` names no commune.
    """
    parts = words(AFTER_UNIT.sub("", title))
    is_of_list = strict(title).startswith(strict("danh sách"))
    for start, part in enumerate(parts if is_of_list else parts[:1]):
        before = parts[start - 1].lower() if start else ""
        if before not in _NOT_OF_ONE and not part.endswith((",", ":")):
            yield " ".join(parts[start:])


def _steps(units: Whereabouts, texts: Sequence[Texts]) -> Iterator[tuple[Texts, Outer]]:
    """Yield each text once behind those before it, which are around it."""
    seen: set[tuple[Texts, Outer]] = set()
    for one in texts:
        above = Texts()
        for outer in units.path(one):
            if (above, outer) not in seen:
                seen.add((above, outer))
                yield above, outer
            above = _and(above, outer)


def _and(above: Texts, outer: Outer) -> Texts:
    """Return texts with one more behind them."""
    match outer.source:
        case "heading":
            return above._replace(headings=(*above.headings, outer.text))
        case "cell":
            return above._replace(cells=(*above.cells, outer.text))
    return above._replace(around=(*above.around, outer))
