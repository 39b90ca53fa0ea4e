"""Marks the tests of this folder, and fails or skips them where no lab can be had."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from labs import Lab, bring_up, copied

from hopthu.errors import LabError
from hopthu.lab import preflight

PACKAGES = ("slapd", "postfix", "dovecot-core", "rspamd", "clamav-daemon")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test here, so that `-m "not lab"` leaves them out."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.lab)


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
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The centre layout, from bare Debian, applied once; each test leaves it as it found it.

    To try one test again and again, name a lab that is up: HOPTHU_TEST_CENTRE=.lab.
    """
    if folder := os.environ.get("HOPTHU_TEST_CENTRE"):
        lab = Lab(Path(folder).resolve())
        lab.restore()
        yield lab
        return
    for lab in bring_up(tmp_path_factory.mktemp("centre"), "--bare"):
        for host in lab.hosts:
            installed = lab.ssh(host, "dpkg-query -W -f '${Package}\\n'").split()
            assert not set(PACKAGES) & set(installed), f"{host} is not bare"
        lab.hopthu("apply", "lab", "--yes")
        yield lab


@pytest.fixture(scope="session")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Every role on one host, applied once; each test leaves it as it found it.

    As with the centre, HOPTHU_TEST_SINGLE may name a lab that is up.
    """
    if folder := os.environ.get("HOPTHU_TEST_SINGLE"):
        lab = Lab(Path(folder).resolve())
        lab.restore()
        yield lab
        return
    for lab in bring_up(tmp_path_factory.mktemp("single"), "--layout", "single"):
        lab.hopthu("apply", "lab", "--yes")
        yield lab
