"""The rule book: every rule, and every check across records. A new theme is added here."""

from __future__ import annotations

from hopthu.rules import addresses, files, identity, shape
from hopthu.rules.facts import Check
from hopthu.rules.rule import Rule

RULES: tuple[Rule, ...] = (*files.RULES, *shape.RULES, *identity.RULES, *addresses.RULES)
CHECKS: tuple[Check, ...] = (*identity.CHECKS, *addresses.CHECKS)
