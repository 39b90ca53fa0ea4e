"""The rule between two revisions that what lies ahead changes by a decision as well (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.model.facts import FactName
from hopthu.model.timeline import NAMES, Fact, Kind, day_before
from hopthu.rules.book import check_edit
from hopthu.rules.context import RuleContext
from hopthu.rules.edits.immutable_history import OF_ROWS, row_key, value
from hopthu.rules.powers.undoing import Corrections, may_undo
from hopthu.rules.revision_pairs import differing, newly_changed

PLANNED = Rule(
    "planned-row",
    "Art. 5.2",
    "what a document has decided for a later day happens on that day, in that way, unless another "
    "document decides otherwise",
)
_FACTS: Mapping[Kind, FactName] = {
    "post": "posts",
    "head": "heads",
    "delegate": "delegates",
    "lock": "locked",
    "hold": "hold",
    "left": "left",
    "ended": "ended",
}
"""What a row of `changes` calls rows that end on another day."""


@check_edit
def planned_rows(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report rows of later days that were changed or taken out without a new document.

    It is one of who decided on the row, a unit above, or the province.
    """
    old, new = differing(before, after)
    corrections = Corrections.of(after)
    present = {row_key(row): row for row in new.changes}
    for row in old.changes:
        here = new.units.get(row.record.id) or new.people.get(row.record.id)
        if row.start <= after.today or here is None:
            continue
        found = present.get(row_key(row))
        fields = _changed_fields(row, found) if found else []
        if (found and not fields) or _falls_away(row, old, new):
            continue
        if found is None and _follows(row, old, new, present):
            continue
        named = newly_changed(row.record, here).get(_FACTS.get(row.kind, ""), frozenset())
        anew = {*named, *_instead(row, new)} - _cited(row, old)
        if anew and may_undo(corrections.power, row, anew):
            continue
        if corrections.of_row(before, row, row.record, here):
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
            fix=Message(
                "restore it; or write what is decided instead, with a document that it does not "
                "cite yet, or cite under `corrections` one that withdraws it"
            ),
        )


def _falls_away(row: Fact, old: RuleContext, new: RuleContext) -> bool:
    """Tell whether somebody leaves, or a unit ends, before a planned row of theirs begins.

    That rests on documents of its own.
    """
    known = {(each.kind, each.record.id, each.start) for each in old.changes}
    return any(
        (each.kind, each.record.id) in (("left", row.person), ("ended", row.unit))
        and each.kind != row.kind
        and each.start <= row.start
        and (each.kind, each.record.id, each.start) not in known
        for each in new.changes
    )


def _instead(row: Fact, new: RuleContext) -> Iterator[str]:
    """Yield the documents of rows that can stand in the place of a planned one."""
    for each in new.changes:
        if (each.kind, each.record.id, each.main) == (row.kind, row.record.id, row.main):
            yield each.decision or each.request


def _cited(row: Fact, old: RuleContext) -> set[str]:
    """Return what the rows of a record cite already."""
    of_record = (each for each in old.changes if each.record.id == row.record.id)
    return {document for each in of_record for document in (each.decision, each.request)}


def _changed_fields(old: Fact, new: Fact) -> list[str]:
    """Return the fields that differ; another request for the same decision changes nothing."""
    fields = (field for field in (*OF_ROWS, "until") if field != "request")
    return [field for field in fields if value(old, field) != value(new, field)]


def _follows(
    row: Fact, old: RuleContext, new: RuleContext, present: Mapping[tuple[str, ...], Fact]
) -> bool:
    """Tell whether a planned row is the same, but for the day to which its event was put off.

    That is the end of the unit somebody goes from to its successor, or the beginning of the unit
    they go to or head, and its decision was theirs. What puts it off stands in the unit.
    """
    begins = old.created.get(row.unit) if row.kind in ("post", "head") else None
    ends = old.ended.get(_left(row, old))
    for event in filter(None, (begins, ends)):
        now = (new.created if event is begins else new.ended).get(event.unit)
        if (event.start, event.decision) != (row.start, row.decision):
            continue
        if now is None or now.start <= event.start:
            continue
        found = present.get(row_key(row._replace(start=now.start)))
        goes_on = event is begins or row.unit in new.heirs[now.unit]
        if goes_on and found and not _changed_fields(row, found):
            return True
    return False


def _left(row: Fact, facts: RuleContext) -> str:
    """Return the unit that a main post takes somebody out of, empty if there is none."""
    if row.kind != "post" or not row.main:
        return ""
    before = (post for post in facts.posts.get(row.person, ()) if post.main)
    return next((post.unit for post in before if post.holds_on(day_before(row.start))), "")
