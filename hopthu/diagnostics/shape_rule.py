"""Rules on one record alone: its fields and what they may hold. `schema` finds the breaches."""

from __future__ import annotations

from hopthu.diagnostics.rule import Rule

SHAPE = Rule(
    "shape",
    "Art. 5.2",
    "a record says what its schema asks, and nothing else; docs/data.md lists the fields",
)
RULES = (SHAPE,)
