"""The edits whose apply is measured are ones that `check` accepts."""

from datetime import date
from pathlib import Path

import pytest

from benchmarks import edits
from benchmarks.province import Province, write
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
