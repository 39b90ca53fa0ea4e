"""Operations are of use in other deploys: they take plain values, and say which."""

import ast
import inspect
import re
import textwrap

import pytest

from hopthu.docs.tables import operations

OPERATIONS = operations()
PLAIN = {
    *("str", "int", "bool", "tuple", "Mapping", "Sequence", "Collection", "Callable"),
    *("File", "Files", "Compared", "OperationMeta"),
}
"""What an argument may be made of: Python's own, a file to put, what was compared before, which is
not needed, and what pyinfra hands out."""


def arguments(name: str) -> list[inspect.Parameter]:
    """Return the arguments of an operation, in order."""
    return list(inspect.signature(OPERATIONS[name]).parameters.values())


def calls(text: str, name: str) -> list[ast.Call]:
    """Return the calls of an operation in a piece of Python."""
    nodes = ast.walk(ast.parse(textwrap.dedent(text)))
    return [n for n in nodes if isinstance(n, ast.Call) and ast.unparse(n.func) == name]


def test_operations_are_found() -> None:
    assert {"config.files", "directory.entries", "sessions.end_sessions"} <= OPERATIONS.keys()


@pytest.mark.parametrize("name", OPERATIONS)
def test_arguments_are_plain_values(name: str) -> None:
    """No object of ours that another deploy would have to make first."""
    for argument in arguments(name):
        words = set(re.findall(r"[A-Za-z_]+", str(argument.annotation))) - {"None"}
        assert words, argument
        assert words <= PLAIN, argument


@pytest.mark.parametrize("name", OPERATIONS)
def test_arguments_are_documented_as_pyinfra_does(name: str) -> None:
    """Every one, in order, and an example that calls the operation with arguments it has."""
    text, _, example = (inspect.getdoc(OPERATIONS[name]) or "").partition("**Example:**")
    names = [argument.name for argument in arguments(name)]
    assert names == re.findall(r"^\+ (\w+): ", text, re.MULTILINE)
    (call,) = calls(example.partition(".. code:: python")[2], name)
    given = {keyword.arg for keyword in call.keywords}
    needed = {each.name for each in arguments(name) if each.default is each.empty}
    assert {"name", *needed} <= given <= {"name", *names}
