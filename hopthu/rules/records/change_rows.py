"""The rule that rows of `changes` can be true: what was there is said, decided, and listed once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.i18n.vietnamese import same
from hopthu.model.facts import AHEAD, DATED, DECIDED
from hopthu.model.timeline import Fact, facts_of, text, value_of, was
from hopthu.rules.book import check
from hopthu.rules.claims import claims
from hopthu.rules.context import RuleContext

PLAUSIBLE = Rule(
    "change-plausible",
    "Art. 5.2",
    "the record has the latest value, and its row the day and the documents it rests on",
)


@check
def change_plausible(facts: RuleContext) -> Iterator[Problem]:
    """Report rows of `changes` of an impossible day, that repeat another, or lack a decision."""
    for listed in (*facts.fact_changes.values(), facts.policy_changes):
        for row in listed:
            yield from _day(facts, row)
            yield from _decided(row)
            yield from _unnamed(row)
            yield from _not_kept(row)
        yield from _repeated(listed)
        yield from _unchanged(facts, listed)


def _day(facts: RuleContext, row: Fact) -> Iterator[Problem]:
    """Report a change from before the record began, or to come without what holds until then."""
    begun = facts.since(row.record)
    unsaid = [fact for fact in facts_of(row) if fact not in (*was(row), *DATED)]
    if row.start > facts.today and unsaid:
        what = Message(
            "{day} is still to come, and `was` does not say what {fact} is until then",
            day=row.start,
            fact=shown(unsaid[0]),
        )
        fix = (
            Message("add `was: {was}`", was=f"{{{unsaid[0]}: …}}")
            if unsaid[0] in AHEAD
            else Message("enter the change of {fact} on its day", fact=shown(unsaid[0]))
        )
    elif row.start < begun:
        what = Message("{day} is before the record begins, on {begun}", day=row.start, begun=begun)
        fix = Message("check the day")
    else:
        return
    yield PLAUSIBLE.violation(row.at("on"), what, fix=fix)


def _decided(row: Fact) -> Iterator[Problem]:
    """Report a change of what an authority decides, without its decision (Art. 5.2)."""
    decided = [fact for fact in facts_of(row) if fact in DECIDED]
    if decided and not row.decision:
        yield PLAUSIBLE.violation(
            row.at(),
            Message("no decision is cited for {fact}", fact=shown(decided[0])),
            why=Message(
                "first the competent authority decides, then the unit asks the operator to follow"
            ),
            fix=Message(
                "add `{field}: {id}`", field="decision", id=some_id("documents", "decision")
            ),
        )


def _unnamed(row: Fact) -> Iterator[Problem]:
    """Report what is said of a fact before the change that the row does not name."""
    for fact in was(row).keys() - {*facts_of(row)}:
        yield PLAUSIBLE.violation(
            row.at("was", fact),
            Message("it says what {fact} was, but does not name it in `facts`", fact=shown(fact)),
            fix=Message("add it to `facts`, or take it out of `was`"),
        )


def _not_kept(row: Fact) -> Iterator[Problem]:
    """Report an address before a change that the record does not keep, so that nobody gets it."""
    address = text(was(row), "address")
    if address and address not in (claim.address for claim in claims(row.record)):
        yield PLAUSIBLE.violation(
            row.at("was", "address"),
            Message("{address} is not an address of the record", address=shown(address)),
            why=Message("an address names one mailbox, for life"),
            fix=Message("keep it among the `aliases`, or under `former` if it is given up then"),
        )


def _unchanged(facts: RuleContext, listed: Sequence[Fact]) -> Iterator[Problem]:
    """Report facts that were before a change what they are afterwards."""
    states = facts.past.states(listed[0].record) if listed else []
    for after, before in pairwise(states):
        row = before.until
        for fact, value in was(row).items() if row else ():
            if row and same(str(value)) == same(value_of(after.data, fact)):
                yield PLAUSIBLE.violation(
                    row.at("was", fact),
                    Message("{field} was {value} before {day}, and is the same afterwards",
                            field=shown(fact), value=shown(str(value)), day=row.start),
                    fix=Message("write what it was before, or take the fact out of the row"),
                )  # fmt: skip


def _repeated(listed: Sequence[Fact]) -> Iterator[Problem]:
    """Report a fact that is said to change twice on one day by the same documents."""
    seen: set[tuple[str, ...]] = set()
    for row in listed:
        for fact in facts_of(row):
            change = (fact, row.start, row.decision, row.request)
            if change in seen:
                yield PLAUSIBLE.violation(
                    row.at("facts"),
                    Message("{fact} is listed twice for {day}", fact=shown(fact), day=row.start),
                    fix=Message("list it once; what puts it right has a document of its own"),
                )
            seen.add(change)
