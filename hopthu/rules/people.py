"""Rules on people: where they worked when (Art. 3, 5.2)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.rules.context import RuleContext
from hopthu.rules.rows import Row

IN_ORDER = Rule(
    "history-in-order",
    "Art. 5.2",
    "history is read from top to bottom; a change is one more row below",
)
DAYS = Rule("days-in-order", "Art. 5.2", "nothing ends before it began")
OVERLAP = Rule(
    "history-overlap",
    "Art. 5.2",
    "one main post and one head at a time: where two hold, nobody knows whose mailbox it is",
)
MAIN_POST = Rule(
    "one-main-post",
    "Art. 5.2",
    "the main post says which unit a person, and so their mailbox, belongs to",
)
HAS_POST = Rule(
    "person-has-post",
    "Art. 3",
    "a mailbox is an official's: without a post nobody signs in, and without leaving it stays so",
    "warning",
)
AFTER_LEAVING = Rule(
    "after-leaving",
    "Art. 5.2",
    "who has left the service holds no post and needs no lock: their mailbox is closed",
)


def history_in_order(facts: RuleContext) -> Iterator[Problem]:
    """Report rows that begin before the row above them."""
    for listed in _lists(facts):
        for above, row in itertools.pairwise(listed):
            if row.start < above.start:
                yield IN_ORDER.violation(
                    row.record.at(*row.steps, "from"),
                    Message("the row begins {day}, before the one above it", day=row.start),
                    subject=row.record.id,
                    fix=Message("sort the rows by their first day, the oldest on top"),
                )


def days_in_order(facts: RuleContext) -> Iterator[Problem]:
    """Report ends before their beginnings."""
    for row in facts.changes:
        if row.until and row.until < row.start:
            yield DAYS.violation(
                row.record.at(*row.steps, "until"),
                Message(
                    "it ends {until}, before it begins {start}", until=row.until, start=row.start
                ),
                subject=row.record.id,
                fix=Message("see both days; `until` is the last day it holds"),
            )
    for begun, over in ((_first_posts(facts), facts.left), (facts.created, facts.ended)):
        for key, end in over.items():
            if key in begun and end.start <= begun[key].start:
                yield DAYS.violation(
                    end.record.at(*end.steps, "on"),
                    Message(
                        "it ends {until}, before it begins {start}",
                        until=end.start,
                        start=begun[key].start,
                    ),
                    subject=key,
                    fix=Message("see both days; `on` is the first day without it"),
                )


def history_overlap(facts: RuleContext) -> Iterator[Problem]:
    """Report main posts and heads whose own end is after the next one's beginning."""
    for listed in (*facts.posts.values(), *facts.heads.values()):
        if len(listed) < 2:
            continue
        main = sorted((row for row in listed if row.main), key=lambda row: row.start)
        for row, following in itertools.pairwise(main):
            if row.kind == "head" and row.start == following.start:
                yield OVERLAP.violation(
                    following.record.at(*following.steps, "from"),
                    Message("two heads begin on {day}", day=row.start),
                    subject=row.record.id,
                    fix=Message("keep the one the decision names"),
                )
            elif row.until and row.start < following.start <= row.until:
                yield OVERLAP.violation(
                    row.record.at(*row.steps, "until"),
                    Message(
                        "it lasts until {until}, but the next one begins {start}",
                        until=row.until,
                        start=following.start,
                    ),
                    subject=row.record.id,
                    fix=Message(
                        "leave `until` out: the next row ends it; or mark one `main: false`"
                    ),
                )


def one_main_post(facts: RuleContext) -> Iterator[Problem]:
    """Report two main posts from one day, and posts beside no main post."""
    for listed in facts.posts.values():
        if len(listed) == 1 and listed[0].main:
            continue
        starts: set[str] = set()
        for row in listed:
            if row.main and row.start in starts:
                what = Message("a second main post begins on {day}", day=row.start)
                fix = Message("mark the one beside it `main: false`")
            elif not row.main and not any(r.main and r.holds_on(row.start) for r in listed):
                what = Message("the post stands beside no main post on {day}", day=row.start)
                fix = Message("leave `main: false` out of the post that says where they belong")
            else:
                starts.add(row.start if row.main else "")
                continue
            yield MAIN_POST.violation(
                row.record.at(*row.steps), what, subject=row.record.id, fix=fix
            )


def person_has_post(facts: RuleContext) -> Iterator[Problem]:
    """Report people whose last post has run out, and who have not left."""
    today = facts.today
    over = [listed for listed in facts.posts.values() if listed and listed[-1].end <= today]
    for listed in over:
        last = max(listed, key=lambda row: row.end)
        if last.person not in facts.left and last.start < last.end <= today:
            yield HAS_POST.violation(
                last.record.at(*last.steps),
                Message("the last post is over since {day}, and they have not left", day=last.end),
                subject=last.person,
                fix=Message(
                    "add the post they have now; if they left the service, say so with `left`"
                ),
            )


def after_leaving(facts: RuleContext) -> Iterator[Problem]:
    """Report posts and locks that begin once the person has left."""
    for key, left in facts.left.items():
        for row in (*facts.posts.get(key, ()), *facts.locks.get(key, ())):
            if row.start >= left.start:
                yield AFTER_LEAVING.violation(
                    row.record.at(*row.steps, "from"),
                    Message(
                        "it begins {start}, but they left on {day}", start=row.start, day=left.start
                    ),
                    subject=key,
                    fix=Message("take the row out, or see the day they left"),
                )


def _lists(facts: RuleContext) -> Iterator[Sequence[Row]]:
    for lists in (facts.posts, facts.heads, facts.locks):
        yield from (listed for listed in lists.values() if len(listed) > 1)


def _first_posts(facts: RuleContext) -> Mapping[str, Row]:
    """Return the first post of everybody who has left."""
    listed = ((key, facts.posts.get(key, ())) for key in facts.left)
    return {key: min(posts, key=lambda row: row.start) for key, posts in listed if posts}


RULES = (IN_ORDER, DAYS, OVERLAP, MAIN_POST, HAS_POST, AFTER_LEAVING)
CHECKS = (
    history_in_order,
    days_in_order,
    history_overlap,
    one_main_post,
    person_has_post,
    after_leaving,
)
