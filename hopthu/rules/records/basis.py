"""Rules on the documents behind changes: a decision, then a request, both in time (Art. 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.model.timeline import Fact, day, died, text
from hopthu.rules.book import check, check_edit
from hopthu.rules.context import RuleContext
from hopthu.source.records import Record

ORDER = Rule(
    "decision-before-request",
    "Art. 5.2",
    "first the competent authority decides, then the unit asks the operator to follow",
)
IN_TIME = Rule(
    "basis-in-time",
    "Art. 5.1",
    "a change rests on what was decided before it; if the document is dated after today, this is "
    "an error",
    "warning",
)
CITED = Rule(
    "basis-cited",
    "Art. 5.1",
    "policy says which documents a change must cite, beyond those every change cites",
)
_FIX = Message("check both dates, and whether an earlier document is meant")


@check
def basis_dates(facts: RuleContext) -> Iterator[Problem]:
    """Report decisions dated after the change, and requests dated after today."""
    dates = {key: day(text(record.data, "date")) for key, record in facts.documents.items()}
    for row in facts.changes:
        decided, asked = dates.get(row.decision, ""), dates.get(row.request, "")
        if asked and decided > asked:
            yield _older(row, decided, asked)
        if decided > row.start and not _may_be_later(facts, row, decided):
            yield _late(facts, row, "decision", row.decision, decided)
        elif asked > row.start and asked > facts.today:
            yield _late(facts, row, "request", row.request, asked)
    yield from _beside_rows(facts, dates)


@check_edit
def dated_ahead(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report documents that an edit adds and that are dated after today, whatever they are for.

    A single revision cannot tell: the day asked about may be any. The regulation of a unit that is
    still to come is entered with the unit, and lets nobody do anything before.
    """
    if not before.documents or not before.source.complete("documents"):
        return  # a first load; or they may well be there
    for key, record in after.documents.items():
        dated = day(text(record.data, "date"))
        if dated > after.today and key not in before.documents and not _comes(after, record):
            yield IN_TIME.violation(
                record.at("date"),
                Message("the document is dated {date}, after today: nobody can have it yet",
                        date=dated),
                subject=key,
                fix=Message("check the date; else enter it, and what rests on it, once it is "
                            "issued"),
                severity="error",
            )  # fmt: skip


def _comes(facts: RuleContext, document: Record) -> bool:
    """Tell whether a document is the regulation of a unit that begins after today."""
    begun = facts.created.get(text(document.data, "issuer"))
    comes = begun is not None and begun.start > facts.today
    return comes and text(document.data, "kind") == "regulation"


@check
def basis_cited(facts: RuleContext) -> Iterator[Problem]:
    """Report changes that do not cite what policy requires."""
    asked = facts.policy.citing
    if not asked:
        return
    for row in facts.changes:
        for field in asked.get(row.kind, ()):
            if not (row.decision if field == "decision" else row.request):
                yield CITED.violation(
                    row.at(),
                    Message("no {field} is cited, which policy requires here", field=field),
                    fix=Message("add `{field}: {id}`", field=field, id=some_id("documents", field)),
                )


def _may_be_later(facts: RuleContext, row: Fact, decided: str) -> bool:
    """Tell whether a row may rest on a document dated after it: a death, or an adopted list."""
    if row.decision in facts.adoptions:
        return not decided > facts.today >= row.start
    return died(row) and decided <= facts.today


def _older(row: Fact, decided: str, asked: str) -> Problem:
    return ORDER.violation(
        row.at("request"),
        Message(
            "{request} of {asked} is older than {decision} of {decided}",
            request=row.request,
            asked=asked,
            decision=row.decision,
            decided=decided,
        ),
        fix=Message("cite the request that followed the decision, or check both dates"),
    )


def _beside_rows(facts: RuleContext, dates: Mapping[str, str]) -> Iterator[Problem]:
    """Report what is in force today but cites a document dated after today."""
    regulations = [
        (record, ("regulation",), text(record.data, "regulation"))
        for key, record in facts.units.items()
        if "regulation" in record.data and facts.lives(key, facts.today)
    ]
    for record, steps, cited in (*facts.beside_rows, *regulations):
        if dates.get(cited, "") > facts.today and facts.since(record) <= facts.today:
            yield IN_TIME.violation(
                record.at(*steps),
                _not_yet(cited, dates[cited]),
                fix=_FIX,
                severity="error",
            )


def _not_yet(document: str, date: str) -> Message:
    return Message(
        "{document} is dated {date}, after today, but what rests on it is in force already",
        document=document,
        date=date,
    )


def _late(facts: RuleContext, row: Fact, field: str, document: str, date: str) -> Problem:
    if date > facts.today >= row.start:
        return IN_TIME.violation(
            row.at(field),
            _not_yet(document, date),
            fix=_FIX,
            severity="error",
        )
    told = {"document": document, "date": date, "start": row.start}
    what = Message("{document} is dated {date}, but what rests on it began on {start}", **told)
    if row.start > facts.today:
        what = Message("{document} is dated {date}, but what rests on it begins on {start}", **told)
    return IN_TIME.violation(
        row.at(field),
        what,
        fix=_FIX,
        severity="error" if date > facts.today else None,
    )
