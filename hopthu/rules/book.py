"""The decorators by which the rule book finds every check: a new theme is a module with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hopthu.rules.context import Check

if TYPE_CHECKING:  # an edit knows who may decide, and rules are registered there as well
    from hopthu.rules.edit import CheckEdit

CHECKS: list[Check] = []
"""The checks of one revision, of the modules imported so far."""
EDIT_CHECKS: list[CheckEdit] = []
"""The checks of an edit against the revision it changes, of the modules imported so far."""


def check(function: Check) -> Check:
    """Register a check of one revision."""
    CHECKS.append(function)
    return function


def check_edit(function: CheckEdit) -> CheckEdit:
    """Register a check of an edit against the revision it changes."""
    EDIT_CHECKS.append(function)
    return function
