"""Write what a reviewed workbook adds into a draft, on the document that adopts the list."""

from __future__ import annotations

from datetime import date

from hopthu.diagnostics.problem import shown
from hopthu.editing import places
from hopthu.editing.draft import Draft
from hopthu.editing.listed_check import Addition
from hopthu.editing.listed_ids import with_units
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


def add(draft: Draft, found: Addition) -> None:
    """Add units, which as far as the data says have always existed, people, and heads of units."""
    new = {unit.id: unit for unit, _ in found.units}
    after = with_units(draft.facts, [*new.values()])
    for key, unit in new.items():
        made: dict[str, Plain] = {**unit.fields()}
        if unit.address:
            made["mailbox"] = {"address": unit.address}
        if key in found.heads:
            made["heads"] = [found.heads[key][0]]
        draft.add(places.of_unit(after, key, unit.parent), key, record(made))
    for key, (row, _) in found.heads.items():
        if key not in new:
            draft.add_row(draft.facts.units[key], ("heads",), row)
    for key, unit_id, person, _ in found.people:
        draft.add(places.file_of(after, "people", unit_id), key, record(person))
