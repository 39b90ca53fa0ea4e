"""Options shared by all tests."""

import os
import shutil
import signal
from collections.abc import Generator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import settings

import drills
import language_server
import times

# The same examples on every machine, a pipeline's included: what passes here passes there. `make
# drill` looks further, at random, and prints what brings a failure back.
settings.register_profile("gate", derandomize=True, deadline=None, database=None)
settings.register_profile("random", deadline=None, print_blob=True)
settings.load_profile("gate")

# A shell without job control starts what it puts in the background deaf to Ctrl-C, and programs
# inherit that; tests press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of tests with expected output, and of the lab tests."""
    parser.addoption(
        "--accept",
        action="store_true",
        help="write what is found over what is expected, in pages and golden files",
    )
    parser.addoption(
        "--require-lab", action="store_true", help="fail, instead of skip, when no lab can be had"
    )
    parser.addoption(
        "--times", type=Path, metavar="FILE", help="add the slowest tests to the table in FILE"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse `--accept` where nobody reads the diff, and where two processes would write a page."""
    page = config.getoption("times")
    if page and not hasattr(config, "workerinput"):
        config.pluginmanager.register(times.Times(page))
    if not config.getoption("accept"):
        return
    if os.environ.get("CI"):
        raise pytest.UsageError("--accept is for a checkout whose diff somebody reads, not for CI")
    if config.getoption("numprocesses", None):
        raise pytest.UsageError("--accept writes one page after another: leave -n out")


@pytest.fixture
def accept(request: pytest.FixtureRequest) -> bool:
    """Tell whether what is found shall be written over what is expected."""
    return bool(request.config.getoption("accept"))


_TRIED = pytest.StashKey[str]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note which commit a drill tries: it may take an hour, and work goes on."""
    if item.get_closest_marker("drill"):
        item.stash[_TRIED] = drills.checked_out()


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
            item.stash[_TRIED],
            name,
            report.capstdout,
            report.outcome,
            call.duration,
        )
        with drills.PAGE.open("a", encoding="utf-8") as page:
            page.write(row)
    return report


@pytest.fixture(scope="session")
def language_server_program(request: pytest.FixtureRequest) -> Path:
    """Install yaml-language-server; without npm skip, with --require-lab fail."""
    if not (shutil.which("node") and shutil.which("npm")):
        if request.config.getoption("--require-lab"):
            pytest.fail("--require-lab: there is no Node.js here; `make test` installs it")
        pytest.skip("there is no Node.js here; `make test` installs it")
    return language_server.install()


@pytest.fixture(scope="session")
def editor(language_server_program: Path) -> Generator[language_server.LanguageServer]:
    """Edit this checkout."""
    root = Path(__file__).parents[1]
    with language_server.running(language_server_program, root) as server:
        yield server
