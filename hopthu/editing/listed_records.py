"""Write what a reviewed workbook adds into a draft, on the document that adopts the list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from hopthu.diagnostics.problem import shown
from hopthu.editing import places
from hopthu.editing.draft import Draft
from hopthu.editing.listed_check import Addition, NewPerson
from hopthu.editing.listed_ids import with_units
from hopthu.editing.units import NewUnit
from hopthu.editing.yaml_text import Plain, record
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.i18n.terms import DOCUMENTS
from hopthu.model.timeline import text
from hopthu.rules.context import RuleContext


def adoption(facts: RuleContext, basis: str) -> date:
    """Return the day of a document that adopts a list; raise `UsageError` if it adopts none."""
    found = facts.documents.get(basis)
    if found is None:
        raise UsageError(
            Message("there is no document {id}", id=shown(basis)),
            fix=Message("enter the document that adopts the list in data/documents.yaml first"),
        )
    if basis not in facts.adoptions:
        kind = text(found.data, "kind")
        raise UsageError(
            Message("{document} is of kind {kind}, not {wanted}", document=basis,
                    kind=DOCUMENTS.get(kind, kind), wanted=DOCUMENTS["adoption"]),
            fix=Message("a list rests on one document of kind `adoption`; see docs/import.md"),
        )  # fmt: skip
    return date.fromisoformat(text(found.data, "date"))


def add(draft: Draft, found: Addition, basis: str) -> None:
    """Add units, which as far as the data says have always existed, people, and heads of units."""
    day = adoption(draft.facts, basis)
    heads: dict[str, list[Plain]] = defaultdict(list)
    for key, person_id, acting, _ in found.heads:
        heads[key].append(_head(person_id, acting, day, basis))
    new = {unit.id: unit for unit, _ in found.units}
    after = with_units(draft.facts, [*new.values()])
    for unit in new.values():
        file = places.of_unit(after, unit.id, unit.parent)
        draft.add(file, unit.id, record(_unit(unit, heads.pop(unit.id, []))))
    for key, rows in heads.items():
        for row in rows:
            draft.add_row(draft.facts.units[key], ("heads",), row)
    for person in found.people:
        file = places.file_of(after, "people", person.unit)
        draft.add(file, person.id, record(_person(after, person, day, basis)))


def _unit(unit: NewUnit, heads: list[Plain]) -> Mapping[str, Plain]:
    made: dict[str, Plain] = {**unit.fields()}
    if unit.address:
        made["mailbox"] = {"address": unit.address}
    return made | ({"heads": heads} if heads else {})


def _head(person: str, acting: bool, day: date, basis: str) -> Plain:
    extra: dict[str, Plain] = {"acting": True} if acting else {}
    return {"person": person, **extra, "from": day, "decision": basis, "request": basis}


def _person(facts: RuleContext, person: NewPerson, day: date, basis: str) -> Mapping[str, Plain]:
    """Return a record; a post begins on its own day, but not before its unit."""
    start = person.start or day
    if created := facts.created.get(person.unit):
        start = max(start, date.fromisoformat(created.start))
    post: Plain = {"unit": person.unit, "title": person.title, "from": start, "decision": basis,
                   "request": basis}  # fmt: skip
    return {
        "id": person.id, "name": person.name, "category": person.category,
        "mailbox": {"address": person.address}, "posts": [post],
    }  # fmt: skip
