"""The rule between two revisions that what lies ahead changes by a decision as well (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.model.facts import Fact
from hopthu.rules.context import RuleContext
from hopthu.rules.corrections import Corrections
from hopthu.rules.immutable_history import OF_ROWS, row_key, value
from hopthu.rules.revision_pairs import Between, differing, newly_changed
from hopthu.rules.rows import NAMES, Kind, Row

PLANNED = Rule(
    "planned-row",
    "Art. 5.2",
    "what a document has decided for a later day happens on that day, in that way, unless another "
    "document decides otherwise",
)
_FACTS: Mapping[Kind, Fact] = {
    "post": "posts",
    "head": "heads",
    "delegate": "delegates",
    "lock": "locked",
    "hold": "hold",
}
"""What a row of `changes` calls rows that end on another day."""
_INSTEAD: Mapping[Kind, tuple[Kind, ...]] = {
    "post": ("post", "left"),
    "head": ("head", "ended"),
    "delegate": ("delegate", "head", "ended"),
    "lock": ("lock", "left"),
}
"""The kinds of rows that take the place of one; of other kinds only the same."""


def planned_rows(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report rows of later days that were changed or taken out without a new document."""
    old, new = differing(before, after)
    corrections = Corrections.of(after)
    present = {row_key(row): row for row in new.changes}
    for row in old.changes:
        here = new.units.get(row.record.id) or new.people.get(row.record.id)
        if row.start <= after.today or here is None:
            continue
        found = present.get(row_key(row))
        fields = _changed(row, found) if found else []
        if (found and not fields) or _decided_anew(row, old, new):
            continue
        named = newly_changed(row.record, here).get(_FACTS.get(row.kind, ""), frozenset())
        if named - {row.decision, row.request} or corrections.of_row(before, row, row.record, here):
            continue
        yield PLANNED.violation(
            here.at(*found.steps, fields[0]) if found else here.at(),
            Message(
                "{kind} from {day} was planned otherwise: {fields}",
                kind=NAMES[row.kind],
                day=row.start,
                fields=joined([shown(field) for field in fields], ", "),
            )
            if fields
            else Message("{kind} from {day} was planned", kind=NAMES[row.kind], day=row.start),
            subject=here.id,
            fix=Message(
                "restore it; or write what is decided instead, with a document that it does not "
                "cite yet, or cite under `corrections` one that withdraws it"
            ),
        )


def _changed(old: Row, new: Row) -> list[str]:
    """Return the fields that differ; another request for the same decision changes nothing."""
    fields = (field for field in (*OF_ROWS, "until") if field != "request")
    return [field for field in fields if value(old, field) != value(new, field)]


def _decided_anew(row: Row, old: RuleContext, new: RuleContext) -> bool:
    """Tell whether a row with a new document takes the place of a planned one.

    Who leaves holds no office, and whose unit ends neither: that rests on documents of its own.
    """
    kinds = _INSTEAD.get(row.kind, (row.kind,))
    known = {_document(each) for each in old.changes if each.record.id == row.record.id}
    for each in new.changes:
        own = each.record.id == row.record.id and each.kind in kinds
        gone = each.kind == "left" and each.record.id == row.person
        if (own or gone) and _document(each) not in known:
            return True
    return False


def _document(row: Row) -> str:
    return row.decision or row.request


RULES = (PLANNED,)
OF_EDITS: tuple[Between, ...] = (planned_rows,)
