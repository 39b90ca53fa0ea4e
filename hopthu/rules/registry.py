"""The rule book: every rule and every check in the packages below this one.

A rule is a `Rule` of a module, a check a function with a decorator of `hopthu.rules.book`.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from hopthu.diagnostics import file_rules, shape_rule
from hopthu.diagnostics.rule import Rule
from hopthu.rules import book, edits, names, powers, records
from hopthu.rules.context import Check
from hopthu.rules.edit import CheckEdit

_FOUND = [
    import_module(f"{package.__name__}.{found.name}")
    for package in (powers, records, names, edits)
    for found in iter_modules(package.__path__)
]
_VALUES = [value for module in (file_rules, shape_rule, *_FOUND) for value in vars(module).values()]
RULES: tuple[Rule, ...] = tuple({r.id: r for r in _VALUES if isinstance(r, Rule)}.values())
CHECKS: tuple[Check, ...] = tuple(book.CHECKS)
"""Every check of one revision; that of powers, the longest, is among the first."""
BETWEEN: tuple[CheckEdit, ...] = tuple(book.EDIT_CHECKS)
"""Every check of an edit against the revision it changes."""
