"""The rule that rows of `changes` can be true: what was there is said, decided, and listed once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.i18n.vietnamese import same
from hopthu.model.facts import AHEAD, DATED, DECIDED
from hopthu.model.timeline import Fact, facts_of, text, value_of, was
from hopthu.rules.book import Found, check
from hopthu.rules.context import RuleContext, claims


@check("change-plausible")
def change_plausible(facts: RuleContext) -> Iterator[Found]:
    """Report rows of `changes` of an impossible day, that repeat another, or lack a decision."""
    for listed in (*facts.fact_changes.values(), facts.policy_changes):
        for row in listed:
            yield from _day(facts, row)
            yield from _of_row(row)
        yield from _repeated(listed)
        yield from _unchanged(facts, listed)


def _day(facts: RuleContext, row: Fact) -> Iterator[Found]:
    """Yield a change from before the record began, or to come without what holds until then."""
    begun = facts.since(row.record)
    unsaid = [fact for fact in facts_of(row) if fact not in (*was(row), *DATED)]
    if row.start > facts.today and unsaid:
        what = Message(
            "{day} is still to come, and `was` does not say what {fact} is until then",
            day=row.start,
            fact=shown(unsaid[0]),
        )
        fix = Message("enter the change of {fact} on its day", fact=shown(unsaid[0]))
        if unsaid[0] in AHEAD:
            fix = Message("add `was: {was}`", was=f"{{{unsaid[0]}: …}}")
        yield Found(row.at("on"), what, fix)
    elif row.start < begun:
        what = Message("{day} is before the record begins, on {begun}", day=row.start, begun=begun)
        yield Found(row.at("on"), what, Message("check the day"))


def _of_row(row: Fact) -> Iterator[Found]:
    """Yield what a row says that its own record contradicts, and what it does not say."""
    decided = [fact for fact in facts_of(row) if fact in DECIDED]
    if decided and not row.decision:
        what = Message("no decision is cited for {fact}", fact=shown(decided[0]))
        cited = some_id("documents", "decision")
        fix = Message("add `{field}: {id}`", field="decision", id=cited)
        yield Found(row.at(), what, fix)
    for fact in was(row).keys() - {*facts_of(row)}:
        what = Message("it says what {fact} was, but does not name it in `facts`", fact=shown(fact))
        fix = Message("add it to `facts`, or take it out of `was`")
        yield Found(row.at("was", fact), what, fix)
    address = text(was(row), "address")
    if address and address not in (claim.address for claim in claims(row.record)):
        what = Message("{address} is not an address of the record", address=shown(address))
        fix = Message("keep it among the `aliases`, or under `former` if it is given up then")
        yield Found(row.at("was", "address"), what, fix)


def _unchanged(facts: RuleContext, listed: Sequence[Fact]) -> Iterator[Found]:
    """Yield facts that were before a change what they are afterwards."""
    states = facts.past.states(listed[0].record) if listed else []
    for after, before in pairwise(states):
        row = before.until
        for fact in was(row) if row else ():
            value = text(was(row), fact) if row else ""
            if row and same(value) == same(value_of(after.data, fact)):
                what = Message(
                    "{field} was {value} before {day}, and is the same afterwards",
                    field=shown(fact), value=shown(value), day=row.start,
                )  # fmt: skip
                fix = Message("write what it was before, or take the fact out of the row")
                yield Found(row.at("was", fact), what, fix)


def _repeated(listed: Sequence[Fact]) -> Iterator[Found]:
    """Yield a fact that changes twice on one day: by the same documents, or from what it was.

    Which of the two came first no row says.
    """
    seen: set[tuple[str, ...]] = set()
    for row in listed:
        for fact in facts_of(row):
            changes: set[tuple[str, ...]] = {(fact, row.start, row.decision, row.request)}
            fix = Message("list it once; what puts it right has a document of its own")
            if fact in was(row):
                changes.add((fact, row.start))
                fix = Message("list it once; let what changes after it begin on another day")
            if changes & seen:
                what = Message("{fact} is listed twice for {day}", fact=shown(fact), day=row.start)
                yield Found(row.at("facts"), what, fix)
            seen |= changes
