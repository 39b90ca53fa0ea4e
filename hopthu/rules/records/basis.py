"""Rules on the documents behind changes: a decision, then a request, in time and used (Art. 5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from hopthu.diagnostics.problem import Mark
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.model.timeline import Fact, died, text
from hopthu.rules.book import Found, check, check_edit
from hopthu.rules.context import RuleContext
from hopthu.rules.edit import Edit
from hopthu.rules.powers.uses import cited

_NOT_FOR_GOOD = frozenset(("allowance", "former_domain"))
"""What documents grant that the policy need not name for ever."""


@check("basis-in-time")
def basis_dates(facts: RuleContext) -> Iterator[Found]:
    """Report requests older than the decision, and documents dated after what rests on them.

    Of a request the latter only if it is dated after today: the operator may follow it later.
    """
    dates = facts.issued
    for row in facts.changes:
        decided, asked = dates.get(row.decision, ""), dates.get(row.request, "")
        late = None
        if decided > row.start and not _may_be_later(facts, row, decided):
            late = _late(facts, row.at("decision"), row.decision)
        elif asked > row.start and asked > facts.today:
            late = _late(facts, row.at("request"), row.request)
        if late:
            yield late
        # A decision of a day to come is later than its request as well.
        if asked and decided > asked and not (late and late.severity == "error"):
            what = Message(
                "{request} of {asked} is older than {decision} of {decided}",
                request=row.request,
                asked=asked,
                decision=row.decision,
                decided=decided,
            )
            fix = Message("cite the request that followed the decision, or check both dates")
            yield Found(row.at("request"), what, fix, severity="error")
    regulations = [
        (record, ("regulation",), text(record.data, "regulation"))
        for key, record in facts.units.items()
        if "regulation" in record.data and facts.lives(key, facts.today)
    ]
    for record, steps, named in (*facts.beside_rows, *regulations):
        if dates.get(named, "") > facts.today and facts.since(record) <= facts.today:
            yield _late(facts, record.at(*steps), named)


def _may_be_later(facts: RuleContext, row: Fact, decided: str) -> bool:
    """Tell whether a row may rest on a document dated after it: a death, or an adopted list."""
    if row.decision in facts.adoptions:
        return not decided > facts.today >= row.start
    return died(row) and decided <= facts.today


def _late(facts: RuleContext, at: Mark, document: str) -> Found:
    date = facts.issued[document]
    what = Message(
        "{document} is dated {date}, but what rests on it begins before",
        document=document,
        date=date,
    )
    fix = Message("check both dates, and whether an earlier document is meant")
    return Found(at, what, fix, severity="error" if date > facts.today else None)


@check_edit("basis-in-time")
def dated_ahead(edit: Edit) -> Iterator[Found]:
    """Report documents that an edit adds and that are dated after today, whatever they are for.

    A single revision cannot tell: the day asked about may be any. The regulation of a unit that is
    still to come is entered with the unit, and lets nobody do anything before.
    """
    before, after = edit.before, edit.after
    if edit.is_first or not before.source.complete("documents"):
        return  # they may well be there
    for key, paper in after.papers.items():
        if paper.date <= after.today or key in before.documents:
            continue
        begun = after.created.get(paper.issuer)
        comes = paper.kind == "regulation" and begun is not None and begun.start > after.today
        if not comes:
            what = Message(
                "the document is dated {date}, after today: nobody can have it yet", date=paper.date
            )
            fix = Message("check the date; else enter it, and what rests on it, once it is issued")
            yield Found(after.documents[key].at("date"), what, fix, severity="error")


@check("basis-cited")
def basis_cited(facts: RuleContext) -> Iterator[Found]:
    """Report changes that do not cite what policy requires."""
    asked = facts.policy.citing
    if not asked:
        return
    for row in facts.changes:
        for field in asked.get(row.kind, ()):
            if not (row.decision if field == "decision" else row.request):
                what = Message("no {field} is cited, which policy requires here", field=field)
                fix = Message("add `{field}: {id}`", field=field, id=some_id("documents", field))
                yield Found(row.at(), what, fix)


@check("uncited-document")
def uncited_document(facts: RuleContext) -> Iterator[Found]:
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
        yield Found(facts.documents[key].at(field), what, fix)


def working_days_after(start: str, days: int) -> str:
    """Return the day `days` working days, Monday to Friday, after `start`."""
    step = date.fromisoformat(start)
    while days and step < date.max:
        step += timedelta(days=1)
        days -= step.weekday() < 5
    return step.isoformat()
