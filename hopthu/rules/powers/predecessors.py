"""For which successors a unit that ends has acted: its documents count as theirs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from hopthu.rules.context import RuleContext
from hopthu.rules.rows import Row


def heirs(facts: RuleContext, top: Collection[str]) -> Mapping[str, Sequence[str]]:
    """Return the successors of each unit that is over, if who decided on its end stands above them.

    By its superior alone, a unit would come to act for any other. `top` stands above all units.
    """
    return {
        unit: _agreed(facts, row, top)
        for unit, row in facts.ended.items()
        if row.start <= facts.today
    }


def coming(facts: RuleContext, unit: str, top: Collection[str]) -> Sequence[str]:
    """Return the successors of a unit whose end lies ahead, on the same terms."""
    row = facts.ended.get(unit)
    return _agreed(facts, row, top) if row and row.start > facts.today else ()


def _agreed(facts: RuleContext, end: Row, top: Collection[str]) -> list[str]:
    issuer = facts.issuers.get(end.decision, "")
    successors = facts.heirs[end.record.id]
    named = facts.policy.competence.ended
    if not issuer or issuer in top or issuer in named:  # one outside is above all as well
        return list(successors)
    return [heir for heir in successors if issuer in facts.above_on(heir, (end.start,))]
