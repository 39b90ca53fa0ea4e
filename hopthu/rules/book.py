"""The decorators by which the rule book finds every check: a new theme is a module with one."""

from __future__ import annotations

from hopthu.rules.context import Check
from hopthu.rules.revision_pairs import Between

CHECKS: list[Check] = []
"""The checks of one revision, of the modules imported so far."""
EDIT_CHECKS: list[Between] = []
"""The checks of an edit against the revision it changes, of the modules imported so far."""


def check(function: Check) -> Check:
    """Register a check of one revision."""
    CHECKS.append(function)
    return function


def check_edit(function: Between) -> Between:
    """Register a check of an edit against the revision it changes."""
    EDIT_CHECKS.append(function)
    return function
