"""The rule that a transfer ends a headship unless whoever decides on the head says otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hopthu.diagnostics.problem import Problem
from hopthu.i18n.message import Message
from hopthu.rules.book import check
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.competence import Competent
from hopthu.rules.powers.uses import of_row
from hopthu.rules.records.offices import WORKS
from hopthu.rules.rows import Row


@check
def head_by_second_post(facts: RuleContext) -> Iterator[Problem]:
    """Report heads who go to another unit, and would remain head by a post of no such decision.

    Their own unit may give them a second post, but does not decide on its head (Art. 7.2). Who
    headed it beside another main post from the first day does so by the decision on the head.
    """
    power = Competent(facts)
    for listed in facts.heads.values():
        for row in (row for row in listed if row.end > facts.today):
            posts = [post for post in facts.posts.get(row.person, ()) if post.unit == row.unit]
            if any(post.main and post.holds_on(row.start) for post in posts):
                yield from _kept(power, row, posts)


def _kept(power: Competent, row: Row, posts: Iterable[Row]) -> Iterator[Problem]:
    facts = power.facts
    lasting = min(row.end, facts.works_until(row.person, row.unit, row.start))
    decided = [post for post in posts if post.main or _is_decided(power, row.unit, post)]
    until = row.start
    for post in sorted(decided, key=lambda post: post.start):
        until = max(until, post.end) if post.start <= until else until
    if not until < lasting or lasting <= facts.today:
        return
    beside = next(post for post in posts if not post.main and post.holds_on(until))
    yield WORKS.violation(
        row.record.at(*row.steps, "person"),
        Message(
            "the main post of {person} here ends on {day}, and by {document}, which is not by who "
            "decides on the head, they would remain head",
            person=row.person,
            day=until,
            document=beside.decision,
        ),
        subject=row.unit,
        fix=Message(
            "close the row with `until`; if they remain head, add a new row by the decision on it"
        ),
    )


def _is_decided(power: Competent, unit: str, post: Row) -> bool:
    """Tell whether a post is by somebody who decides on the head; others are reported elsewhere."""
    known = post.decision in power.issuers
    return not known or power.permits(of_row(power.facts, post, "decision", "head", (unit,)))
