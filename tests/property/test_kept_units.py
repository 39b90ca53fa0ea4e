"""Wherever an apply is killed, the list of units that hopthu keeps running has all that run."""

import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyinfra.context import ctx_host

from hopthu.operations import services

UNITS = ("a.service", "b.timer", "c.socket")
APPLY = st.sets(st.sampled_from(UNITS))


class Host:
    """A host with units, and the list in a folder; commands are run until it is killed."""

    def __init__(self, folder: Path) -> None:
        self.state, self.running, self.enabled = folder, set[str](), set[str]()
        self.left = -1

    def noop(self, what: str) -> None:
        """Take note of nothing."""

    @property
    def listed(self) -> list[str]:
        """The list on the host."""
        path = self.state / services.UNITS
        return path.read_text().split() if path.exists() else []

    def surveyed(self) -> Any:
        """Answer what operations compare."""
        managed = {"files": {}, "managed": {}, "pending": [], "activate": {}, "units": self.listed}
        known = {unit: (unit in self.running, unit in self.enabled) for unit in UNITS}
        return {"managed": managed, "services": known}

    def run(self, command: str) -> bool:
        """Run a command; return whether the host lives on. It may die between two changes."""
        match shlex.split(command)[-4:]:
            case ["enable", "--quiet", "--now", unit]:
                steps = [partial(self.enabled.add, unit), partial(self.running.add, unit)]
            case ["systemctl", "start", unit]:
                steps = [partial(self.running.add, unit)]
            case ["disable", "--quiet", "--now", unit]:
                steps = [partial(self.enabled.discard, unit), partial(self.running.discard, unit)]
            case _:
                steps = [partial(subprocess.run, ["sh", "-c", command], check=True)]
        for step in steps:
            if self.left == 0:
                return False
            self.left -= 1
            step()
        return True

    def apply(self, wanted: set[str], kill: int) -> None:
        """Do what a deploy does, up to as many commands."""
        self.left = kill
        for operation, units in (
            (services.stopped, {*self.listed} - wanted),
            (services.kept, wanted),
        ):
            for unit in sorted(units):
                for command in operation._inner(service=unit):
                    if not self.run(str(command.get_raw_value())):
                        return
                    assert self.running | self.enabled <= {*self.listed}


@pytest.fixture(scope="module", autouse=True)
def known() -> Iterator[None]:
    """Have these units be hopthu's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services.registry, "units", lambda: UNITS)
        yield


@pytest.mark.slow
@given(st.lists(st.tuples(APPLY, st.integers(0, 12)), max_size=3), APPLY)
def test_what_runs_is_listed_and_the_last_apply_decides(
    killed: list[tuple[set[str], int]], wanted: set[str]
) -> None:
    """After any applies that were killed anywhere, a whole one leaves what is wanted."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        host = Host(Path(folder))
        patch.setattr(services, "surveyed", host.surveyed)
        patch.setattr(services, "STATE", folder)
        patch.setattr(services, "_LIST", f"{folder}/{services.UNITS}")
        with ctx_host.use(host):
            for units, kill in killed:
                host.apply(units, kill)
            host.apply(wanted, -1)
        assert host.running == host.enabled == {*host.listed} == wanted
