"""Rules on who holds a unit's mailbox: its head, and one delegate (Art. 7.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from hopthu.diagnostics.problem import Mark, Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import in_days, some_id
from hopthu.model.timeline import NEVER, Fact, day_before
from hopthu.rules.book import check
from hopthu.rules.context import RuleContext

WORKS = Rule(
    "holder-works-there",
    "Art. 7.2",
    "the unit mailbox is for the head of the unit and one person of it, whom the head authorises",
)
NO_HEAD = Rule(
    "unit-has-head",
    "Art. 7.2",
    "without a head, or an acting head, nobody else can be given access to the unit mailbox",
    "warning",
)
DELEGATE_HEAD = Rule(
    "delegate-is-head",
    "Art. 7.2",
    "the head has access already; a delegation is for another person",
)
OUTLIVED = Rule(
    "office-outlived",
    "Art. 7.2",
    "a transfer or leaving the service ends access to the unit mailbox, and a delegation ends with "
    "the head who gave it; the record should say so",
    "warning",
)
TERM = Rule(
    "delegation-term",
    "Art. 7.2",
    "a delegation is for a time that policy limits; after it the head decides again",
)


@check
def holder_works_there(facts: RuleContext) -> Iterator[Problem]:
    """Report heads and delegates without a post in the unit on their first day, or no longer."""
    for row in _offices(facts):
        if _over(facts, row) == row.start:
            rule, what = (
                WORKS,
                Message(
                    "{person} has no post in the unit on {day}", person=row.person, day=row.start
                ),
            )
            fix = Message("name somebody who works there, or add the missing post")
        elif found := _outlived(facts, row):
            rule, (what, fix) = OUTLIVED, found
        else:
            continue
        yield rule.violation(row.record.at(*row.steps, "person"), what, subject=row.unit, fix=fix)


def _outlived(facts: RuleContext, row: Fact) -> tuple[Message, Message] | None:
    """Return what ended a headship or delegation, even if its holder came back since.

    Of a delegate a main post elsewhere as well: they are still of the unit by another one, so the
    delegation goes on; the head should decide it.
    """
    person, last, left = row.person, _over(facts, row), facts.left.get(row.person)
    if left and row.end > left.start == last > row.start:
        return Message("{person} left on {day}", person=person, day=left.start), Message(
            "close the row with `until`, or name the successor from that day on"
        )
    if not row.holds_on(facts.today) or last <= row.start:
        return None
    if last > facts.today:
        posts = [post for post in facts.posts[person] if post.main and post.holds_on(facts.today)]
        moved = [post for post in posts if post.unit != row.unit and post.start > row.start]
        if row.kind == "head" or not moved:
            return None
        return Message(
            "{person} moved to {unit} on {day}, and remains delegate by a post beside that",
            person=person,
            unit=moved[0].unit,
            day=moved[0].start,
        ), _end_it(facts.today)
    if facts.works_until(person, row.unit, facts.today) > facts.today:
        return Message("{person} left the unit on {day} and came back", person=person, day=last), (
            Message("close the row with `until`; if access was given again, add a new row")
        )
    return Message("{person} has not worked there since {day}", person=person, day=last), Message(
        "close the row with `until`, or name the successor"
    )


def _end_it(today: str) -> Message:
    """Return how a delegation is ended that would go on."""
    row = f"on: {today}, facts: [delegates], request: {some_id('documents', 'request')}"
    return Message(
        "if the head confirms it, add a new row; otherwise close the row with `until`, {last} at "
        "the earliest, and add to `changes` who asked: `- {row}`",
        last=day_before(today),
        row=f"{{{row}}}",
    )


@check
def unit_has_head(facts: RuleContext) -> Iterator[Problem]:
    """Report units that have a mailbox and no head, today or from the first day that brings it."""
    if not facts.source.complete("people"):
        return
    for unit, record in facts.units.items():
        if "mailbox" not in record.data:
            continue
        first = max(facts.today, facts.created[unit].start if unit in facts.created else "")
        without, after = _without_head(facts, unit, first)
        if without == NEVER or not facts.lives(unit, without):
            continue
        if without == facts.today:
            what = Message("the unit has no head on {day}", day=without)
            fix = Message("add the head to `heads`, or an acting head with `acting: true`")
        else:
            what = (
                Message(
                    "the unit has no head from {day} on, after {person}", day=without, person=after
                )
                if after
                else Message("the unit has no head from {day} on", day=without)
            )
            fix = Message(
                "add the head from that day on to `heads`, or an acting head with `acting: true`"
            )
        gone = [row for row in facts.heads.get(unit, ()) if _held_until(facts, row) <= without]
        last = max(gone, key=lambda row: _held_until(facts, row), default=None)
        at = _ended_by(facts, last) if last else record.at()
        yield NO_HEAD.violation(at, what, subject=unit, fix=fix)


def _ended_by(facts: RuleContext, head: Fact) -> Mark:
    """Return the place of the row by which a headship is over: an end, a post, or its own."""
    day = _held_until(facts, head)
    left = [row for row in (facts.left.get(head.person),) if row and row.start == day]
    posts = [row for row in facts.posts.get(head.person, ()) if day in (row.start, row.end)]
    posts.sort(key=lambda row: row.start != day)
    row: Fact = [*left, *(posts if _over(facts, head) == day else ()), head][0]
    return row.record.at(*row.steps)


@check
def locked_head(facts: RuleContext) -> Iterator[Problem]:
    """Report heads who are locked while nobody else may open the mailbox of the unit."""
    for unit, heads in facts.heads.items():
        for head in heads if "mailbox" in facts.units[unit].data else ():
            for lock in facts.locks.get(head.person, ()):
                day = max(lock.start, head.start, facts.today)
                if day >= min(lock.end, _held_until(facts, head)) or not facts.lives(unit, day):
                    continue
                if not any(_opens(facts, row, day) for row in facts.delegates.get(unit, ())):
                    yield NO_HEAD.violation(
                        lock.record.at(*lock.steps),
                        Message(
                            "its head {person} is locked from {day} on, and nobody else may open "
                            "the mailbox",
                            person=head.person,
                            day=lock.start,
                        ),
                        subject=unit,
                        fix=Message("add an acting head with `acting: true` to `heads`"),
                    )


def _opens(facts: RuleContext, delegate: Fact, day: str) -> bool:
    """Return whether a delegate has access to the unit mailbox on a day."""
    locked = any(lock.holds_on(day) for lock in facts.locks.get(delegate.person, ()))
    return delegate.holds_on(day) and not locked and day < _over(facts, delegate)


def _without_head(facts: RuleContext, unit: str, day: str) -> tuple[str, str]:
    """Return the first day from `day` on without a head, and who was the last one.

    NEVER, where there always is one; an empty string, where nobody heads the unit on `day`.
    """
    heads, person = facts.heads.get(unit, ()), ""
    while True:
        held = ((_held_until(facts, row), row.person) for row in heads if row.holds_on(day))
        last, head = max(held, default=(day, ""))
        if last <= day:
            return day, person
        day, person = last, head


@check
def delegate_is_head(facts: RuleContext) -> Iterator[Problem]:
    """Report delegations to the unit's own head."""
    for unit, row in ((unit, row) for unit, rows in facts.delegates.items() for row in rows):
        same = [h for h in facts.heads.get(unit, ()) if h.person == row.person]
        if any(h.start < row.end and row.start < h.end for h in same):
            yield DELEGATE_HEAD.violation(
                row.record.at(*row.steps, "person"),
                Message("{person} heads the unit and is its delegate", person=row.person),
                subject=unit,
                fix=Message("delete the delegation, or name another person of the unit"),
            )


