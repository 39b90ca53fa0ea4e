"""The tree of tests itself."""

from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_no_two_test_modules_share_a_name() -> None:
    """Pytest imports them by their bare names: with two alike, a run of all collects neither."""
    folders = ("golden", "lab", "property", "unit")
    names = Counter(p.name for f in folders for p in (TESTS / f).glob("test_*.py"))
    assert [] == [name for name, times in names.items() if times > 1]
