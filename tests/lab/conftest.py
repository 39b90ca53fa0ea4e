"""Marks the tests of this folder, and fails or skips them where no lab can be had."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from labs import Lab, applied, copied

from hopthu.errors import LabError
from hopthu.lab import preflight
from times import in_turns


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test here, so that `-m "not lab"` leaves them out; order all tests."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.lab)
    items[:] = in_turns(items)


@pytest.fixture(scope="session", autouse=True)
def _possible(request: pytest.FixtureRequest) -> None:
    """Skip where no lab can be had; with --require-lab that is a failure."""
    try:
        preflight.check()
    except LabError as error:
        if request.config.getoption("--require-lab"):
            pytest.fail(f"--require-lab: {error}")
        pytest.skip(str(error))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Give a checkout of its own, for a test to change."""
    return copied(tmp_path / "checkout")


@pytest.fixture(scope="session")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the snapshots of this run, which all its workers share.

    Name one that stays, HOPTHU_TEST_SNAPSHOTS=/var/tmp/snapshots, to try one test again and again.
    """
    if folder := os.environ.get("HOPTHU_TEST_SNAPSHOTS"):
        Path(folder).mkdir(mode=0o700, exist_ok=True)
        return Path(folder).resolve()
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="module")
def centre(snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The centre layout, applied once: each module has one of its own, as nobody has used it."""
    yield from applied(snapshots, "centre", tmp_path_factory.mktemp("centre"))


@pytest.fixture(scope="module")
def single(snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Every role on one host, applied once: each module has one of its own."""
    yield from applied(snapshots, "single", tmp_path_factory.mktemp("single"))
