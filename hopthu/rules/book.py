"""The rule book: the table of rules (`rules.yaml`), and the checks, found by their decorators."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from hopthu.diagnostics.rule import Rule
from hopthu.rules.context import Check

if TYPE_CHECKING:  # an edit knows who may decide, and rules are registered there as well
    from hopthu.rules.edit import CheckEdit

_RAW = Path(__file__).with_name("rules.yaml").read_bytes()
TABLE: Mapping[str, Mapping[str, dict[str, Any] | None]] = yaml.load(_RAW, Loader=yaml.CSafeLoader)
"""The rules by their part of the table, whose head says what the fields mean."""
LINES = {key: line for part in TABLE.values() for key, line in part.items() if line}
CHECKS: list[Check] = []
"""The checks of one revision, of the modules imported so far."""
EDIT_CHECKS: list[CheckEdit] = []
"""The checks of an edit against the revision it changes, of the modules imported so far."""


def rule(key: str) -> Rule:
    """Return a rule of the table."""
    line = LINES[key]
    return Rule(key, line["article"], line["why"], line.get("severity", "error"))


def check(function: Check) -> Check:
    """Register a check of one revision."""
    CHECKS.append(function)
    return function


def check_edit(function: CheckEdit) -> CheckEdit:
    """Register a check of an edit against the revision it changes."""
    EDIT_CHECKS.append(function)
    return function
