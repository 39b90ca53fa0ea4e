"""Rules on people: where they worked when (Art. 3, 5.2)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import same
from hopthu.model.timeline import Fact, days_after, written
from hopthu.rules.book import Found, check
from hopthu.rules.context import RuleContext


@check("days-in-order")
def rows_sorted(facts: RuleContext) -> Iterator[Found]:
    """Report rows that begin before the one above."""
    for lists in (facts.posts, facts.heads, facts.delegates, facts.locks, facts.fact_changes):
        for listed in (each for each in lists.values() if len(each) > 1):
            for above, row in itertools.pairwise(listed):
                if row.start < above.start:
                    what = Message(
                        "the row begins on {day}, before the one above it", day=row.start
                    )
                    fix = Message("sort the rows by their first day, the oldest on top")
                    yield Found(row.at("on" if row.kind == "change" else "from"), what, fix)


@check("days-in-order")
def ended_first(facts: RuleContext) -> Iterator[Found]:
    """Report rows that begin after they end."""
    ends = [(row, "until", row.until, row.start) for row in facts.changes
            if row.until and row.until < row.start]  # fmt: skip
    ends += [
        (over, "on", over.start, facts.since(over.record))
        for over in (*facts.left.values(), *facts.ended.values())
        if over.start <= facts.since(over.record)
    ]
    for row, field, end, start in ends:
        what = Message("ends on {until}, before it begins on {start}", until=end, start=start)
        fix = Message("check both dates; `on` is the first day without it")
        if field == "until":
            fix = Message("check both dates; `until` is inclusive")
        yield Found(row.at(field), what, fix)


@check("days-in-order")
def left_first(facts: RuleContext) -> Iterator[Found]:
    """Report rows that begin after their owner left."""
    for key, left in facts.left.items():
        for row in (*facts.posts.get(key, ()), *facts.locks.get(key, ())):
            if row.start >= left.start:
                what = Message(
                    "begins on {start}, but they left on {day}", start=row.start, day=left.start
                )
                fix = Message("delete the row, or check the date under `left`")
                yield Found(row.at("from"), what, fix)


@check("history-overlap")
def history_overlap(facts: RuleContext) -> Iterator[Found]:
    """Report main posts, heads and delegates that are two at a time, or none beside a second."""
    offices = (*facts.heads.values(), *facts.delegates.values())
    for listed in (*facts.posts.values(), *offices):
        if len(listed) > 1 or not all(row.main for row in listed):
            yield from _at_a_time(listed)
            yield from _posts_beside(listed)


def _at_a_time(listed: Sequence[Fact]) -> Iterator[Found]:
    """Yield main rows that hold at a time when another one does."""
    main = sorted((row for row in listed if row.main), key=lambda row: row.start)
    for row, following in itertools.pairwise(main):
        if row.start == following.start:
            what = Message("two begin on {day}, of which there is one at a time", day=row.start)
            fix = Message("keep the one the document names")
            if row.kind == "post":
                fix = Message("mark the one beside it `main: false`")
            yield Found(following.at("from"), what, fix)
        elif row.until and following.start <= row.until and row.kind != "delegate":
            # The next delegate ends a delegation, whatever its last day was to be.
            what = Message(
                "lasts until {until}, but the next one begins on {start}",
                until=row.until,
                start=following.start,
            )
            yield Found(row.at("until"), what, _one_at_a_time(row, following))


def _posts_beside(listed: Sequence[Fact]) -> Iterator[Found]:
    """Yield posts beside no main one, and the second of two that are the same."""
    posts = [row for row in listed if row.kind == "post"]
    for row in posts:
        if not row.main and not any(r.main and r.holds_on(row.start) for r in posts):
            what = Message("there is no main post on {day} beside this one", day=row.start)
            fix = Message("remove `main: false` from the post that says where they belong")
            yield Found(row.at(), what, fix)
    for row, again in itertools.combinations(posts, 2):
        overlap = row.start < again.end and again.start < row.end
        titles = {same(each.says("title")) for each in (row, again)}
        if overlap and row.unit == again.unit and len(titles) == 1:
            what = Message("the same post is listed twice from {day}", day=again.start)
            fix = Message("delete one of the two rows, or check unit, title and dates")
            yield Found(again.at(), what, fix)
            break


@check("person-has-post")
def person_has_post(facts: RuleContext) -> Iterator[Found]:
    """Report people whose last post has ended and who have not left; long ago is an error."""
    today, days = facts.today, facts.policy.lifecycle.without_post_days
    over = [listed for listed in facts.posts.values() if listed and listed[-1].end <= today]
    for listed in over:
        last = max(listed, key=lambda row: row.end)
        if last.start < last.end <= today and not facts.is_over(last.record):
            what = Message(
                "no post since {day}, and not left by {today}", day=last.end, today=today
            )
            fix = Message("add the post they have now, or check `left`, or add it if they left")
            found = Found(last.at(), what, fix)
            long_ago = days_after(last.end, days) <= today
            yield found._replace(severity="error") if long_ago else found


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
