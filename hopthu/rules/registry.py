"""Every rule, and every check in the packages below this one: functions decorated in `book`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from hopthu.rules import book, edits, names, powers, records

for package in (powers, records, names, edits):
    for found in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{found.name}")
RULES = tuple(book.RULES.values())
CHECKS = tuple(book.CHECKS)
"""Every check of one revision; that of powers, the longest, is among the first."""
BETWEEN = tuple(book.EDIT_CHECKS)
"""Every check of an edit against the revision it changes."""
