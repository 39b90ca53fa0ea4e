"""What is made from code is as the code would make it today."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hopthu.docs.__main__ import GENERATORS


@pytest.mark.parametrize("files", GENERATORS, ids=lambda files: files.__module__)
def test_a_generated_file_is_current(files: Callable[[], dict[Path, str]]) -> None:
    """`python -m hopthu.docs` would change nothing."""
    stale = [path.name for path, text in files().items() if standing(path) != text]
    assert [] == stale


def standing(path: Path) -> str:
    """Return what a file says now, nothing if it is missing."""
    return path.read_text(encoding="utf-8") if path.is_file() else ""
