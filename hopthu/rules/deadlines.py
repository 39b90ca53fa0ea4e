"""Rules on time: what is late, what is still to come, and what nobody uses (Art. 5.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.rules.citations import cited
from hopthu.rules.context import RuleContext
from hopthu.rules.rows import day, text

UNCITED = Rule(
    "uncited-document",
    "Art. 5.1",
    "documents are kept for the changes that rest on them",
    "warning",
)
OVERDUE = Rule(
    "overdue-request",
    "Art. 5.2",
    "units ask so that the directory is put right in time",
    "warning",
)
COMING = Rule(
    "not-yet-in-force",
    "Art. 5.2",
    "a change holds from its day on; until then nothing is done on the servers",
    "warning",
)


def uncited_document(facts: RuleContext) -> Iterator[Problem]:
    """Report documents nobody cites; a request only once it is due."""
    if not (facts.source.complete("units") and facts.source.complete("people")):
        return  # who cites it may stand in the file that could not be read
    rested_on = cited(facts)
    for key, record in facts.documents.items():
        if key in rested_on:
            continue
        if text(record.data, "kind") != "request":
            yield UNCITED.violation(
                record.at("id"),
                Message("nothing rests on the document"),
                subject=key,
                fix=Message("cite it where it belongs, or take it out"),
            )
            continue
        asked = day(text(record.data, "date"))
        due = asked and working_days_after(asked, facts.policy.lifecycle.due_working_days)
        if due and due < facts.today:
            yield OVERDUE.violation(
                record.at("date"),
                Message("the request of {asked} was due on {due}", asked=asked, due=due),
                subject=key,
                fix=Message("enter the change it asks for, or take it out if it was withdrawn"),
            )


def not_yet_in_force(facts: RuleContext) -> Iterator[Problem]:
    """Report changes still to come: once for each decision and day, however many there are."""
    coming = Counter((row.decision, row.start) for row in facts.changes if row.start > facts.today)
    for (decision, start), number in coming.items():
        if decision in facts.documents:
            yield COMING.violation(
                facts.documents[decision].at("id"),
                Message(
                    "changes that take effect on {day} rest on it: {number}",
                    day=start,
                    number=number,
                ),
                subject=decision,
                fix=Message("nothing to mend; apply again on {day}", day=start),
            )


def working_days_after(start: str, days: int) -> str:
    """Return the day `days` working days, Monday to Friday, after `start`."""
    step = date.fromisoformat(start)
    while days and step < date.max:
        step += timedelta(days=1)
        days -= step.weekday() < 5
    return step.isoformat()


RULES = (UNCITED, OVERDUE, COMING)
CHECKS = (uncited_document, not_yet_in_force)
