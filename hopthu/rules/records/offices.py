"""Rules on who holds a unit's mailbox: its head, and one delegate (Art. 7.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from hopthu.desired.unit_folders import MOST_UNITS
from hopthu.i18n.message import Message
from hopthu.i18n.terms import in_days, some_id
from hopthu.model.timeline import NEVER, Fact, day_before, days_after, unbroken
from hopthu.rules.book import Found, check
from hopthu.rules.context import RuleContext


@check("holder-works-there")
def holder_works_there(facts: RuleContext) -> Iterator[Found]:
    """Report heads and delegates who do not work in the unit, and heads who are delegates."""
    listed = (*facts.heads.values(), *facts.delegates.values())
    # Of people whose posts are not on record, which is reported elsewhere, nothing is known.
    for row in (row for rows in listed for row in rows if facts.posts.get(row.person)):
        heads = facts.heads.get(row.unit, ()) if row.kind == "delegate" else ()
        same = (head for head in heads if head.person == row.person)
        if facts.works_until(row.person, row.unit, row.start) == row.start:
            what = Message(
                "{person} has no post in the unit on {day}", person=row.person, day=row.start
            )
            fix = Message("name somebody who works there, or add the missing post")
            yield Found(row.at("person"), what, fix)
        elif any(head.start < row.term and row.start < head.term for head in same):
            what = Message("{person} heads the unit and is its delegate", person=row.person)
            fix = Message("delete the delegation, or name another person of the unit")
            yield Found(row.at("person"), what, fix)
        elif found := _outlived(facts, row):
            yield found._replace(severity="warning")


def _outlived(facts: RuleContext, row: Fact) -> Found | None:
    """Return what ended an office that its row leaves open, even if the holder came back since.

    Of a delegate a main post elsewhere as well: they are still of the unit by another one, so the
    delegation goes on; the head should decide it.
    """
    person, left, today = row.person, facts.left.get(row.person), facts.today
    leaves = left is not None and left.start == row.end
    if row.end < row.term and (leaves or row.end <= today < row.term):
        what = Message("{person} left the unit on {day}", person=person, day=row.end)
        fix = Message(
            "close the row with `until`, or name the successor; whoever came back needs a new row"
        )
        return Found(row.at("person"), what, fix)
    if row.kind == "head":
        return None
    for post in facts.posts[person] if row.holds_on(today) else ():
        if post.main and post.holds_on(today) and post.unit != row.unit and post.start > row.start:
            what = Message(
                "{person} moved to {unit} on {day}, and remains delegate by a post beside that",
                person=person, unit=post.unit, day=post.start,
            )  # fmt: skip
            return Found(row.at("person"), what, _end_it(today))
    of_a_head = any(head.term == row.term for head in facts.heads.get(row.unit, ()))
    last = row is facts.delegates[row.unit][-1] and facts.lives(row.unit, today)
    if last and of_a_head and row.start < row.term <= today <= row.until:
        what = Message("the term of the head who gave it ended before {day}", day=row.term)
        fix = Message("close the row with `until`; if the next head confirms it, add a new row")
        return Found(row.at("until"), what, fix)
    return None


def _end_it(today: str) -> Message:
    """Return how a delegation is ended that would go on."""
    row = f"on: {today}, facts: [delegates], request: {some_id('documents', 'request')}"
    return Message(
        "if the head confirms it, add a new row; otherwise close the row with `until`, {last} at "
        "the earliest, and add to `changes` who asked: `- {row}`",
        last=day_before(today),
        row=f"{{{row}}}",
    )


@check("unit-has-head")
def unit_has_head(facts: RuleContext) -> Iterator[Found]:
    """Report units that have a mailbox and no head, today or from the first day that brings it."""
    if not facts.source.complete("people"):
        return
    for unit, record in facts.units.items():
        heads = facts.heads.get(unit, ())
        begin = max(facts.today, facts.created[unit].start if unit in facts.created else "")
        day = unbroken(sorted((row.start, row.end) for row in heads), begin)
        if "mailbox" not in record.data or day == NEVER or not facts.lives(unit, day):
            continue
        gone = [row for row in heads if row.end <= day]
        last = max(gone, key=lambda row: (row.end, row.start), default=None)
        what = Message("the unit has no head from {day} on", day=day)
        if last and day > begin:
            what = Message("{what}, after {person}", what=what, person=last.person)
        fix = Message(
            "add the head from that day on to `heads`, or an acting head with `acting: true`"
        )
        at = _ended_by(facts, last).at() if last else record.at()
        yield Found(at, what, fix, subject=unit)


def _ended_by(facts: RuleContext, head: Fact) -> Fact:
    """Return the row by which a headship is over: an end, a post, or its own."""
    rows = [facts.left.get(head.person), *facts.posts.get(head.person, ())]
    if head.end == head.start or (head.end == head.term and not rows[0]):
        return head
    known = [row for row in rows if row and head.end in (row.start, row.end)]
    return min(known, key=lambda row: row.start != head.end, default=head)


@check("unit-has-head")
def locked_head(facts: RuleContext) -> Iterator[Found]:
    """Report heads who are locked while nobody else may open the mailbox of the unit."""
    for unit, heads in facts.heads.items():
        for head in heads if "mailbox" in facts.units[unit].data else ():
            for lock in facts.locks.get(head.person, ()):
                day = max(lock.start, head.start, facts.today)
                if day >= min(lock.end, head.end) or not facts.lives(unit, day):
                    continue
                there = (row for row in facts.delegates.get(unit, ()) if row.holds_on(day))
                locks = (facts.locks.get(row.person, ()) for row in there)
                if all(any(each.holds_on(day) for each in listed) for listed in locks):
                    what = Message(
                        "its head {person} is locked from {day} on, and nobody else may open "
                        "the mailbox",
                        person=head.person,
                        day=lock.start,
                    )
                    fix = Message("add an acting head with `acting: true` to `heads`")
                    yield Found(lock.at(), what, fix, subject=unit)


@check("delegation-term")
def delegation_term(facts: RuleContext) -> Iterator[Found]:
    """Report delegations longer than policy allows."""
    most = facts.policy.lifecycle.delegation_days
    for row in (row for rows in facts.delegates.values() for row in rows):
        last = days_after(row.start, most - 1)
        if row.until > last:
            what = Message("the delegation lasts more than {days}", days=in_days(most))
            fix = Message("write {written} at the latest", written=last)
            yield Found(row.at("until"), what, fix)


@check("offices-at-once")
def offices_at_once(facts: RuleContext) -> Iterator[Found]:
    """Report people who hold more unit mailboxes, today or later, than one can be shown."""
    held = defaultdict[str, list[Fact]](list)
    for row in (
        row for by in (facts.heads, facts.delegates) for rows in by.values() for row in rows
    ):
        if "mailbox" in facts.units[row.unit].data:
            held[row.person].append(row)
    for person, rows in held.items():
        for row in sorted(rows, key=lambda row: (row.start, row.unit)):
            day = max(row.start, facts.today)
            there = {e.unit for e in rows if e.holds_on(day) and facts.lives(e.unit, day)}
            if row.holds_on(day) and len(there) > MOST_UNITS:
                what = Message(
                    "{person} holds the mailboxes of {number} units on {day}, at most {most}",
                    person=person, number=len(there), day=day, most=MOST_UNITS,
                )  # fmt: skip
                fix = Message("name somebody else for some of the units")
                yield Found(row.at("person"), what, fix)
                break
