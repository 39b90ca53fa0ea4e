"""The rules that days are possible in the service of a province: others are slips of the year.

They are compared with the documents and with each other, never with the day asked about, which may
be any; but what an edit adds takes effect today at the earliest.
"""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import Mark
from hopthu.i18n.message import Message
from hopthu.i18n.terms import in_days
from hopthu.model.timeline import EVENTS, Kind, day, days_after
from hopthu.rules.book import Found, check, check_edit
from hopthu.rules.context import RuleContext
from hopthu.rules.edit import Edit, key_of
from hopthu.schema.years import likely_years

_FOUNDED = "1945-01-01"
"""No unit of the administration of today is older, and nobody in its service began before."""
_AHEAD = 10
"""So many years after its last document at most a change takes effect."""
_LONGEST: dict[Kind, int] = {"post": 60, "hold": 60, "head": 15, "lock": 15}
"""So many years each of these lasts at most; policy limits delegations (Art. 7.2)."""


@check("plausible-day")
def plausible_day(facts: RuleContext) -> Iterator[Found]:
    """Report days too long ago, too long after the documents they rest on, and ends too far off."""
    issued = facts.issued
    latest = {key: _years_after(on, _AHEAD) for key, on in issued.items() if on}
    for row in facts.changes:
        if _FOUNDED <= row.start <= latest.get(row.decision, "") and not row.until:
            continue  # as nearly all
        begins = "on" if row.kind in EVENTS else "from"
        last = max(latest.get(row.decision, ""), latest.get(row.request, ""))
        longest = _years_after(row.start, _LONGEST.get(row.kind, 0))
        if row.start < _FOUNDED:
            yield _too_early(row.at(begins), row.start)
        elif last and row.start > last:
            basis = max(issued.get(row.decision, ""), issued.get(row.request, ""))
            what = Message(
                "{day} is years after the documents, of {basis}", day=row.start, basis=basis
            )
            yield _implausible(row.at(begins), what, row.start, basis, last)
        elif row.kind in _LONGEST and row.until > longest:
            what = Message(
                "{day} is years after the beginning, on {start}", day=row.until, start=row.start
            )
            yield _implausible(row.at("until"), what, row.until, row.start, longest)
    for key, on in issued.items():
        if on and on < _FOUNDED:
            yield _too_early(facts.documents[key].at("date"), on)


def _too_early(at: Mark, found: str) -> Found:
    what = Message("{day} is before {since}", day=found, since=_FOUNDED)
    return _implausible(at, what, found, _FOUNDED, "2100")


def _implausible(at: Mark, what: Message, found: str, first: str, last: str) -> Found:
    """Return the problem; the fix names the day from `first` to `last` that was probably meant."""
    days = (f"{year}{found[4:]}" for year in likely_years(found[:4], first[:4]))
    meant = next((each for each in days if day(each) and first <= each <= last), None)
    if meant:
        fix = Message("write {meant}, if that is what you mean", meant=meant)
    elif at.place[2][-1:] == ("until",):
        fix = Message("check the year; leave `until` out while no end is known")
    else:
        fix = Message("check the year")
    return Found(at, what, fix)


def _years_after(found: str, years: int) -> str:
    """Return the same day so many years later, to compare with."""
    return f"{int(found[:4]) + years}{found[4:]}"


@check_edit("document-age")
def document_age(edit: Edit) -> Iterator[Found]:
    """Report old documents that an edit cites: for a row by its first day, else by today.

    What takes effect now, although it is dated back, somebody asks for now: of such a row the
    request, or the decision if it has no request, is of today's time. What could not be read before
    may well have been there.
    """
    before, after = edit.before, edit.after
    known = {(*key_of(r)[:5], cited) for r in edit.old for cited in (r.decision, r.request)}
    corrected = {pair.new.id for pair in edit.pairs("units", "people") if pair.corrected_by()}
    readable = {kind for kind in ("units", "people", "policy") if before.source.complete(kind)}
    for row in edit.new:
        late = row.record.kind in readable and row.term > after.today
        late = late and row.record.id not in corrected
        for field, cited in (("decision", row.decision), ("request", row.request)):
            asks = field == "request" or not row.request
            start = max(row.start, after.today) if late and asks else row.start
            if (*key_of(row)[:5], cited) not in known:
                yield from _too_old(after, row.at(field), cited, start)
    beside = {(record.kind, record.id, cited) for record, _, cited in before.beside_rows}
    for record, steps, cited in after.beside_rows:
        new = (record.kind, record.id, cited) not in beside
        if new and before.source.complete(record.kind):
            yield from _too_old(after, record.at(*steps), cited, after.today)


def _too_old(facts: RuleContext, at: Mark, document: str, start: str) -> Iterator[Found]:
    issued, days = facts.issued.get(document), facts.policy.documents.oldest
    if issued and start > days_after(issued, days):
        what = Message(
            "{document} is of {date}, more than {days} before it serves here: {start}",
            document=document,
            date=issued,
            days=in_days(days),
            start=start,
        )
        fix = Message(
            "cite the document that was issued for this, or check both dates; a mistake in the "
            "record is corrected by a document under `corrections`"
        )
        yield Found(at, what, fix)
