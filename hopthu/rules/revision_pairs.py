"""Records as two revisions have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hopthu.diagnostics.problem import Problem
from hopthu.rules.context import RuleContext
from hopthu.source.records import Record

Between = Callable[[RuleContext, RuleContext], Iterator[Problem]]
"""A check of one revision against an earlier one, which comes first."""


def pairs(before: RuleContext, after: RuleContext, *kinds: str) -> Iterator[tuple[Record, Record]]:
    """Yield the records of `kinds` that are in both revisions, and differ."""
    for kind in kinds:
        there = {record.id: record for record in after.source.records[kind]}
        for old in before.source.records[kind]:
            if old.id in there and old.data != there[old.id].data:
                yield old, there[old.id]
