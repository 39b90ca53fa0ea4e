"""Hosts changed one after another: who records when, and who returns when something fails."""

from collections.abc import Collection
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from hopthu.apply import host_loop
from hopthu.apply.preflight import Found
from hopthu.errors import HostFailed
from hopthu.history.record import Record
from hopthu.inventory.topology import Centre, Host
from hopthu.operations.effects import Step

ROLES = {"dir1": "directory", "store1": "store", "edge1": "edge"}
CENTRE = Centre(
    "test",
    tuple(
        Host(name, f"{name}.example.org", "192.0.2.1", frozenset({role}))
        for name, role in ROLES.items()
    ),
)
ONE = ["begin", "change", "prove"]


@dataclass
class Told:
    """What is done to hosts, in order; the steps named in `fails` fail, `ctrl_c` strikes once."""

    fails: tuple[str, ...]
    ctrl_c: str = ""
    lines: list[str] = field(default_factory=list)

    def did(self, *words: str) -> None:
        """Note down a step, which may fail."""
        self.lines.append(" ".join(words))
        if self.lines[-1] == self.ctrl_c:
            self.ctrl_c = ""
            raise KeyboardInterrupt
        if self.lines[-1] in self.fails:
            raise HostFailed(self.lines[-1])


@dataclass
class Lease:
    """A host that is held."""

    told: Told
    host: str
    alive: bool = True
    recorded: bool = False

    def begin(self, _record: str) -> None:
        """Say that the host is changed."""
        self.told.did("begin", self.host)

    def keep(self, _record_id: str, _record: str) -> None:
        """Ask for its record."""
        self.told.did("keep", self.host)
        self.recorded = True

    def kept(self) -> None:
        """Wait for its record."""
        self.told.did("kept", self.host)
        if not self.recorded:
            raise HostFailed("was told to record nothing")

    def roll_back(self) -> bool:
        """Return it to what it was."""
        self.told.did("return", self.host)
        return True


def told(
    monkeypatch: pytest.MonkeyPatch, *fails: str, ctrl_c: str = "", changed: Collection[str] = ROLES
) -> list[str]:
    """Change three hosts; return what is done, in order, when the steps named fail."""
    told = Told(fails, ctrl_c)
    health = SimpleNamespace(
        EVER=1,
        question=lambda *_asked: None,
        prove=lambda _ssh, host, _asked: told.did("prove", host),
    )
    monkeypatch.setattr(host_loop, "health", health)
    monkeypatch.setattr(
        host_loop, "migrate_step", SimpleNamespace(move=lambda *_given: told.did("move"))
    )
    job: Any = SimpleNamespace(
        hosts=list(ROLES),
        provider="dir1",
        inventory=SimpleNamespace(centre=CENTRE),
        record=Record("20261126T000000Z-0000000", "0" * 40, "", "2026-11-26", "An", ""),
        desired=None,
        policy=SimpleNamespace(operator=""),
        target=lambda host: host,
    )
    observer: Any = SimpleNamespace(
        stage=lambda _text: None, settled=lambda host, text: told.lines.append(f"{host} {text}")
    )
    ssh: Any = SimpleNamespace(output=lambda *_line, **_stdin: told.did("journal"))
    pyinfra: Any = SimpleNamespace(
        change=lambda wave: told.did("change", *wave),
        changed=lambda: dict.fromkeys(ROLES, (Step("a step"),)),
    )
    leases: Any = {host: Lease(told, host) for host in ROLES}
    found = {host: Found(host, serving=True) for host in ROLES}
    try:
        host_loop.Hosts(job, observer, ssh, leases, found).change(pyinfra, changed)
    except HostFailed as error:
        told.lines.append(f"failed: {error}")
    except KeyboardInterrupt:
        told.lines.append("interrupted")
    return told.lines


def one(host: str) -> list[str]:
    """What is done to a host before it is told to record."""
    return [f"{what} {host}" for what in ONE]


def test_hosts_record_while_the_next_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is proven before the next is touched, and only records are waited for later."""
    assert [
        *one("dir1"), "keep dir1", "dir1 applied and proven",
        *one("store1"), "kept dir1", "keep store1", "store1 applied and proven",
        *one("edge1"), "kept store1", "keep edge1", "edge1 applied and proven",
        "kept edge1", "move", "journal",
    ] == told(monkeypatch)  # fmt: skip


def test_hosts_without_anything_to_do_record_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once what was changed is on record: else they would know of a commit that is nowhere."""
    assert [
        *one("store1"), "keep store1", "store1 applied and proven", "kept store1",
        "keep dir1", "keep edge1", "kept dir1", "kept edge1", "move", "journal",
    ] == told(monkeypatch, changed=["store1"])  # fmt: skip
    failed = told(monkeypatch, "kept store1", changed=["store1"])
    assert not {"keep dir1", "keep edge1", "move"} & {*failed}


def test_host_without_a_record_returns_and_so_does_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is not on record is not applied, however well it serves."""
    said = told(monkeypatch, "kept dir1")
    assert said[5:8] == one("store1")
    assert {"return dir1", "return store1"} <= {*said}
    assert not {"begin edge1", "keep store1"} & {*said}
    assert ["journal", "failed: kept dir1"] == said[-2:]


@pytest.mark.parametrize("step", ONE)
def test_host_that_fails_returns_alone(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """The one before it has served and is on record."""
    said = told(monkeypatch, f"{step} store1")
    assert "kept dir1" in said
    assert ["return store1"] == [line for line in said if line.startswith("return ")]
    assert not [line for line in said if "edge1" in line]


def test_nobody_returns_once_all_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moves that fail have their own way back."""
    said = told(monkeypatch, "move")
    assert not [line for line in said if line.startswith("return ")]
    assert ["journal", "failed: move"] == said[-2:]


@pytest.mark.parametrize("host", ROLES)
@pytest.mark.parametrize("step", [*ONE, "keep"])
def test_interrupted_host_returns(monkeypatch: pytest.MonkeyPatch, step: str, host: str) -> None:
    """Those before it have served and are on record, those after it were never touched."""
    said = told(monkeypatch, ctrl_c=f"{step} {host}")
    assert [f"return {host}"] == [line for line in said if line.startswith("return ")]
    for before in [*ROLES][: [*ROLES].index(host)]:
        assert f"kept {before}" in said
    assert ["journal", "interrupted"] == said[-2:]


@pytest.mark.parametrize("host", ROLES)
def test_interrupted_record_is_waited_for(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """It is made whoever waits for it: nothing is told to return that has its record."""
    said = told(monkeypatch, ctrl_c=f"kept {host}")
    assert 2 == said.count(f"kept {host}")
    assert f"return {host}" not in said
