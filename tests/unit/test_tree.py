"""The tree of tests itself."""

import subprocess
from collections import Counter
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


def test_no_two_test_modules_share_a_name() -> None:
    """Pytest imports them by their bare names: with two alike, a run of all collects neither."""
    folders = ("golden", "lab", "property", "unit")
    names = Counter(p.name for f in folders for p in (TESTS / f).glob("test_*.py"))
    assert [] == [name for name, times in names.items() if times > 1]


def test_nothing_that_is_ignored_is_committed() -> None:
    """Such as a compiled catalogue, added by force: it would go stale, and conflict at merges."""
    command = [
        "git",
        "-C",
        str(TESTS.parent),
        "ls-files",
        "--cached",
        "--ignored",
        "--exclude-standard",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("this is no checkout of git")
    assert [] == done.stdout.split()
