"""Writes down how long the slowest tests took (`pytest --times FILE`), and has them begin first.

One run of `make test` is several of pytest, each of which adds to the file what it ran.
"""

from collections.abc import Mapping, Sequence
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


def in_turns(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return tests in an order in which workers wait little for each other, and end together.

    One lab comes first, which makes the images of hosts while the other workers try properties.
    Then labs that install hosts, which take longest; those that go on from a snapshot, made once;
    and last what is short. Modules stay whole, and each of these keeps its order.
    """
    labs = dict.fromkeys(item.path for item in items if item.get_closest_marker("lab"))
    kept = {item.path for item in items if "snapshots" in getattr(item, "fixturenames", ())}
    first = next((path for path in labs if path not in kept), None)

    def turn(item: pytest.Item) -> int:
        if item.path in labs:
            return 0 if item.path == first else 3 if item.path in kept else 2
        return 4 if "unit" in item.path.parts else 1

    return sorted(items, key=turn)
