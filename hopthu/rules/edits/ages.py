"""The rule that a document serves what begins soon after it, not what begins years later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import in_days
from hopthu.model.timeline import Fact, Steps, day, text
from hopthu.rules.book import check_edit
from hopthu.rules.context import RuleContext
from hopthu.source.records import Record

AGE = Rule(
    "document-age",
    "Art. 5.1",
    "a document of years ago was not issued for what begins today, and anybody can find one; "
    "policy says how old one may be, in `documents.oldest`",
)


@check_edit
def document_age(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report old documents that an edit cites: for a row by its first day, else by today.

    What takes effect now, although it is dated back, somebody asks for now: of such a row the
    request, or the decision if it has no request, is of today's time.
    """
    days = after.policy.documents.oldest
    known = {(_key(row), cited) for row in before.changes for _, cited in _cited(row)}
    corrected = {key for key, _ in _corrections(after) - _corrections(before)}
    readable = {kind for kind in ("units", "people", "policy") if before.source.complete(kind)}
    for row in after.changes:
        for field, cited in _cited(row):
            if (_key(row), cited) in known:
                continue
            asks = field == "request" or not row.request
            late = asks and row.record.kind in readable and row.term > after.today
            late = late and row.record.id not in corrected
            start = max(row.start, after.today) if late else row.start
            yield from _too_old(after, row.record, (*row.steps, field), cited, start, days)
    beside = {(record.kind, record.id, cited) for record, _, cited in before.beside_rows}
    for record, steps, cited in after.beside_rows:
        new = (record.kind, record.id, cited) not in beside
        if new and before.source.complete(record.kind):  # else it may well be there
            yield from _too_old(after, record, steps, cited, after.today, days)


def _corrections(facts: RuleContext) -> set[tuple[str, str]]:
    """Return the records that documents corrected, each with one of these."""
    cited = ((record.id, steps, named) for record, steps, named in facts.beside_rows)
    return {(key, named) for key, steps, named in cited if steps[0] == "corrections"}


def _key(row: Fact) -> tuple[str, ...]:
    """Return what identifies a row in another revision."""
    return row.kind, row.record.id, row.start, row.unit, row.person


def _cited(row: Fact) -> tuple[tuple[str, str], ...]:
    return ("decision", row.decision), ("request", row.request)


def _too_old(
    facts: RuleContext, record: Record, steps: Steps, document: str, start: str, days: int
) -> Iterator[Problem]:
    found = facts.documents.get(document)
    issued = day(text(found.data, "date")) if found else ""
    if issued and date.fromisoformat(start) - date.fromisoformat(issued) > timedelta(days):
        yield AGE.violation(
            record.at(*steps),
            Message(
                "{document} is of {date}, more than {days} before it serves here: {start}",
                document=document,
                date=issued,
                days=in_days(days),
                start=start,
            ),
            fix=Message(
                "cite the document that was issued for this, or check both dates; a mistake in the "
                "record is corrected by a document under `corrections`"
            ),
        )
