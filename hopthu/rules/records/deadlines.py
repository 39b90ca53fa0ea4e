"""The rule that documents are used, and requests carried out in time (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from hopthu.diagnostics.problem import Problem
from hopthu.i18n.message import Message
from hopthu.rules.book import check, rule
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.uses import cited

UNCITED = rule("uncited-document")
_NOT_FOR_GOOD = frozenset(("allowance", "former_domain"))
"""What documents grant that the policy need not name for ever."""


@check
def uncited_document(facts: RuleContext) -> Iterator[Problem]:
    """Report documents that are not cited; requests only once they are due.

    One that is issued for an allowance may order servers back, and is cited by records on hosts;
    one for a former domain stays when another gives the domain other days.
    """
    if not all(facts.source.records[k] and facts.source.complete(k) for k in ("units", "people")):
        return  # who cites it may be in a file that could not be read, or was emptied
    rested_on = cited(facts)
    for key, paper in facts.papers.items():
        if key in rested_on or not paper.acts.isdisjoint(_NOT_FOR_GOOD):
            continue
        field = "id"
        what = Message("no change cites the document")
        fix = Message("cite it where it belongs, or delete it")
        if paper.kind == "request":
            days = facts.policy.lifecycle.due_working_days
            due = working_days_after(paper.date, days) if paper.date else facts.today
            field = "date"
            what = Message("the request of {asked} was due on {due}", asked=paper.date, due=due)
            fix = Message("enter the change it asks for, or delete it if it was withdrawn")
            if due >= facts.today:
                continue
        yield UNCITED.violation(facts.documents[key].at(field), what, fix=fix)


def working_days_after(start: str, days: int) -> str:
    """Return the day `days` working days, Monday to Friday, after `start`."""
    step = date.fromisoformat(start)
    while days and step < date.max:
        step += timedelta(days=1)
        days -= step.weekday() < 5
    return step.isoformat()
