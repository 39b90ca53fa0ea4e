"""Operations are of use in other deploys: they take plain values, and say which."""

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "hopthu" / "operations"
PLAIN = {
    *("str", "int", "bool", "tuple", "Mapping", "Sequence", "Collection"),
    *("File", "Files", "OperationMeta"),
}
"""What an argument may be made of: Python's own, a file to put, and what pyinfra hands out."""


def found() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield every operation with its name as a deploy writes it."""
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and any(
                ast.unparse(decorator).startswith("operation(") for decorator in node.decorator_list
            ):
                yield f"{path.stem}.{node.name}", node


OPERATIONS = dict(found())


def arguments(operation: ast.FunctionDef) -> list[str]:
    """Return the names of the arguments of an operation."""
    return [argument.arg for argument in (*operation.args.args, *operation.args.kwonlyargs)]


def calls(text: str, name: str) -> list[ast.Call]:
    """Return the calls of an operation in a piece of Python."""
    nodes = ast.walk(ast.parse(textwrap.dedent(text)))
    return [n for n in nodes if isinstance(n, ast.Call) and ast.unparse(n.func) == name]


def test_operations_are_found() -> None:
    assert {"config.files", "directory.entries", "sessions.end_sessions"} <= OPERATIONS.keys()


@pytest.mark.parametrize("name", OPERATIONS)
def test_arguments_are_plain_values(name: str) -> None:
    """No object of ours that another deploy would have to make first."""
    for argument in OPERATIONS[name].args.args:
        assert argument.annotation is not None
        words = {n.id for n in ast.walk(argument.annotation) if isinstance(n, ast.Name)}
        assert words <= PLAIN, argument.arg


@pytest.mark.parametrize("name", OPERATIONS)
def test_arguments_are_documented_as_pyinfra_does(name: str) -> None:
    """Every one, in order, and an example that calls the operation with arguments it has."""
    operation = OPERATIONS[name]
    text, _, example = (ast.get_docstring(operation) or "").partition("**Example:**")
    assert arguments(operation) == re.findall(r"^\+ (\w+): ", text, re.MULTILINE)
    (call,) = calls(example.partition(".. code:: python")[2], name)
    given = {keyword.arg for keyword in call.keywords}
    defaults = len(operation.args.defaults)
    needed = arguments(operation)[: len(arguments(operation)) - defaults]
    assert {"name", *needed} <= given <= {"name", *arguments(operation)}


def test_the_manual_lists_every_operation_with_its_arguments() -> None:
    """docs/deploys.md has a row for each: its name, then its arguments."""
    manual = (ROOT / "docs" / "deploys.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+\.\w+)` \| ([^|]+) \|", manual, re.MULTILINE)
    listed = {name: re.findall(r"`(\w+)`", names) for name, names in rows}
    assert {name: arguments(operation) for name, operation in OPERATIONS.items()} == listed
