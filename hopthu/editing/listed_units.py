"""The units that a personnel list names and the data lacks."""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import NamedTuple

from hopthu.diagnostics.problem import shown
from hopthu.editing import listed_names, names, places
from hopthu.editing.draft import Draft
from hopthu.editing.units import NewUnit
from hopthu.editing.yaml_text import Plain, record_line
from hopthu.errors import UsageError
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, words
from hopthu.personnel.listing import Listing
from hopthu.personnel.spelling import strict
from hopthu.personnel.unit_names import UnitNames
from hopthu.personnel.whereabouts import AFTER_UNIT, Outer, Texts, Whereabouts
from hopthu.rules.context import RuleContext
from hopthu.rules.rows import text

_NOT_OF_ONE = ("cấp", "các")
"""What stands before the kind of units, but before the name of none: `cán bộ cấp xã`."""
_SHOWN = 12
_ABBREVIATED = re.compile(r"(?<!\w)(?!(?:HĐND|UBND|THPT|THCS)(?!\w))[A-ZĐ]{2,5}(?!\w)")
"""Words in capitals, but those that names of units have themselves."""


@dataclass(frozen=True)
class Listed:
    """What a list says of units: new ones, each after the one above it.

    - `facts`: the data with them.
    - `unclear`: what is written where a unit is expected, and of which none can be made.
    """

    new: Sequence[NewUnit]
    facts: RuleContext
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
        # What stands within a unit is found once that is there.
        while new := _proposed(facts, named(facts, texts), found):
            found |= new
            facts = _with(facts, new.values())
    return Listed([*found.values()], facts, _unclear(facts, texts))


def add(draft: Draft, found: Listed) -> None:
    """Add the units, each on a line; as far as the data says, they have always existed."""
    for unit in found.new:
        fields = {"id": unit.id, "name": unit.name, "short": unit.short, "kind": unit.kind,
                  "parent": unit.parent}  # fmt: skip
        made: dict[str, Plain] = {key: value for key, value in fields.items() if value}
        if unit.address:
            made["mailbox"] = {"address": unit.address}
        file = places.of_unit(found.facts, unit.id, unit.parent)
        draft.add(file, unit.id, record_line(made))


def remarks(found: Listed) -> Iterator[Message]:
    """Yield what a person should look at before the units are written."""
    if addresses := [unit.id for unit in found.new if unit.address]:
        yield Message(
            "addresses and ids are for life: correct them now, and the short names they are made "
            "of: {units}",
            units=some(addresses, _SHOWN),
        )
    if short := [unit.name for unit in found.new if _ABBREVIATED.search(unit.name)]:
        yield Message("write out what is abbreviated in: {names}",
                      names=some([*map(shown, short)], _SHOWN))  # fmt: skip
    if found.unclear:
        yield Message(
            "no unit can be made of: {names}; correct the list, or add them to data/units.yaml "
            "with their kind",
            names=some([*map(shown, found.unclear)], _SHOWN),
        )


class _Named(NamedTuple):
    """A unit as a list names it."""

    name: str
    kind: str
    parent: str


def _at_top(facts: RuleContext, texts: Sequence[Texts]) -> Iterator[_Named]:
    """Yield the units that can only be below the province, wherever they are named."""
    known = UnitNames(facts, facts.today)
    province = _province(facts)
    units = Whereabouts(known)
    for outer in dict.fromkeys(each for one in texts for each in units.path(one)):
        for written in _ends(outer.text) if outer.source == "title" else (outer.text,):
            kind = listed_names.kind_at_top(written)
            if kind and province and not known.named(written):
                yield _Named(written, kind, province)


def _within(facts: RuleContext, texts: Sequence[Texts]) -> Iterator[_Named]:
    """Yield the units that the last of some texts names, within the one of those before it."""
    units = Whereabouts(UnitNames(facts, facts.today))
    province = _province(facts)
    for above, outer in _steps(units, texts):
        if not units.of(_and(above, outer)).unknown:
            continue
        around = units.of(above).unit
        if around and around != province:
            kind = listed_names.kind_within(outer.text)
        elif around or not (above.headings or above.cells):
            around, kind = province, listed_names.kind_below_province(outer.text)
        else:  # what is named before it is not in the data, or may be several units
            continue
        if around and kind:
            yield _Named(outer.text, kind, around)


def _proposed(
    facts: RuleContext, named: Iterator[_Named], before: Container[tuple[str, str]]
) -> dict[tuple[str, str], NewUnit]:
    """Return new units by name and parent, but those proposed `before`.

    Those whose name makes no id or no address are left out.
    """
    found: dict[tuple[str, str], NewUnit] = {}
    for written, kind, parent in named:
        name = listed_names.spelled(written, kind)
        key = strict(name), parent
        if key in before or key in found:
            continue
        if unit := _unit(facts, found.values(), name, kind, parent):
            found[key] = unit
    return found


def _unit(
    facts: RuleContext, beside: Collection[NewUnit], name: str, kind: str, parent: str
) -> NewUnit | None:
    """Return a new unit, None if its name makes no id or no address."""
    participates = facts.policy.named_kind(kind, facts.policy.participating)
    short = listed_names.initials(name) if participates and kind not in listed_names.PLACES else ""
    base = names.unit_id(facts, name, kind, parent)
    ids = {each.id for each in beside}
    key = next(each for each in _numbered(base) if each not in ids and each not in facts.units)
    new = NewUnit(key, name, short, kind, parent, "")
    try:
        names.valid_id(facts, key)
        if participates:
            taken = {fold(each.address) for each in beside}
            address = names.address_of_unit(facts, new.as_record(), taken)
            return replace(new, address=address)
    except UsageError:
        return None
    return new


def _numbered(base: str) -> Iterator[str]:
    yield base
    yield from (f"{base}-{number}" for number in count(2))


def _with(facts: RuleContext, new: Iterable[NewUnit]) -> RuleContext:
    """Return the data with new units in it."""
    source = facts.source
    added = tuple(each.as_record() for each in new)
    records = {**source.records, "units": (*source.units, *added)}
    return RuleContext(replace(source, records=records), facts.policy, facts.on)


def _unclear(facts: RuleContext, texts: Sequence[Texts]) -> Sequence[str]:
    """Return the texts where a unit should be named, and none is."""
    units = Whereabouts(UnitNames(facts, facts.today))
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
