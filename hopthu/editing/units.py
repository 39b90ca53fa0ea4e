"""Edits of units: what the pages of docs/cookbook/ write by hand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

from hopthu.diagnostics.problem import Mark
from hopthu.editing import names, people, places
from hopthu.editing.documents import Basis, cited, row_of
from hopthu.editing.draft import Draft
from hopthu.editing.yaml_text import Plain, record
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import spelling
from hopthu.model.timeline import Fact, day_before, text
from hopthu.rules.context import RuleContext
from hopthu.source.positions import Steps
from hopthu.source.records import Record
from hopthu.source.values import Map


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit to be added; an empty text is a field it does not have."""

    id: str
    name: str
    short: str
    kind: str
    parent: str
    address: str

    @classmethod
    def proposed(
        cls, facts: RuleContext, name: str, short: str, kind: str, parent: str,
        key: str = "", address: str = "",
    ) -> NewUnit:  # fmt: skip
        """Return a unit with the id and the address the data and the profile give it."""
        key = names.valid_id(facts, key or names.unit_id(facts, name, kind, parent))
        new = cls(key, name, short, kind, parent, address)
        return (
            new if address else replace(new, address=names.address_of_unit(facts, new.as_record()))
        )

    def fields(self) -> dict[str, Plain]:
        """Return the fields that it has."""
        mailbox = {"address": self.address} if self.address else ""
        fields = {"id": self.id, "name": self.name, "short": self.short, "kind": self.kind,
                  "parent": self.parent, "mailbox": mailbox}  # fmt: skip
        return {key: value for key, value in fields.items() if value}

    def as_record(self, file: str = "") -> Record:
        """Return it as a record of the data, in a file."""
        return Record.of("units", file, (), cast("Map", self.fields()), _Nowhere())


@dataclass(frozen=True, slots=True)
class Office:
    """Who heads a unit, or is its delegate, from a day on."""

    person: str
    start: date
    decision: Basis
    request: Basis | None = None
    until: date | None = None
    acting: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody whose post in a unit would go on when the unit ends."""

    row: Fact
    title: str
    heads: bool


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who works in units that end, and the units below them, by id, and where each goes `to`.

    That is empty where a unit has no successor and nobody has said.
    """

    members: Mapping[str, Member]
    below: Mapping[str, Record]
    to: Mapping[str, str]


class _Nowhere:
    def at(self, steps: Steps, *, key: bool = False) -> Mark:  # noqa: ARG002
        return Mark("data/units.yaml")


def add(
    draft: Draft, unit: NewUnit, start: date, decision: Basis, request: Basis,
    regulation: Basis | None = None, head: Office | None = None,
) -> None:  # fmt: skip
    """Add a unit with its mailbox, its regulation on it (Art. 7.3) and its first head."""
    made = unit.fields()
    if regulation:
        made["regulation"] = cited(draft, regulation)
    made["created"] = row_of(draft, {"on": start}, decision, request)
    if head:
        made["heads"] = [_office(draft, head)]
    draft.add(places.of_unit(draft.facts, unit.id, unit.parent), unit.id, record(made))


def refuse_second(facts: RuleContext, name: str, parent: str, start: date) -> None:
    """Raise `UsageError` if a unit of this name is below `parent`, and does not end by a day."""
    for key, unit in facts.units.items():
        ends = key in facts.ended and facts.ended[key].start <= start.isoformat()
        is_below = text(unit.data, "parent") == parent
        if is_below and not ends and spelling(text(unit.data, "name")) == spelling(name):
            raise UsageError(
                Message("{unit} has the same name and the same parent", unit=key),
                fix=Message(
                    "if it is the same unit, change the record of {unit}; if they are two, give "
                    "each a name that tells them apart",
                    unit=key,
                ),
            )


def appoint(draft: Draft, unit: Record, head: Office) -> None:
    """Add the next head of a unit; the row before it ends by itself."""
    people.still_here(draft, unit, head.start)
    draft.add_row(unit, ("heads",), _office(draft, head))


def authorise(draft: Draft, unit: Record, delegate: Office) -> None:
    """Add the next delegate of a unit."""
    people.still_here(draft, unit, delegate.start)
    draft.add_row(unit, ("delegates",), _office(draft, delegate))


