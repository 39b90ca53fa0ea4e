"""A probe that cannot fail proves nothing: services are broken, and the probes must say so."""

import re

import pytest
from faults import FAULTS, Fault
from labs import Lab

from hopthu.verify.catalogue import PROBES

UNBROKEN = {"unit-delegate"}
"""The same check as `unit-head`, for another person."""


def test_every_probe_has_a_fault() -> None:
    """A new probe comes with a way to see it fail."""
    noticed = {probe for fault in FAULTS.values() for probe in fault.probes}
    assert {probe.id for probe in PROBES} == noticed | UNBROKEN


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_probe_fails(centre: Lab, fault: Fault) -> None:
    """Each probe that must notice is red, for the right reason."""
    notices(centre, fault)


def test_mended(centre: Lab) -> None:
    """The faults made the probes red, not the lab: mended, they pass."""
    centre.hopthu("apply", "lab", "--yes")
    stays_mended(centre)


def notices(centre: Lab, *faults: Fault) -> None:
    """Make faults and see that the probes of each fail because of it."""
    try:
        for fault in faults:
            centre.ssh(fault.host, fault.script)
        probes = centre.probes(*(name for fault in faults for name in fault.probes))
    finally:
        for fault in faults:
            centre.ssh(fault.host, fault.undo)
    for fault in faults:
        for name in fault.probes:
            detail = str(probes[name]["detail"])
            assert not probes[name]["passed"], f"{name} passed: {detail}"
            assert re.search(fault.says, detail), detail


def stays_mended(centre: Lab) -> None:
    """See that all probes pass that neither stop services nor read what the faults left."""
    disturbing = {probe.id for probe in PROBES if probe.disturbs}
    names = [p.id for p in PROBES if p.id not in disturbing | {"clean-journal"}]
    failed = {k: p["detail"] for k, p in centre.probes(*names).items() if not p["passed"]}
    assert {} == failed
