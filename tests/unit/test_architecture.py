"""ARCHITECTURE.md says what is there."""

import re
from pathlib import Path

import pytest
from test_layers import LAYERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
PATHS = sorted(
    {
        path
        for path in re.findall(r"`([\w./-]+)`", PAGE)
        if "/" in path or path.endswith((".py", ".md"))
    }
)


@pytest.mark.parametrize("path", PATHS)
def test_a_path_it_names_exists(path: str) -> None:
    """A file that moved is named anew."""
    assert (ROOT / path).exists() or (ROOT / "hopthu" / path).exists()


def test_every_package_has_its_line_in_order() -> None:
    """Each once, from the bottom up, as the layers are."""
    listed = re.findall(r"^\| `hopthu/(\w+)/` \|", PAGE, re.MULTILINE)
    packages = {path.parent.name for path in (ROOT / "hopthu").glob("*/__init__.py")}
    assert packages == set(listed)
    assert [layer for layer in LAYERS if layer in packages] == listed


def test_it_is_read_in_a_few_minutes() -> None:
    """At most 150 lines."""
    assert len(PAGE.splitlines()) <= 150
