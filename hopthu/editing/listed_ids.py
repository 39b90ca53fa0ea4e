"""The ids and addresses that a list leads to, and who of it is on record already."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby

from hopthu.editing import names
from hopthu.editing.units import NewUnit
from hopthu.errors import UsageError
from hopthu.i18n.vietnamese import Spelling, fold, spelling
from hopthu.model.address_naming import free, highest, id_stem, stem
from hopthu.model.organisation import LOCAL
from hopthu.model.timeline import text
from hopthu.personnel import labels
from hopthu.personnel.known_units import KnownUnits, initials
from hopthu.personnel.reading import is_name
from hopthu.personnel.review import Place, Review
from hopthu.rules.context import RuleContext
from hopthu.rules.names.profile import of_unit


def propose(review: Review, facts: RuleContext) -> None:
    """Give new units and people ids and addresses, and say who is there already.

    What has an open question is given none: it is decided first.
    """
    _propose_units(review.places, facts)
    _propose_people(review, facts)


def with_units(facts: RuleContext, new: Sequence[NewUnit]) -> RuleContext:
    """Return the data with new units in it."""
    records = tuple(each.as_record("data/units.yaml") for each in new)
    every = {**facts.source.records, "units": (*facts.source.units, *records)}
    return RuleContext(replace(facts.source, records=every), facts.policy, facts.on)


def _propose_units(places: Sequence[Place], facts: RuleContext) -> None:
    """Propose from the outermost units on: an address may have that of the unit above in it."""
    province = KnownUnits(facts).province
    ids, held = {*facts.units, *facts.people, *facts.documents}, names.taken(facts)
    new = [each for each in places[1:] if not each.unit and not each.question]
    for _, level in groupby(sorted(new, key=_depth), key=_depth):
        made = []
        for place in level:
            unit = _proposed(facts, place, places[place.above].id or province, ids, held)
            place.id, place.short, place.address = unit.id, unit.short, unit.address
            ids.add(unit.id)
            held.add(fold(unit.address))
            made.append(unit)
        facts = with_units(facts, made)


def _depth(place: Place) -> int:
    return len([*place.up()])


def _proposed(
    facts: RuleContext, place: Place, above: str, ids: set[str], held: set[str]
) -> NewUnit:
    policy = facts.policy
    takes_part = bool(policy.named_kind(place.kind, policy.participating))
    short = initials(place.name) if takes_part and place.kind not in LOCAL else ""
    key = names.unit_id(facts, place.name, place.kind, above, ids)
    new = NewUnit(key, place.name, short, place.kind, above, "")
    if takes_part:
        with suppress(UsageError):  # too long for an address: a person finds a shorter one
            made = of_unit(facts, new.as_record().data, policy.naming)
            new = replace(new, address=names.free_for_unit(made, held))
    return new


def _propose_people(review: Review, facts: RuleContext) -> None:
    """Say who is there already, in a unit of the list, and give the others ids and addresses."""
    units = {place.number: place.unit for place in review.places}
    there, present = seats(facts), set[str]()
    placed = [each for each in review.people if each.place]
    for person in placed:
        found = there.get((units[person.place], spelling(person.name)))
        if found and person.taken != labels.LEFT:
            person.id, person.taken = found.pop(0), labels.PRESENT
            person.why = "đã có trong dữ liệu, tại đơn vị này"
            present.add(person.id)
    covered = {units[person.place] for person in placed}
    elsewhere: dict[Spelling, list[str]] = defaultdict(list)
    for key in facts.people.keys() - facts.left.keys() - present:
        held = facts.posts.get(key, ())
        if {row.unit for row in held if row.holds_on(facts.today)} <= covered:
            elsewhere[spelling(text(facts.people[key].data, "name"))].append(key)
    new = [each for each in placed if each.taken != labels.PRESENT]
    rows = Counter((p.place, spelling(p.name)) for p in new if p.taken != labels.LEFT)
    ids = {*facts.units, *facts.people, *(place.id for place in review.places)}
    given = highest(names.taken(facts))
    for person in new:
        name = spelling(person.name)
        is_double = rows[person.place, name] > 1
        doubts = ["danh sách có dòng khác cùng họ tên, cùng đơn vị"] if is_double else []
        if moved := elsewhere[name]:
            doubts.append(f"có thể là người đã có trong dữ liệu: {', '.join(sorted(moved)[:5])}")
        if doubts and person.taken != labels.LEFT:
            person.taken = labels.UNDECIDED
            person.why = "; ".join(filter(None, (person.why, *doubts)))
        if is_name(person.name):
            base = stem(person.name)
            person.address = free(base, given)
            given[base] = given.get(base, 0) + 1
            person.id = names.free_id(id_stem(person.name), ids)
            ids.add(person.id)


def seats(facts: RuleContext) -> dict[tuple[str, Spelling], list[str]]:
    """Return who has a post on the day, by the unit and the name."""
    found: dict[tuple[str, Spelling], list[str]] = defaultdict(list)
    for row in (row for rows in facts.posts.values() for row in rows if row.holds_on(facts.today)):
        found[row.unit, spelling(text(row.record.data, "name"))].append(row.person)
    return found
