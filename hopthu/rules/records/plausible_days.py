"""The rule that days are possible in the service of a province: others are slips of the year.

They are compared with the documents and with each other, never with the day asked about, which may
be any.
"""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.model.timeline import EVENTS, Fact, Kind, Steps, day, text
from hopthu.rules.book import check
from hopthu.rules.context import RuleContext
from hopthu.schema.years import likely_years
from hopthu.source.records import Record

PLAUSIBLE = Rule(
    "plausible-day",
    "Art. 5.2",
    "a slip of the year moves a change to a day on which nobody looks for it",
)
_FOUNDED = "1945-01-01"
"""No unit of the administration of today is older, and nobody in its service began before."""
_AHEAD = 10
"""So many years after its last document at most a change takes effect."""
_LONGEST: dict[Kind, int] = {"post": 60, "hold": 60, "head": 15, "lock": 15}
"""So many years each of these lasts at most; policy limits delegations (Art. 7.2)."""


@check
def plausible_day(facts: RuleContext) -> Iterator[Problem]:
    """Report days too long ago, too long after the documents they rest on, and ends too far off."""
    issued = {key: day(text(record.data, "date")) for key, record in facts.documents.items()}
    latest = {key: _years_after(on, _AHEAD) for key, on in issued.items() if on}
    for row in facts.changes:
        if _FOUNDED <= row.start <= latest.get(row.decision, "") and not row.until:
            continue  # as nearly all
        last = max(latest.get(row.decision, ""), latest.get(row.request, ""))
        if row.start < _FOUNDED:
            yield _too_early(row.record, _beginning(row), row.start)
        elif last and row.start > last:
            basis = max(issued.get(row.decision, ""), issued.get(row.request, ""))
            what = Message(
                "{day} is years after the documents, of {basis}", day=row.start, basis=basis
            )
            yield _implausible(row.record, _beginning(row), what, row.start, (basis, last))
        elif row.until and row.kind in _LONGEST:
            yield from _too_long(row)
    for key, on in issued.items():
        if on and on < _FOUNDED:
            yield _too_early(facts.documents[key], ("date",), on)


def _too_early(record: Record, steps: Steps, found: str) -> Problem:
    what = Message("{day} is before {since}", day=found, since=_FOUNDED)
    return _implausible(record, steps, what, found, (_FOUNDED, "2100"))


def _too_long(row: Fact) -> Iterator[Problem]:
    last = _years_after(row.start, _LONGEST[row.kind])
    if row.until > last:
        what = Message(
            "{day} is years after the beginning, on {start}", day=row.until, start=row.start
        )
        steps = (*row.steps, "until")
        yield _implausible(row.record, steps, what, row.until, (row.start, last))


def _beginning(row: Fact) -> Steps:
    return (*row.steps, "on" if row.kind in EVENTS else "from")


def _implausible(
    record: Record, steps: Steps, what: Message, found: str, limits: tuple[str, str]
) -> Problem:
    """Return the problem; the fix names the day between `limits` that was probably meant."""
    first, last = limits
    days = (f"{year}{found[4:]}" for year in likely_years(found[:4], first[:4]))
    meant = next((each for each in days if day(each) and first <= each <= last), None)
    if meant:
        fix = Message("write {meant}, if that is what you mean", meant=meant)
    elif steps[-1] == "until":
        fix = Message("check the year; leave `until` out while no end is known")
    else:
        fix = Message("check the year")
    return PLAUSIBLE.violation(record.at(*steps), what, fix=fix)


def _years_after(found: str, years: int) -> str:
    """Return the same day so many years later, to compare with."""
    return f"{int(found[:4]) + years}{found[4:]}"
