"""The units that a change concerns, and the rule that one of them asks for it (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.rules.book import check
from hopthu.rules.context import Case, RuleContext, case_of
from hopthu.rules.rows import Row, day_before, facts_of, text

CONCERNED = Rule(
    "issuer-concerned",
    "Art. 5.2",
    "the unit concerned asks, or one above it, or the operator",
)


@check
def issuer_authorised(facts: RuleContext) -> Iterator[Problem]:
    """Report requests of units without authority in the matter.

    Who decides that a hold ends asks for it as well: the unit held may be the one inspected.
    """
    issuers = facts.issuers
    of_others = {case for case in facts.cases if case[1] and not _is_own(facts, case)}
    rows = [row for row in facts.changes if case_of(row) in of_others] if of_others else []
    lists = (*facts.locks.values(), *facts.fact_changes.values())
    on_people = (*facts.left.values(), *(row for rows in lists for row in rows if not row.unit))
    for row in (*rows, *on_people):
        issuer = issuers.get(row.request)
        if issuer is None or issuer == facts.policy.operator:
            continue
        if issuer and issuer == issuers.get(row.decision) and facts_of(row) == ["hold"]:
            continue
        asking = {issuer, *facts.heirs.get(issuer, ())}  # a predecessor acted for its successors
        units = list(concerned(facts, row))
        days = (row.start, text(facts.documents[row.request].data, "date"))
        if units and all(asking.isdisjoint(facts.above_on(unit, days)) for unit in units):
            fix = Message("cite the document of the unit itself, or of one above it")
            fix = facts.past.unless_right_before(units, ("parent",), fix)
            yield _unconcerned(row, issuer, fix)


def _is_own(facts: RuleContext, case: Case) -> bool:
    """Tell whether the unit itself asks, or the operator, as nearly always."""
    _, unit, _, request = case
    asking = facts.issuers.get(request, unit)
    return asking in (unit, facts.policy.operator) or unit not in facts.units


def concerned(facts: RuleContext, row: Row) -> Iterator[str]:
    """Yield the units with a say in a change: its own, and those it comes from or goes to."""
    if not row.unit:
        yield from units_of_the_day(facts, row)
        return
    yield row.unit
    if row.kind == "post":
        yield from (p.unit for p in facts.posts[row.person] if p.start < row.start)
    elif row.kind == "ended":
        yield from facts.heirs.get(row.unit, ())


def units_of_the_day(facts: RuleContext, row: Row) -> list[str]:
    """Return the unit of the main post in which somebody leaves, is locked or changes, or the last.

    A post beside it gives its unit a say in that post alone, and a unit they went away from has
    none any more. Who leaves is of the unit of the day before.
    """
    begun = [post for post in facts.posts.get(row.person, ()) if post.start <= row.start]
    judged = day_before(row.start) if row.kind == "left" else row.start
    there = [post for post in begun if post.holds_on(judged)]
    if row.kind == "change" and facts_of(row) == ["posts"] and there:
        return [post.unit for post in there]  # which one ends, the edit shows: `fact-basis`
    main = [post for post in there if post.main] or [post for post in begun if post.main] or begun
    return [max(main, key=lambda post: post.end).unit] if main else []


def _unconcerned(row: Row, issuer: str, fix: Message) -> Problem:
    cited = row.request
    what = (
        Message("{document} is by {unit}, which is not concerned", document=cited, unit=issuer)
        if issuer
        else Message("{document} was not issued by one of our units", document=cited)
    )
    return CONCERNED.violation(
        row.record.at(*row.steps, "request"), what, subject=row.record.id, fix=fix
    )
