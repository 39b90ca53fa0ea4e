"""The rule book: every rule, and every check across records. A new theme is added here."""

from __future__ import annotations

from hopthu.diagnostics import file_rules, shape_rule
from hopthu.diagnostics.rule import Rule
from hopthu.rules import (
    addresses,
    adoption,
    ages,
    aliases,
    allowances,
    basis,
    borrowed_names,
    change_rows,
    competence,
    concern,
    deadlines,
    documents,
    endings,
    expectations,
    fact_basis,
    forbidden,
    former_domains,
    given_up,
    identity,
    idle_changes,
    immutable_history,
    kept_headships,
    layout,
    namesakes,
    naming,
    of_holds,
    offices,
    people,
    planned,
    plausible_days,
    policy_first,
    redirects,
    revisions,
    roles,
    serving,
    settings,
    symbols,
    takeovers,
    transfers,
    unit_kinds,
    units,
    untold_facts,
)
from hopthu.rules.context import Check

_SHARES = (
    (
        people,
        unit_kinds,
        units,
        endings,
        redirects,
        offices,
        roles,
        basis,
        change_rows,
        concern,
        competence,
        kept_headships,
        transfers,
        borrowed_names,
        serving,
        adoption,
        deadlines,
        plausible_days,
    ),
    (identity, addresses, aliases, naming, takeovers),
    (documents, symbols, forbidden, former_domains, allowances, settings, layout),
)
RULES: tuple[Rule, ...] = (
    *file_rules.RULES,
    *shape_rule.RULES,
    *(rule for themes in _SHARES for theme in themes for rule in theme.RULES),
    *revisions.RULES,
    *fact_basis.RULES,
    *immutable_history.RULES,
    *planned.RULES,
    *ages.RULES,
    *given_up.RULES,
    *idle_changes.RULES,
    *namesakes.RULES,
    *policy_first.RULES,
    *expectations.RULES,
)
SHARES: tuple[tuple[Check, ...], ...] = tuple(
    tuple(check for theme in themes for check in theme.CHECKS) for themes in _SHARES
)
"""Every check, in shares for several cores; the first is as much work as the others together.

Only those of the first use posts and offices over time, which a single process computes.
"""
BETWEEN = (
    *revisions.CHECKS,
    *fact_basis.CHECKS,
    *immutable_history.CHECKS,
    *planned.OF_EDITS,
    *former_domains.BETWEEN,
    *ages.OF_EDITS,
    *allowances.OF_EDITS,
    *basis.OF_EDITS,
    *given_up.OF_EDITS,
    *idle_changes.OF_EDITS,
    *namesakes.OF_EDITS,
    *of_holds.OF_EDITS,
    *policy_first.OF_EDITS,
    *untold_facts.OF_EDITS,
)
"""Every check of an edit against the revision it changes."""
