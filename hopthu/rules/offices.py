"""Rules on who holds a unit's mailbox: its head, and one delegate (Art. 7.2)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.rules.context import RuleContext
from hopthu.rules.rows import Row

HEAD_WORKS = Rule(
    "head-works-there",
    "Art. 7.2",
    "the unit mailbox is managed by the head of the unit, who works in it",
)
NO_HEAD = Rule(
    "unit-has-head",
    "Art. 7.2",
    "without a head, or somebody acting as one, nobody new may use the unit mailbox",
    "warning",
)
DELEGATE_WORKS = Rule(
    "delegate-works-there",
    "Art. 7.2",
    "the head may authorise one person of the unit, not of another one",
)
DELEGATE_HEAD = Rule(
    "delegate-is-head",
    "Art. 7.2",
    "the head has the mailbox already; a delegation is for somebody else",
)
OUTLIVED = Rule(
    "office-outlived",
    "Art. 7.2",
    "a transfer ends the right to the unit mailbox; the record should say so",
    "warning",
)
LEAVER = Rule(
    "leaver-in-office",
    "Art. 5.2",
    "who has left the service neither heads a unit nor is its delegate",
)


def head_works_there(facts: RuleContext) -> Iterator[Problem]:
    """Report heads without a post in the unit on their first day."""
    for row in _offices(facts):
        if _over(facts, row) == row.start:
            head = row.kind == "head"
            yield (HEAD_WORKS if head else DELEGATE_WORKS).violation(
                row.record.at(*row.steps, "person"),
                Message(
                    "{person} has no post in the unit on {day}", person=row.person, day=row.start
                ),
                subject=row.unit,
                fix=Message("name somebody who works there, or add the post that is missing"),
            )


def unit_has_head(facts: RuleContext) -> Iterator[Problem]:
    """Report units that have a mailbox today, and no head."""
    if not facts.source.complete("people"):
        return
    for unit, record in facts.units.items():
        if "mailbox" not in record.data or not facts.lives(unit, facts.today):
            continue
        heads = [row for row in facts.heads.get(unit, ()) if row.holds_on(facts.today)]
        if not any(_may_hold(facts, row) for row in heads):
            yield NO_HEAD.violation(
                record.at(),
                Message("nobody heads the unit on {day}", day=facts.today),
                subject=unit,
                fix=Message("add the head to `heads`, or who acts as head with `acting: true`"),
            )


def delegate_is_head(facts: RuleContext) -> Iterator[Problem]:
    """Report delegations to the unit's own head."""
    for unit, row in facts.delegates.items():
        same = [h for h in facts.heads.get(unit, ()) if h.person == row.person]
        if any(h.start < row.end and row.start < h.end for h in same):
            yield DELEGATE_HEAD.violation(
                row.record.at(*row.steps, "person"),
                Message("{person} heads the unit and is its delegate", person=row.person),
                subject=unit,
                fix=Message("take the delegation out, or name another person of the unit"),
            )


def office_outlived(facts: RuleContext) -> Iterator[Problem]:
    """Report heads and delegates who have gone from the unit, even if they came back to it."""
    for row in _offices(facts):
        last = _over(facts, row)
        if row.holds_on(facts.today) and row.start < last <= facts.today:
            if row.person in facts.left:
                continue  # an error of its own
            back = facts.works_until(row.person, row.unit, facts.today) > facts.today
            yield OUTLIVED.violation(
                row.record.at(*row.steps, "person"),
                Message(
                    "{person} went elsewhere on {day}, and has come back",
                    person=row.person,
                    day=last,
                )
                if back
                else Message(
                    "{person} no longer works there since {day}", person=row.person, day=last
                ),
                subject=row.unit,
                fix=Message("end the row with `until`; a right given anew is a new row")
                if back
                else Message("end the row with `until`, or name the successor"),
            )


def leaver_in_office(facts: RuleContext) -> Iterator[Problem]:
    """Report headships and delegations that last beyond the day their holder left."""
    for row in _offices(facts):
        left = facts.left.get(row.person)
        if left and row.end > left.start > row.start:
            yield LEAVER.violation(
                row.record.at(*row.steps, "person"),
                Message("{person} left on {day}", person=row.person, day=left.start),
                subject=row.unit,
                fix=Message("end the row with `until`, or name the successor from that day on"),
            )


def _offices(facts: RuleContext) -> Iterator[Row]:
    """Yield the headships and delegations of people whose posts are on record."""
    for listed in (*facts.heads.values(), facts.delegates.values()):
        yield from (row for row in listed if facts.posts.get(row.person))


def _may_hold(facts: RuleContext, row: Row) -> bool:
    """Tell whether a head has the mailbox today; whoever is not on record is reported elsewhere."""
    return not facts.posts.get(row.person) or _over(facts, row) > facts.today


def _over(facts: RuleContext, row: Row) -> str:
    """Return the day on which a transfer ended a headship or delegation."""
    return facts.works_until(row.person, row.unit, row.start)


RULES = (HEAD_WORKS, NO_HEAD, DELEGATE_WORKS, DELEGATE_HEAD, OUTLIVED, LEAVER)
CHECKS = (head_works_there, unit_has_head, delegate_is_head, office_outlived, leaver_in_office)
