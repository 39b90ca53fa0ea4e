"""Rules on allowances: each opens one guard in one scope, and only for a time (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.model.guard_limits import WHOLE_PROVINCE
from hopthu.model.timeline import NEVER, day, days_after, text
from hopthu.rules.book import check, check_edit
from hopthu.rules.context import RuleContext
from hopthu.rules.edits.fact_basis import BASIS
from hopthu.schema.formats import LONGEST_ID
from hopthu.source.records import Record
from hopthu.source.values import Map

SCOPE = Rule(
    "allowance-scope",
    "Art. 5.1",
    "an allowance relaxes one guard, in one unit or in the whole province, for a year at most; "
    "with any other scope, or once it is over, it has no effect",
)
_GUESSES = 20
_LONGEST = 366


@check
def allowance_scope(facts: RuleContext) -> Iterator[Problem]:
    """Report allowances of scopes that do not exist, that last too long, and that are over."""
    unknown: list[str] = []
    for record, index, each in _allowances(facts):
        scope, until = text(each, "scope"), day(text(each, "until"))
        issued = facts.issued.get(text(each, "document"), "")
        last = days_after(issued, _LONGEST) if issued else NEVER
        if scope not in ("", WHOLE_PROVINCE, *facts.units) and facts.source.complete("units"):
            unknown.append(scope)
            what = Message("there is no unit {unit}", unit=shown(scope))
            fix = _instead(scope, facts, guess=len(unknown) <= _GUESSES)
            yield SCOPE.violation(record.at("allowances", index, "scope"), what, fix=fix)
        at = record.at("allowances", index, "until")
        if until > last:
            what = Message(
                "by a document of {day} it lasts through {last} at most", day=issued, last=last
            )
            fix = Message("end it sooner: an allowance is for one change")
            yield SCOPE.violation(at, what, fix=fix)
        if until and until < facts.today:
            what = Message("the allowance was over on {day}", day=until)
            fix = Message("delete it: the guard applies again")
            yield SCOPE.violation(at, what, fix=fix, severity="warning")


@check_edit
def allowance_prolonged(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report allowances that last longer than before by the same document."""
    known: dict[tuple[str, ...], str] = {}
    for _, _, each in _allowances(before):
        known[_key(each)] = max(known.get(_key(each), ""), day(text(each, "until")))
    for record, index, each in _allowances(after):
        was = known.get(_key(each))
        if was and was < day(text(each, "until")):
            yield BASIS.violation(
                record.at("allowances", index, "until"),
                Message("the allowance was until {day}", day=was),
                fix=Message("restore it, or cite the document that grants it for longer"),
            )


def _allowances(facts: RuleContext) -> Iterator[tuple[Record, int, Map]]:
    """Yield each allowance of the policy, with its record and its place in the list."""
    for record in facts.source.policy:
        listed = record.data.get("allowances")
        for index, each in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(each, dict):
                yield record, index, each


def _key(allowance: Map) -> tuple[str, ...]:
    """Return what an allowance is, and by which document."""
    return tuple(text(allowance, field) for field in ("guard", "scope", "document"))


def _instead(scope: str, facts: RuleContext, *, guess: bool) -> Message:
    known = [key for key in facts.units if len(key) <= LONGEST_ID]
    look = guess and len(scope) <= LONGEST_ID
    if near := get_close_matches(scope, known, n=1) if look else []:
        return Message("did you mean {near}?", near=near[0])
    return Message("give the id of a unit, or `all` for the guard over the province")
