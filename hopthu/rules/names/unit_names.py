"""The rule that nobody gives a unit below it a name that is taken for another's (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.model.timeline import Fact, facts_of, text
from hopthu.rules.book import Found, check
from hopthu.rules.context import RuleContext
from hopthu.rules.names.on_record import NamesOnRecord
from hopthu.rules.powers.competence import Competent
from hopthu.source.records import Record


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
