"""The syntax trees of modules, each read once, and what they import."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Return all nodes of the syntax tree of a file."""
    return (*ast.walk(parsed(path)),)


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Return the names of the modules a file imports, inside functions too."""
    return (*_imports(parsed(path)),)


def _imports(tree: ast.Module) -> Iterator[str]:
    """Yield what statements import; expressions, of which there are far more, cannot."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            pending += (each for name in _BLOCKS for each in getattr(node, name, ()))
