"""The rule that nobody takes people out of another unit by its own decision (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from hopthu.diagnostics.problem import Problem
from hopthu.i18n.message import Message
from hopthu.model.competence import Act
from hopthu.rules.book import check
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.competence import COMPETENT, Competent, instead
from hopthu.rules.powers.uses import Use, of_row
from hopthu.rules.rows import Row


@check
def transfer_permitted(facts: RuleContext) -> Iterator[Problem]:
    """Report main posts that end one in another unit without a document of that or one above.

    The unit left may ask for the transfer instead of deciding it. Who heads it leaves it only by
    whoever decides on its head, unless somebody follows on that day.
    """
    power = Competent(facts)
    for listed in (posts for posts in facts.posts.values() if len(posts) > 1):
        main = sorted((post for post in listed if post.main), key=lambda post: post.start)
        for left, post in pairwise(main):
            if left.end == post.start and _goes_away(facts, left, post):
                yield from _unpermitted(power, left.unit, post)


def _goes_away(facts: RuleContext, left: Row, post: Row) -> bool:
    """Tell whether a post is in another unit than before, and not by the adoption of a list."""
    known = left.unit in facts.units and post.decision in facts.issuers
    return known and left.unit != post.unit and post.decision not in facts.adoptions


def _unpermitted(power: Competent, unit: str, post: Row) -> Iterator[Problem]:
    act: Act = "head" if _is_head(power.facts, unit, post) else "transfer"
    uses = [_use(power, unit, post, field, act) for field in ("decision", "request")]
    if any(use.document in power.issuers and power.permits(use) for use in uses):
        return
    yield COMPETENT.violation(
        post.record.at(*post.steps, "decision"),
        Message("they head {unit}, and neither document is by who decides on its head", unit=unit)
        if act == "head"
        else Message("they leave {unit}, and neither document lets them go", unit=unit),
        subject=post.record.id,
        fix=instead(power, uses[0]),
    )


def _is_head(facts: RuleContext, unit: str, post: Row) -> bool:
    """Tell whether somebody heads a unit as another post takes them away, and nobody follows."""
    heads = (row for row in facts.heads.get(unit, ()) if row.person == post.person)
    return any(row.start < post.start and row.holds_on(post.start) for row in heads)


def _use(power: Competent, unit: str, post: Row, field: str, act: Act) -> Use:
    return of_row(power.facts, post, field, act, (unit,))
