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
_WHO_HELD_WHAT = (people, units, endings, offices, roles, basis, concern, timely)
RULES: tuple[Rule, ...] = (
    *files.RULES,
    *shape.RULES,
    *(rule for theme in _ACROSS for rule in theme.RULES),
    *revisions.RULES,
    *past.RULES,
)
SHARES: tuple[tuple[Check, ...], ...] = tuple(
    tuple(check for theme in themes for check in theme.CHECKS)
    for themes in ([theme for theme in _ACROSS if theme not in _WHO_HELD_WHAT], _WHO_HELD_WHAT)
)
"""Every check, in two shares of about as much work for two cores.

Only those of the second look at who held what when: one process alone has to work that out.
"""
BETWEEN = (*revisions.CHECKS, *past.CHECKS)
"""Checks of one revision against an earlier one."""
