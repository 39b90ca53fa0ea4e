"""The edits whose apply is measured are ones that `check` accepts."""

from datetime import date
from pathlib import Path

import pytest

from benchmarks import edits, plan, run
from benchmarks.province import Province, write
from hopthu.cli.clock import today
from hopthu.load import load
from hopthu.validate import validate

pytestmark = pytest.mark.slow


def test_they_are_valid(tmp_path: Path) -> None:
    """Somebody new, and two departments merged, in the province of the benchmark."""
    write(Province(61_000, 1), tmp_path, one_file=False)
    edits.recruit(tmp_path / "data", 0)
    edits.merge(tmp_path / "data", "so-ngoai-vu", "so-noi-vu", 990)
    edits.merge(tmp_path / "data", "so-dan-toc-va-ton-giao", "so-noi-vu", 991)
    found = validate(load(tmp_path), date(2026, 11, 27))
    assert [] == [problem for problem in found if problem.rule != "file-format"]


def test_somebody_new_is_valid_here_too(tmp_path: Path) -> None:
    """In the data of this checkout, whatever the day."""
    found = validate(load(run.recruit(tmp_path)), today())
    assert [] == [problem for problem in found if problem.severity == "error"]


def test_the_plan_of_a_transfer_says_what_is_measured(tmp_path: Path) -> None:
    """In a small province; it ends the program where it does not."""
    assert 3 == len(plan.measure(tmp_path, lambda _: None, people=600))