@check
def delegation_term(facts: RuleContext) -> Iterator[Problem]:
    """Report delegations longer than policy allows, and those that outlast the head's term."""
    most = facts.policy.lifecycle.delegation_days
    for listed in facts.delegates.values():
        for row in listed:
            if not row.until or row.until < row.start:
                continue
            last = (date.fromisoformat(row.start) + timedelta(days=most - 1)).isoformat()
            if row.until > last:
                yield TERM.violation(
                    row.record.at(*row.steps, "until"),
                    Message("the delegation lasts more than {days}", days=in_days(most)),
                    subject=row.unit,
                    fix=Message("write {written} at the latest", written=last),
                )
    yield from _beyond_the_head(facts)


def _beyond_the_head(facts: RuleContext) -> Iterator[Problem]:
    for unit, listed in facts.delegates.items():
        row = listed[-1] if listed else None
        if row is None or row.until < facts.today or not row.start < row.end <= facts.today:
            continue
        followed = any(head.end == row.end for head in facts.heads.get(unit, ()))
        if followed and facts.lives(unit, facts.today):
            yield OUTLIVED.violation(
                row.record.at(*row.steps, "until"),
                Message("the term of the head who gave it ended before {day}", day=row.end),
                subject=unit,
                fix=Message(
                    "close the row with `until`; if the next head confirms it, add a new row"
                ),
            )


def _offices(facts: RuleContext) -> Iterator[Fact]:
    """Yield the headships and delegations of people whose posts are on record."""
    for listed in (*facts.heads.values(), *facts.delegates.values()):
        yield from (row for row in listed if facts.posts.get(row.person))


def _held_until(facts: RuleContext, row: Fact) -> str:
    """Return the first day on which a head no longer has the mailbox.

    Who is not on record, or never worked there, is reported elsewhere.
    """
    over = _over(facts, row) if facts.posts.get(row.person) else row.start
    return row.end if over == row.start else min(over, row.end)


def _over(facts: RuleContext, row: Fact) -> str:
    """Return the day on which a transfer ended a headship or delegation."""
    return facts.works_until(row.person, row.unit, row.start)
