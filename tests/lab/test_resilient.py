"""Two hosts for each way in: what is wrong with one of them is found, whichever it is."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import ON_ONE_ACCESS_HOST, ON_ONE_EDGE_HOST, Fault
from labs import Lab, bring_up
from test_probes_fail import notices, stays_mended


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The resilient layout, applied; HOPTHU_TEST_RESILIENT may name one that is up."""
    if folder := os.environ.get("HOPTHU_TEST_RESILIENT"):
        yield Lab(Path(folder).resolve())
        return
    for lab in bring_up(tmp_path_factory.mktemp("pairs"), "--layout", "resilient"):
        lab.hopthu("apply", "lab", "--yes")
        yield lab


def test_at_least_ten_ways() -> None:
    """Each is made on the second host: the first would have been tried anyway."""
    assert len(ON_ONE_ACCESS_HOST) + len(ON_ONE_EDGE_HOST) >= 10
    assert {"access2"} == {fault.host for fault in ON_ONE_ACCESS_HOST.values()}
    assert {"edge2"} == {fault.host for fault in ON_ONE_EDGE_HOST.values()}


@pytest.mark.parametrize(
    "faults",
    list(zip(ON_ONE_ACCESS_HOST.values(), ON_ONE_EDGE_HOST.values(), strict=True)),
    ids=map(" and ".join, zip(ON_ONE_ACCESS_HOST, ON_ONE_EDGE_HOST, strict=True)),
)
def test_one_of_two_is_broken(pairs: Lab, faults: tuple[Fault, Fault]) -> None:
    """The probes fail every time, not only when they happen to choose that host."""
    notices(pairs, *faults)


def test_mended(pairs: Lab) -> None:
    """The faults made the probes red, not the layout."""
    stays_mended(pairs)
