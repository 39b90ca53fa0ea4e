"""Who may give a row that has begun another last day (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import spelling
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.competence import OUTSIDE, Competent, outside_issuer
from hopthu.rules.rows import Row, one, rows
from hopthu.source.records import Record

SET = ("lock", "hold")
"""The rows that whoever set them lifts."""


def may_end(power: Competent, row: Row, documents: Iterable[str]) -> bool:
    """Tell whether one of `documents` may end a post, a lock or a hold on another day.

    A post is the matter of the unit it is in, or of whoever else decides on posts there: a unit has
    no say in another post of those who work in it. A lock or a hold is lifted by who set it, a unit
    above that, or the province. A document whose issuer is unknown is reported elsewhere.
    """
    if row.kind in SET:
        return may_undo(power, row, documents)
    issuers = [power.facts.issuers.get(document) for document in documents]
    return any(each is None or power.may("post", each, (row.unit,)) for each in issuers)


def may_undo(power: Competent, row: Row, documents: Iterable[str]) -> bool:
    """Tell whether one of `documents` is by who decided on a row, a unit above, or the province.

    Where there is no decision, that is who asked. A document whose issuer is unknown is reported
    elsewhere.
    """
    facts, basis = power.facts, _basis(row)
    if basis not in facts.issuers:
        return True
    for document in documents:
        issuer = facts.issuers.get(document)
        if issuer is None or issuer in _lifting(power, row):
            return True
        if _is_by_the_same(facts, basis, document):
            return True
    return False


def _basis(row: Row) -> str:
    return row.decision or row.request


def who_may_end(power: Competent, row: Row) -> Message:
    """Return what to do about a row that somebody else has ended."""
    facts = power.facts
    able = power.able("post", (row.unit,)) if row.kind == "post" else _lifting(power, row)
    named = [Message("the authority that set it")] if _is_outside(facts, row) else []
    issuers = joined([*named, *(each for each in able if each in facts.units)], ", ")
    return Message("restore it, or cite in `changes` a document of: {issuers}", issuers=issuers)


def lifted(old: Record, new: Record, today: str) -> Iterator[Row]:
    """Yield the locks and the hold of today that are there no more, or begin on another day."""
    there = {row.start for row in rows("lock", new, "locked")}
    yield from (
        row for row in rows("lock", old, "locked") if row.holds_on(today) and row.start not in there
    )
    was, now = one("hold", old, "hold"), one("hold", new, "hold")
    if was and was.holds_on(today) and not (now and now.start == was.start):
        yield was


def _lifting(power: Competent, row: Row) -> list[str]:
    """Return the units that may lift a lock or a hold, the one that set it first."""
    facts, setter = power.facts, power.facts.issuers[_basis(row)]
    if setter == OUTSIDE:
        return power.top
    above = facts.past.above(setter, facts.today)
    return list(dict.fromkeys([*above, *power.heirs.get(setter, ()), *power.top]))


def _is_outside(facts: RuleContext, row: Row) -> bool:
    return row.kind in SET and facts.issuers[_basis(row)] == OUTSIDE


def _is_by_the_same(facts: RuleContext, one: str, another: str) -> bool:
    """Tell whether two documents are of one authority outside."""
    if not facts.issuers[one] == facts.issuers[another] == OUTSIDE:
        return False
    return spelling(outside_issuer(facts, one)) == spelling(outside_issuer(facts, another))
