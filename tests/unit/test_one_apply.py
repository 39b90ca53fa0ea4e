"""docs/apply.md: the functions it names exist, and call each other as it says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/apply.md").read_text(encoding="utf-8")
STEPS = re.findall(r"^\| [^|]+ \| `([\w./:]+)` \| (?:`([\w./:]+)` )?\|$", PAGE, re.MULTILINE)


def definition(name: str) -> ast.AST:
    """Return what `hopthu/x.py::Class.method` defines; the module if a file alone is named."""
    path, _, inside = name.partition("::")
    node: ast.AST = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    for part in filter(None, inside.split(".")):
        (node,) = [each for each in ast.iter_child_nodes(node) if getattr(each, "name", "") == part]
    return node


def named(node: ast.AST) -> Iterator[str]:
    """Yield the names and texts that stand in a definition."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield each.id
        elif isinstance(each, ast.Attribute):
            yield each.attr
        elif isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def test_every_line_of_a_table_is_a_step() -> None:
    """None is passed over because it is written differently."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and "`hopthu/" in line]
    assert len(lines) == len(STEPS) > 30


@pytest.mark.parametrize(("step", "caller"), STEPS)
def test_a_step_is_called_where_the_page_says(step: str, caller: str) -> None:
    """By a function that exists."""
    definition(step)
    called = Path(step).name if "::" not in step else step.rpartition("::")[2].rpartition(".")[2]
    if caller:
        assert called in set(named(definition(caller)))


def test_each_step_follows_from_an_earlier_one() -> None:
    """But for the first, and for what a host does by itself."""
    begun: set[str] = set()
    for step, caller in STEPS:
        assert not caller or within(caller, begun), f"{step}: {caller} is on no earlier line"
        begun.add(step)
    assert ["hopthu/cli/apply.py::apply"] == [step for step, caller in STEPS[:-1] if not caller]


def within(caller: str, begun: set[str]) -> bool:
    """Return whether it is such a step, or a helper in the module of one."""
    return caller in begun or any(caller.partition("::")[0] == b.partition("::")[0] for b in begun)
