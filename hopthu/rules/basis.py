"""Rules on what changes rest on: a decision, then a request, both in time (Art. 5)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.rules.context import RuleContext
from hopthu.rules.rows import Row, day, text

ORDER = Rule(
    "decision-before-request",
    "Art. 5.2",
    "first the competent authority decides, then the unit asks the operator to follow",
)
IN_TIME = Rule(
    "basis-in-time",
    "Art. 5.1",
    "a change rests on what was decided before it: what is written later could not allow it",
    "warning",
)
CITED = Rule(
    "basis-cited",
    "Art. 5.1",
    "policy says which documents a change must name, beyond what every change names",
)


def basis_dates(facts: RuleContext) -> Iterator[Problem]:
    """Report what is dated too late: decisions, and requests nobody can have written yet."""
    dates = {key: day(text(record.data, "date")) for key, record in facts.documents.items()}
    for row in facts.changes:
        decided, asked = dates.get(row.decision, ""), dates.get(row.request, "")
        if asked and decided > asked:
            yield _older(row, decided, asked)
        if decided > row.start:
            yield _late(row, "decision", row.decision, decided)
        elif asked > row.start and asked > facts.today:
            yield _late(row, "request", row.request, asked)


def basis_cited(facts: RuleContext) -> Iterator[Problem]:
    """Report changes that do not name what policy asks them to."""
    asked = facts.policy.citing
    if not asked:
        return
    for row in facts.changes:
        for field in asked.get(row.kind, ()):
            if not (row.decision if field == "decision" else row.request):
                yield CITED.violation(
                    row.record.at(*row.steps),
                    Message("no {field} is named, which policy asks for here", field=field),
                    subject=row.record.id,
                    fix=Message("add `{field}: {id}`", field=field, id=some_id("documents", field)),
                )


def _older(row: Row, decided: str, asked: str) -> Problem:
    return ORDER.violation(
        row.record.at(*row.steps, "request"),
        Message(
            "{request} of {asked} is older than {decision} of {decided}",
            request=row.request,
            asked=asked,
            decision=row.decision,
            decided=decided,
        ),
        subject=row.record.id,
        fix=Message("cite the request that followed the decision, or see the two dates"),
    )


def _late(row: Row, field: str, document: str, date: str) -> Problem:
    return IN_TIME.violation(
        row.record.at(*row.steps, field),
        Message(
            "{document} is of {date}, but what rests on it began on {start}",
            document=document,
            date=date,
            start=row.start,
        ),
        subject=row.record.id,
        fix=Message("see both days, and whether an earlier document is meant"),
    )


RULES = (ORDER, IN_TIME, CITED)
CHECKS = (basis_dates, basis_cited)
