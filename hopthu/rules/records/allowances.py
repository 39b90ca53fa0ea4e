"""Rules on allowances: each opens one guard in one scope, and only for a time (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from difflib import get_close_matches
from itertools import count

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.model.guard_limits import WHOLE_PROVINCE
from hopthu.model.timeline import day, text, texts
from hopthu.rules.book import check, check_edit
from hopthu.rules.context import RuleContext
from hopthu.rules.edits.fact_basis import BASIS
from hopthu.schema.formats import LONGEST_ID
from hopthu.source.records import Record

SCOPE = Rule(
    "allowance-scope",
    "Art. 5.1",
    "an allowance relaxes one guard, in one unit or in the whole province, for a year at most; "
    "with any other scope it has no effect",
)
OVER = Rule(
    "allowance-over",
    "Art. 5.1",
    "an allowance ends with its last day; once over it misleads readers of the policy",
    "warning",
)


_GUESSES = 20
_LONGEST = timedelta(days=366)
_LAST_YEAR = "9998"
"""From here on the calendar of Python has no year later."""


@check
def allowance_scope(facts: RuleContext) -> Iterator[Problem]:
    """Report scopes that are neither a unit nor `all`, unless a file of units is unreadable."""
    if not facts.source.complete("units"):
        return
    guesses = count()
    for record in facts.source.policy:
        for steps, scope in texts(record, ("allowances", "*", "scope")):
            if scope and scope != WHOLE_PROVINCE and scope not in facts.units:
                look = next(guesses) < _GUESSES and len(scope) <= LONGEST_ID
                yield SCOPE.violation(
                    record.at(*steps),
                    Message("there is no unit {unit}", unit=shown(scope)),
                    fix=_instead(scope, facts.units if look else ()),
                )


@check
def allowance_term(facts: RuleContext) -> Iterator[Problem]:
    """Report allowances that last longer than a year after their document."""
    for record in facts.source.policy:
        cited = {steps[1]: key for steps, key in texts(record, ("allowances", "*", "document"))}
        for steps, until in texts(record, ("allowances", "*", "until")):
            document = facts.documents.get(cited.get(steps[1], ""))
            issued = day(text(document.data, "date")) if document else ""
            if not (issued and day(until)) or issued >= _LAST_YEAR:
                continue
            last = (date.fromisoformat(issued) + _LONGEST).isoformat()
            if until > last:
                yield SCOPE.violation(
                    record.at(*steps),
                    Message("by a document of {day} it lasts through {last} at most",
                            day=issued, last=last),
                    fix=Message("end it sooner: an allowance is for one change"),
                )  # fmt: skip


@check
def allowance_over(facts: RuleContext) -> Iterator[Problem]:
    """Report allowances that have expired."""
    for record in facts.source.policy:
        for steps, until in texts(record, ("allowances", "*", "until")):
            if day(until) and until < facts.today:
                yield OVER.violation(
                    record.at(*steps),
                    Message("the allowance was over on {day}", day=until),
                    fix=Message("delete it: the guard applies again"),
                )


@check_edit
def allowance_prolonged(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report allowances that last longer than before by the same document."""
    known: dict[tuple[str, ...], str] = {}
    for _, _, key, until in _terms(before):
        known[key] = max(known.get(key, ""), until)
    for record, index, key, until in _terms(after):
        if known.get(key, until) < until:
            yield BASIS.violation(
                record.at("allowances", index, "until"),
                Message("the allowance was until {day}", day=known[key]),
                fix=Message("restore it, or cite the document that grants it for longer"),
            )


def _terms(facts: RuleContext) -> Iterator[tuple[Record, int, tuple[str, ...], str]]:
    """Yield each allowance: its place, what it is by which document, and its last day."""
    for record in facts.source.policy:
        listed = record.data.get("allowances")
        for index, each in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(each, dict) and day(text(each, "until")):
                key = tuple(text(each, field) for field in ("guard", "scope", "document"))
                yield record, index, key, text(each, "until")


def _instead(scope: str, known: Iterable[str]) -> Message:
    near = get_close_matches(scope, [key for key in known if len(key) <= LONGEST_ID], n=1)
    if near:
        return Message("did you mean {near}?", near=near[0])
    return Message("give the id of a unit, or `all` for the guard over the province")
