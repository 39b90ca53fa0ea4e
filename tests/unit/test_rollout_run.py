"""Hosts changed one after another: who records when, and who returns when something fails.

Each case in a program of its own, for the engine patches the standard library.
"""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from contextlib import nullcontext
from types import SimpleNamespace

from hopthu.centre import Centre, Host
from hopthu.deployed.record import Record
from hopthu.errors import HostFailed
from hopthu.rollout import run
from hopthu.rollout.preflight import Found

ROLES = {"dir1": "directory", "store1": "store", "edge1": "edge"}
fails = sys.argv[1:]


def did(what):
    print(what)
    if what in fails:
        raise HostFailed(what)


class Lease:
    def __init__(self, host):
        self.host = host

    def begin(self, record):
        did(f"begin {self.host}")

    def keep(self, record_id, record):
        did(f"keep {self.host}")

    def kept(self):
        did(f"kept {self.host}")

    def give_back(self):
        did(f"return {self.host}")
        return True


class Engine:
    def change(self, wave):
        did(f"change {' '.join(wave)}")

    def changed(self):
        return {host: ("a step",) for host in ROLES}


hosts = tuple(
    Host(name, f"{name}.example.org", "192.0.2.1", frozenset({role}))
    for name, role in ROLES.items()
)
job = SimpleNamespace(
    hosts=list(ROLES),
    provider="dir1",
    inventory=SimpleNamespace(centre=Centre("test", hosts)),
    record=Record("20261126T000000Z-0000000", "0" * 40, "", "2026-11-26", "An", ""),
    desired=None,
    policy=SimpleNamespace(operator=""),
    target=lambda host: host,
)
observer = SimpleNamespace(
    stage=lambda text: None, warned=print, settled=lambda host, text: print(f"{host} {text}")
)
run.health = SimpleNamespace(
    EVER=1, question=lambda *asked: None, prove=lambda ssh, host, asked: did(f"prove {host}")
)
run.moving = SimpleNamespace(move=lambda *given: did("move"))
ssh = SimpleNamespace(output=lambda host, line, stdin: print("journal"))
found = {host: Found(host, serving=True) for host in ROLES}
leases = {host: Lease(host) for host in ROLES}
try:
    run._Run(job, observer, ssh, leases, found).change(Engine(), ROLES)
except HostFailed as error:
    print(f"failed: {error}")
"""
ONE = ["begin", "change", "prove"]


def told(*fails: str) -> list[str]:
    """Return what is done, in order, when the steps named fail."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *fails], capture_output=True, text=True, check=False
    )
    assert "" == done.stderr
    return done.stdout.splitlines()


def one(host: str) -> list[str]:
    """What is done to a host before it is told to record."""
    return [f"{what} {host}" for what in ONE]


def test_hosts_record_while_the_next_is_changed() -> None:
    """Each is proven before the next is touched, and only records are waited for later."""
    assert [
        *one("dir1"), "keep dir1", "dir1 applied and proven",
        *one("store1"), "kept dir1", "keep store1", "store1 applied and proven",
        *one("edge1"), "kept store1", "keep edge1", "edge1 applied and proven",
        "kept edge1", "move", "journal",
    ] == told()  # fmt: skip


def test_host_without_a_record_returns_and_so_does_the_next() -> None:
    """What is not on record is not applied, however well it serves."""
    said = told("kept dir1")
    assert said[5:8] == one("store1")
    assert {"return dir1", "return store1"} <= {*said}
    assert not {"begin edge1", "keep store1"} & {*said}
    assert ["journal", "failed: kept dir1"] == said[-2:]


@pytest.mark.parametrize("step", ONE)
def test_host_that_fails_returns_alone(step: str) -> None:
    """The one before it has served and is on record."""
    said = told(f"{step} store1")
    assert "kept dir1" in said
    assert ["return store1"] == [line for line in said if line.startswith("return ")]
    assert not [line for line in said if "edge1" in line]


def test_nobody_returns_once_all_is_recorded() -> None:
    """Moves that fail have their own way back."""
    said = told("move")
    assert not [line for line in said if line.startswith("return ")]
    assert ["journal", "failed: move"] == said[-2:]
