"""Rules on people: where they worked when (Art. 3, 5.2)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TypeAlias

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import same
from hopthu.model.timeline import Fact, text, written
from hopthu.rules.book import check
from hopthu.rules.context import RuleContext

IN_ORDER = Rule(
    "days-in-order",
    "Art. 5.2",
    "history reads from top to bottom: a row begins no earlier than those above it, does not end "
    "before it begins, and begins before its owner leaves the service",
)
OVERLAP = Rule(
    "history-overlap",
    "Art. 5.2",
    "a person has one main post at a time, which says to which unit they and their mailbox belong, "
    "and a unit has one head and one delegate",
)
HAS_POST = Rule(
    "person-has-post",
    "Art. 3",
    "a mailbox belongs to an official: without a post its owner cannot sign in, but it still "
    "receives mail; after the days set in policy this is an error",
    "warning",
)
HAS_MAILBOX = Rule(
    "person-has-mailbox",
    "Art. 5.2",
    "a recruit is given a mailbox; without one nobody can write to them, and no plan says so",
    "warning",
)
_Fault: TypeAlias = tuple[Fact, str, Message, Message]
"""A row, its field that is wrong, what is, and what to do."""


@check
def days_in_order(facts: RuleContext) -> Iterator[Problem]:
    """Report rows that begin before the one above, after their owner left, or after they end."""
    for row, field, what, fix in (*_unsorted(facts), *_ended_first(facts), *_left_first(facts)):
        at = row.record.at(*row.steps, field)
        yield IN_ORDER.violation(at, what, fix=fix)


def _unsorted(facts: RuleContext) -> Iterator[_Fault]:
    for lists in (facts.posts, facts.heads, facts.delegates, facts.locks, facts.fact_changes):
        for listed in (each for each in lists.values() if len(each) > 1):
            for above, row in itertools.pairwise(listed):
                if row.start < above.start:
                    yield (
                        row,
                        "on" if row.kind == "change" else "from",
                        Message("the row begins on {day}, before the one above it", day=row.start),
                        Message("sort the rows by their first day, the oldest on top"),
                    )


def _ended_first(facts: RuleContext) -> Iterator[_Fault]:
    ends = [(row, "until", row.until, row.start) for row in facts.changes
            if row.until and row.until < row.start]  # fmt: skip
    for begun, over in ((_first_posts(facts), facts.left), (facts.created, facts.ended)):
        ends += [(end, "on", end.start, begun[key].start) for key, end in over.items()
                 if key in begun and end.start <= begun[key].start]  # fmt: skip
    for row, field, end, start in ends:
        what = Message("ends on {until}, before it begins on {start}", until=end, start=start)
        fix = Message("check both dates; `on` is the first day without it")
        if field == "until":
            fix = Message("check both dates; `until` is inclusive")
        yield row, field, what, fix


def _left_first(facts: RuleContext) -> Iterator[_Fault]:
    for key, left in facts.left.items():
        for row in (*facts.posts.get(key, ()), *facts.locks.get(key, ())):
            if row.start >= left.start:
                what = Message(
                    "begins on {start}, but they left on {day}", start=row.start, day=left.start
                )
                yield row, "from", what, Message("delete the row, or check the date under `left`")


@check
def history_overlap(facts: RuleContext) -> Iterator[Problem]:
    """Report main posts, heads and delegates that are two at a time, or none beside a second."""
    offices = (*facts.heads.values(), *facts.delegates.values())
    for listed in (*facts.posts.values(), *offices):
        if len(listed) > 1 or not all(row.main for row in listed):
            for row, field, what, fix in (*_twice(listed), *_main_posts(listed)):
                at = row.record.at(*row.steps, *filter(None, (field,)))
                yield OVERLAP.violation(at, what, fix=fix)


def _twice(listed: Sequence[Fact]) -> Iterator[_Fault]:
    """Yield rows that hold at a time when another one does, or is the same."""
    main = sorted((row for row in listed if row.main), key=lambda row: row.start)
    for row, following in itertools.pairwise(main):
        if row.kind != "post" and row.start == following.start:
            what = Message("two delegates begin on {day}", day=row.start)
            if row.kind == "head":
                what = Message("two heads begin on {day}", day=row.start)
            yield following, "from", what, Message("keep the one the document names")
        elif row.kind == "delegate":
            continue  # the next one ends it, whatever its last day was to be
        elif row.until and row.start < following.start <= row.until:
            what = Message(
                "lasts until {until}, but the next one begins on {start}",
                until=row.until,
                start=following.start,
            )
            yield row, "until", what, _one_at_a_time(row, following)
    for row, again in itertools.combinations(listed, 2):
        overlap = row.kind == "post" and row.start < again.end and again.start < row.end
        if overlap and row.unit == again.unit and _title(row) == _title(again):
            what = Message("the same post is listed twice from {day}", day=again.start)
            fix = Message("delete one of the two rows, or check unit, title and dates")
            yield again, "", what, fix
            break


def _main_posts(listed: Sequence[Fact]) -> Iterator[_Fault]:
    """Yield the second of two main posts from one day, and secondary posts without a main one."""
    starts: set[str] = set()
    for row in (each for each in listed if each.kind == "post"):
        if row.main and row.start in starts:
            what = Message("a second main post begins on {day}", day=row.start)
            yield row, "", what, Message("mark the one beside it `main: false`")
        elif not row.main and not any(r.main and r.holds_on(row.start) for r in listed):
            what = Message("there is no main post on {day} beside this one", day=row.start)
            fix = Message("remove `main: false` from the post that says where they belong")
            yield row, "", what, fix
        elif row.main:
            starts.add(row.start)


@check
def person_has_post(facts: RuleContext) -> Iterator[Problem]:
    """Report people whose last post has ended and who have not left."""
    today = facts.today
    over = [listed for listed in facts.posts.values() if listed and listed[-1].end <= today]
    for listed in over:
        last = max(listed, key=lambda row: row.end)
        if last.start < last.end <= today and not facts.is_over(last.record):
            left = facts.left.get(last.person)
            yield HAS_POST.violation(
                last.record.at(*last.steps),
                Message(
                    "no post since {day}, and they leave only on {until}",
                    day=last.end,
                    until=left.start,
                )
                if left
                else Message("no post since {day}, and no `left`", day=last.end),
                fix=Message("add the post they have until then, or check the date under `left`")
                if left
                else Message("add the post they have now, or `left` if they left the service"),
                severity="error" if _late(facts, last.end) else None,
            )


@check
def person_has_mailbox(facts: RuleContext) -> Iterator[Problem]:
    """Report people who hold a post today and have no mailbox."""
    for person, record in facts.people.items():
        if "mailbox" in record.data:
            continue
        if any(row.holds_on(facts.today) for row in facts.posts[person]):
            yield HAS_MAILBOX.violation(
                record.at(),
                Message("an official in service has no mailbox"),
                fix=Message("add `mailbox`; `hopthu address` gives the free address for a name"),
            )


def _one_at_a_time(row: Fact, following: Fact) -> Message:
    if row.kind == "post":
        return Message("remove `until`: the next row ends this one; or mark one `main: false`")
    if written(following).get("acting") is True:
        return Message(
            "somebody acts as head only while there is none: end this row before {day}, or let "
            "the acting head begin later",
            day=following.start,
        )
    return Message("remove `until`: the next head ends this row")


def _title(row: Fact) -> str:
    return same(text(written(row), "title"))


def _late(facts: RuleContext, end: str) -> bool:
    """Tell whether somebody has been without a post for longer than policy allows."""
    days = (facts.on - date.fromisoformat(end)).days
    return days >= facts.policy.lifecycle.without_post_days


def _first_posts(facts: RuleContext) -> Mapping[str, Fact]:
    """Return the first post of everybody who has left."""
    listed = ((key, facts.posts.get(key, ())) for key in facts.left)
    return {key: min(posts, key=lambda row: row.start) for key, posts in listed if posts}
