"""Who may give a row that has begun another last day (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterable

from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.rules.competence import Competent
from hopthu.rules.context import RuleContext
from hopthu.rules.rows import Row


def may_end(facts: RuleContext, row: Row, documents: Iterable[str]) -> bool:
    """Tell whether one of `documents` may give a post another last day.

    It is of the unit that the post is in, or of whoever else decides on posts there: a unit has no
    say in another post of those who work in it. One whose issuer is unknown is reported elsewhere.
    """
    power = Competent(facts)
    issuers = (facts.issuers.get(document) for document in documents)
    return any(each is None or power.may("post", each, (row.unit,)) for each in issuers)


def who_may_end(facts: RuleContext, row: Row) -> Message:
    """Return what to do about a row that somebody else has ended."""
    able = [each for each in Competent(facts).able("post", (row.unit,)) if each in facts.units]
    return Message(
        "restore it, or cite in `changes` a document of: {issuers}", issuers=joined(able, ", ")
    )
