"""Options shared by all tests."""

from collections.abc import Generator
from datetime import date

import pytest

import drills


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the golden and the lab tests."""
    parser.addoption(
        "--update-golden", action="store_true", help="write tests/golden/expected anew"
    )
    parser.addoption(
        "--require-lab", action="store_true", help="fail, instead of skip, when no lab can be had"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write down every drill that ran to its end, passed or failed."""
    report = yield
    ended = report.when == "call" or (report.when == "setup" and report.failed)
    if item.get_closest_marker("drill") and ended and not report.skipped:
        name = item.nodeid.partition("::")[2]
        row = drills.row(
            date.today(),  # noqa: DTZ011  (the day here)
            drills.checked_out(),
            name,
            report.capstdout,
            report.outcome,
            call.duration,
        )
        with drills.PAGE.open("a", encoding="utf-8") as page:
            page.write(row)
    return report
