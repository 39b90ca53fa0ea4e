"""The rule book: every rule and every check in the packages below this one.

A rule is a `Rule` of a module, a check a function with a decorator of `hopthu.rules.book`.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from hopthu.diagnostics import file_rules, shape_rule
from hopthu.diagnostics.rule import Rule
from hopthu.rules import book, edits, names, powers, records
from hopthu.rules.context import Check
from hopthu.rules.edit import CheckEdit


def _modules() -> Iterator[ModuleType]:
    for package in (powers, records, names, edits):
        for found in iter_modules(package.__path__):
            yield import_module(f"{package.__name__}.{found.name}")


def _rules(module: ModuleType) -> Iterator[Rule]:
    yield from (value for value in vars(module).values() if isinstance(value, Rule))


_MODULES = (file_rules, shape_rule, *_modules())
RULES: tuple[Rule, ...] = tuple(
    {rule.id: rule for module in _MODULES for rule in _rules(module)}.values()
)
CHECKS: tuple[Check, ...] = tuple(book.CHECKS)
"""Every check of one revision; that of powers, the longest, is among the first."""
BETWEEN: tuple[CheckEdit, ...] = tuple(book.EDIT_CHECKS)
"""Every check of an edit against the revision it changes."""
