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

_SHARES = (
    (people, units, endings, offices, roles, basis, concern, timely),
    (identity, addresses, naming),
    (documents, forbidden, allowances, layout),
)
RULES: tuple[Rule, ...] = (
    *files.RULES,
    *shape.RULES,
    *(rule for themes in _SHARES for theme in themes for rule in theme.RULES),
    *revisions.RULES,
    *past.RULES,
)
SHARES: tuple[tuple[Check, ...], ...] = tuple(
    tuple(check for theme in themes for check in theme.CHECKS) for themes in _SHARES
)
"""Every check, in shares for several cores; the first is as much work as the others together.

Only those of the first look at who held what when: one process alone has to work that out.
"""
BETWEEN = (*revisions.CHECKS, *past.CHECKS)
"""Checks of one revision against an earlier one."""
