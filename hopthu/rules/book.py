"""The rule book: every rule, and every check across records. A new theme is added here."""

from __future__ import annotations

from hopthu.rules import (
    addresses,
    allowances,
    basis,
    concern,
    documents,
    endings,
    files,
    forbidden,
    identity,
    layout,
    naming,
    offices,
    past,
    people,
    revisions,
    roles,
    shape,
    timely,
    units,
)
from hopthu.rules.facts import Check
from hopthu.rules.rule import Rule

_ACROSS = (
    identity, addresses, naming, people, units, endings, offices, documents, roles, basis,
    concern, forbidden, timely, allowances, layout,
)  # fmt: skip
RULES: tuple[Rule, ...] = (
    *files.RULES,
    *shape.RULES,
    *(rule for theme in _ACROSS for rule in theme.RULES),
    *revisions.RULES,
    *past.RULES,
)
CHECKS: tuple[Check, ...] = tuple(check for theme in _ACROSS for check in theme.CHECKS)
BETWEEN = (*revisions.CHECKS, *past.CHECKS)
"""Checks of one revision against an earlier one."""
