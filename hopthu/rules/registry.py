"""The rule book: every rule, and every check across records. A new theme is added here."""

from __future__ import annotations

from hopthu.diagnostics import file_rules, shape_rule
from hopthu.diagnostics.rule import Rule
from hopthu.rules import (
    addresses,
    allowances,
    basis,
    concern,
    deadlines,
    documents,
    endings,
    forbidden,
    identity,
    immutable_history,
    layout,
    naming,
    offices,
    people,
    revisions,
    roles,
    settings,
    units,
)
from hopthu.rules.context import Check

_SHARES = (
    (people, units, endings, offices, roles, basis, concern, deadlines),
    (identity, addresses, naming),
    (documents, forbidden, allowances, settings, layout),
)
RULES: tuple[Rule, ...] = (
    *file_rules.RULES,
    *shape_rule.RULES,
    *(rule for themes in _SHARES for theme in themes for rule in theme.RULES),
    *revisions.RULES,
    *immutable_history.RULES,
)
SHARES: tuple[tuple[Check, ...], ...] = tuple(
    tuple(check for theme in themes for check in theme.CHECKS) for themes in _SHARES
)
"""Every check, in shares for several cores; the first is as much work as the others together.

Only those of the first look at who held what when: one process alone has to work that out.
"""
BETWEEN = (*revisions.CHECKS, *immutable_history.CHECKS)
"""Checks of one revision against an earlier one."""
