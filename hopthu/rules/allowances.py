"""Rules on allowances: each opens one guard in one scope, and only for a time (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from hopthu.problems import Problem, shown
from hopthu.rules.facts import Facts
from hopthu.rules.rows import day, texts
from hopthu.rules.rule import Rule
from hopthu.text import Text
from hopthu.thresholds import ALL

SCOPE = Rule(
    "allowance-scope",
    "Art. 5.1",
    "an allowance opens one guard, in one unit or over the province; one for anything else opens "
    "nothing, though somebody relies on it",
)
OVER = Rule(
    "allowance-over",
    "Art. 5.1",
    "an allowance ends with its last day; left in the policy it only misleads whoever reads it",
    "warning",
)


def allowance_scope(facts: Facts) -> Iterator[Problem]:
    """Report scopes that are no unit, nor `all`; nothing while a file of units is unreadable."""
    if not facts.source.complete("units"):
        return
    for record in facts.source.policy:
        for steps, scope in texts(record, ("allowances", "*", "scope")):
            if scope and scope != ALL and scope not in facts.units:
                yield SCOPE.broken(
                    record.at(*steps),
                    Text("there is no unit {unit} to allow anything for", unit=shown(scope)),
                    fix=_instead(scope, facts),
                )


def allowance_over(facts: Facts) -> Iterator[Problem]:
    """Report allowances whose last day has passed."""
    for record in facts.source.policy:
        for steps, until in texts(record, ("allowances", "*", "until")):
            if day(until) and until < facts.today:
                yield OVER.broken(
                    record.at(*steps),
                    Text("the allowance was over on {day}", day=until),
                    fix=Text("take it out: the guard holds again"),
                )


def _instead(scope: str, facts: Facts) -> Text:
    near = get_close_matches(scope, facts.units, n=1)
    if near:
        return Text("did you mean {near}?", near=near[0])
    return Text("give the id of a unit, or `all` for the guard over the province")


RULES = (SCOPE, OVER)
CHECKS = (allowance_scope, allowance_over)