def end(
    draft: Draft, endings: Mapping[str, Mapping[str, Plain | None]], start: date, decision: Basis,
    request: Basis, moves: Mapping[str, tuple[str, str]], parents: Mapping[str, str],
) -> None:  # fmt: skip
    """End units, each how `endings` says by its id.

    `moves` has the next unit and title of their people, `parents` the next unit above those below
    them, by id; their addresses stay. Posts beside a main one end with the unit, and what the unit
    decided for later days rests on what ends it.
    """
    documents = row_of(draft, {}, decision, request)
    _rest_on(draft, endings, start, documents)
    beside: list[Fact] = []
    for key, how in endings.items():
        unit = draft.facts.units[key]
        people.still_here(draft, unit)
        ended = row_of(draft, {**how, "on": start}, decision, request)
        draft.set_field(unit, ("ended",), ended)
        for member in members(draft.facts, unit.id, start):
            row = member.row
            if row.main:
                to, title = moves[row.person]
                people.still_here(draft, row.record, start)
                post = people.post(draft, to, title, start, decision, request)
                draft.add_row(row.record, ("posts",), post)
            else:
                beside.append(row)
    for key, above in parents.items():
        people.change(draft, draft.facts.units[key], {"parent": above}, start, decision, request)
    people.end_posts(draft, beside, day_before(start.isoformat()), decision, request)


def _rest_on(
    draft: Draft, ending: Container[str], start: date, documents: Mapping[str, Plain]
) -> None:
    """Rest on other documents what units that end decided or asked for, and begins later.

    Nobody has a say in that any more. No request is older than the decision that it follows.
    """
    issuers = draft.facts.issuers
    for row in (row for row in draft.facts.changes if row.start > start.isoformat()):
        decides, asks = (issuers.get(key) in ending for key in (row.decision, row.request))
        for field, changes in (("decision", decides), ("request", decides or asks)):
            if changes:
                draft.set_value(row.record, (*row.steps, field), documents[field])


def merging(
    facts: RuleContext, into: Mapping[str, str], on: date, agreed: Callable[[str, str], bool]
) -> dict[str, str]:
    """Return the units that merge on a day with the successor of each: `into`, and parts of them.

    A part of the same name as one of the successor, or as one that comes to it, merges with that if
    it is `agreed`, and so do parts of the part.
    """
    found = dict(into)
    there: dict[tuple[str, object], str] = {}
    coming = list(into)
    for key in coming:
        to = found[key]
        for part in below(facts, [to], on):
            if part.id not in found:
                there.setdefault((to, spelling(text(part.data, "name"))), part.id)
        for part in below(facts, [key], on):
            other = there.setdefault((to, spelling(text(part.data, "name"))), part.id)
            if part.id not in found and other != part.id and agreed(part.id, other):
                found[part.id] = other
                coming.append(part.id)
    return found


def members(facts: RuleContext, unit: str, on: date) -> Sequence[Member]:
    """Return those whose post in a unit would go on from a day, in the order of the files."""
    day = on.isoformat()
    heads = {row.person for row in facts.heads.get(unit, ()) if row.term > day}
    return [
        Member(row, row.says("title"), row.person in heads and row.main)
        for rows in facts.posts.values()
        for row in rows
        if row.unit == unit and row.start < day < row.end
    ]


def below(facts: RuleContext, above: Collection[str], on: date) -> Sequence[Record]:
    """Return the units directly below some on a day that do not end by then."""
    day = on.isoformat()
    return [
        unit
        for key, unit in facts.units.items()
        if key not in above
        and text(facts.past.on(unit, day), "parent") in above
        and not (key in facts.ended and facts.ended[key].start <= day)
    ]


def leaving(
    facts: RuleContext, into: Mapping[str, str], on: date, elsewhere: Mapping[str, str],
    titled: Collection[str],
) -> Leaving:  # fmt: skip
    """Return who and what leaves units that end on a day, for their successors or `elsewhere`.

    `into` has the successor of each unit. Raises `UsageError` if somebody is to go elsewhere, or is
    `titled`, who is not there.
    """
    main = (each for key in into for each in members(facts, key, on) if each.row.main)
    there = {member.row.person: member for member in main}
    parts = {unit.id: unit for unit in below(facts, into, on)}
    if strange := {*elsewhere, *titled} - there.keys() - parts.keys():
        raise UsageError(
            Message("{who} is not in a unit that ends on {day}", who=min(strange), day=on),
            fix=Message("move somebody else with `hopthu person transfer`"),
        )
    left = {key: member.row.unit for key, member in there.items()}
    past, day = facts.past, on.isoformat()
    left |= {key: text(past.on(unit, day), "parent") for key, unit in parts.items()}
    to = {key: elsewhere.get(key) or into[unit] for key, unit in left.items()}
    return Leaving(there, parts, to)


def works_in(facts: RuleContext, person: str, unit: str, on: date) -> bool:
    """Tell whether somebody has a post in a unit on a day."""
    rows = facts.posts.get(person, ())
    return any(row.unit == unit and row.holds_on(on.isoformat()) for row in rows)


def _office(draft: Draft, office: Office) -> dict[str, Plain]:
    fields: dict[str, Plain | None]
    fields = {"person": office.person, "acting": office.acting or None, "from": office.start,
              "until": office.until}  # fmt: skip
    return row_of(draft, fields, office.decision, office.request)
