"""The rule about the shape of a record: its fields and values. `schema` finds violations."""

from __future__ import annotations

from hopthu.diagnostics.rule import Rule

SHAPE = Rule(
    "shape",
    "Art. 5.2",
    "a record says what its schema asks, and nothing else; docs/data.md lists the fields",
)
RULES = (SHAPE,)
