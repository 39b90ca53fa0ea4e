"""The rule book: the table of rules (`rules.yaml`), and the checks, found by their decorators.

A check is of one rule, which its decorator names. It says where something is wrong, what, and what
to do; the rule says the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import yaml

from hopthu.diagnostics import file_rules, shape_rule
from hopthu.diagnostics.problem import Mark, Problem, Severity
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.rules.context import Check, RuleContext

if TYPE_CHECKING:  # an edit knows who may decide, and rules are registered there as well
    from hopthu.rules.edit import CheckEdit, Edit

Given = TypeVar("Given")
_RAW = Path(__file__).with_name("rules.yaml").read_bytes()
TABLE: Mapping[str, Mapping[str, dict[str, Any] | None]] = yaml.load(_RAW, Loader=yaml.CSafeLoader)
"""The rules by their part of the table, whose head says what the fields mean."""
LINES = {key: line for part in TABLE.values() for key, line in part.items() if line}
CHECKS: list[Check] = []
"""The checks of one revision, of the modules imported so far."""
EDIT_CHECKS: list[CheckEdit] = []
"""The checks of an edit against the revision it changes, of the modules imported so far."""


def _rule(key: str) -> Rule:
    """Return a rule of the table."""
    line = LINES[key]
    return Rule(key, line["article"], line["why"], line.get("severity", "error"))


RULES: Mapping[str, Rule] = {
    each.id: each for each in (*file_rules.RULES, *shape_rule.RULES, *map(_rule, LINES))
}
"""Every rule by its id."""


class Found(NamedTuple):
    """What a check finds: where, what is wrong there, and what to do about it.

    The rest is as its rule says, unless something else is said here.
    """

    at: Mark
    what: Message
    fix: Message
    rule: str = ""
    severity: Severity | None = None
    subject: str | None = None
    article: str = ""
    why: Message | None = None


def of_rule(
    key: str,
) -> Callable[[Callable[[Given], Iterator[Found]]], Callable[[Given], Iterator[Problem]]]:
    """Make a check of a rule of a function that yields what it finds."""
    own = RULES[key]

    def made(function: Callable[[Given], Iterator[Found]]) -> Callable[[Given], Iterator[Problem]]:
        @wraps(function)
        def problems(given: Given) -> Iterator[Problem]:
            for at, what, fix, other, severity, subject, article, why in function(given):
                broken = RULES[other] if other else own
                yield broken.violation(
                    at, what, fix=fix, subject=subject, article=article, why=why, severity=severity
                )

        return problems

    return made


def check(key: str) -> Callable[[Callable[[RuleContext], Iterator[Found]]], Check]:
    """Register a check of one revision."""

    def made(function: Callable[[RuleContext], Iterator[Found]]) -> Check:
        CHECKS.append(of_rule(key)(function))
        return CHECKS[-1]

    return made


def check_edit(key: str) -> Callable[[Callable[[Edit], Iterator[Found]]], CheckEdit]:
    """Register a check of an edit against the revision it changes."""

    def made(function: Callable[[Edit], Iterator[Found]]) -> CheckEdit:
        EDIT_CHECKS.append(of_rule(key)(function))
        return EDIT_CHECKS[-1]

    return made
