"""ARCHITECTURE.md says what is there."""

import re
from pathlib import Path

import pytest
from test_layers import LAYERS

ROOT = Path(__file__).parents[2]
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
PATHS = sorted(
    {
        path
        for path in re.findall(r"`([\w./-]+)(?:::\w+)?`", PAGE)
        if "/" in path or path.endswith((".py", ".md"))
    }
)
TESTS = sorted(set(_TEST.findall(PAGE)))


@pytest.mark.parametrize("path", PATHS)
def test_a_path_it_names_exists(path: str) -> None:
    """A file that moved is named anew."""
    assert (ROOT / path).exists() or (ROOT / "hopthu" / path).exists()


@pytest.mark.parametrize(("path", "test"), TESTS)
def test_a_test_it_names_exists(path: str, test: str) -> None:
    """One that was renamed or moved is named anew."""
    assert f"\ndef {test}(" in (ROOT / path).read_text(encoding="utf-8")


def test_every_invariant_names_its_test() -> None:
    """No row without one."""
    rows = PAGE.partition("## Invariants")[2].partition("|---|---|\n")[2].splitlines()
    assert len(rows) > 20
    assert [] == [row for row in rows if not _TEST.search(row)]


def test_every_package_has_its_line_in_order() -> None:
    """Each once, from the bottom up, as the layers are."""
    listed = re.findall(r"^\| `hopthu/(\w+)/` \|", PAGE, re.MULTILINE)
    packages = {path.parent.name for path in (ROOT / "hopthu").glob("*/__init__.py")}
    assert packages == set(listed)
    assert [layer for layer in LAYERS if layer in packages] == listed


def test_it_is_read_in_a_few_minutes() -> None:
    """At most 150 lines."""
    assert len(PAGE.splitlines()) <= 150
