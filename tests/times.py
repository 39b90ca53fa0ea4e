"""Writes down how long the slowest tests took: `pytest --times FILE`.

One run of `make test` is several of pytest, each of which adds to the file what it ran.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest

KEPT = 50
HEAD = "seconds\ttest\n"


class Times:
    """Adds up what the tests of one run of pytest took, their setup and teardown included."""

    def __init__(self, page: Path) -> None:
        self.page = page
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one phase of a test; with workers, in the process that they report to."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0) + report.duration

    def pytest_sessionfinish(self) -> None:
        """Write the slowest of this run and of those that wrote before."""
        text = self.page.read_text(encoding="utf-8") if self.page.exists() else ""
        self.page.write_text(merged(text, self.seconds), encoding="utf-8")


def merged(text: str, seconds: Mapping[str, float]) -> str:
    """Return the table `text` with the tests of another run, slowest first, cut to `KEPT`."""
    rows = [row.split("\t") for row in text.splitlines()[1:]]
    all_of_them = {name: float(took) for took, name in rows} | dict(seconds)
    slowest = sorted(all_of_them.items(), key=lambda row: (-round(row[1], 1), row[0]))[:KEPT]
    return HEAD + "".join(f"{took:.1f}\t{name}\n" for name, took in slowest)
