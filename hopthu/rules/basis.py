"""Rules on what changes rest on: a decision, then a request, both in time (Art. 5)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.problems import Problem
from hopthu.rules.facts import Facts
from hopthu.rules.rows import Row, day, text
from hopthu.rules.rule import Rule
from hopthu.text import Text

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


def basis_dates(facts: Facts) -> Iterator[Problem]:
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


def basis_cited(facts: Facts) -> Iterator[Problem]:
    """Report changes that do not name what policy asks them to."""
    asked = facts.policy.citing
    if not asked:
        return
    for row in facts.changes:
        for field in asked.get(row.kind, ()):
            if not (row.decision if field == "decision" else row.request):
                yield CITED.broken(
                    row.record.at(*row.steps),
                    Text("no {field} is named, which policy asks for here", field=field),
                    subject=row.record.id,
                    fix=Text("add `{field}` with the document's id", field=field),
                )


def _older(row: Row, decided: str, asked: str) -> Problem:
    return ORDER.broken(
        row.record.at(*row.steps, "request"),
        Text(
            "{request} of {asked} is older than {decision} of {decided}",
            request=row.request,
            asked=asked,
            decision=row.decision,
            decided=decided,
        ),
        subject=row.record.id,
        fix=Text("cite the request that followed the decision, or see the two dates"),
    )


def _late(row: Row, field: str, document: str, date: str) -> Problem:
    return IN_TIME.broken(
        row.record.at(*row.steps, field),
        Text(
            "{document} is of {date}, but what rests on it began on {start}",
            document=document,
            date=date,
            start=row.start,
        ),
        subject=row.record.id,
        fix=Text("see both days, and whether an earlier document is meant"),
    )


RULES = (ORDER, IN_TIME, CITED)
CHECKS = (basis_dates, basis_cited)
