"""What is made from code is as the code would make it today."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hopthu.docs.__main__ import GENERATORS


@pytest.mark.parametrize("files", GENERATORS, ids=lambda files: files.__module__)
def test_a_generated_file_is_current(files: Callable[[], dict[Path, str]]) -> None:
    """`python -m hopthu.docs` would change nothing."""
    made = files()
    assert made == {path: path.read_text("utf-8") for path in made if path.is_file()}
