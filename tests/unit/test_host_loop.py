"""Changing hosts one after another: when each is recorded, and which are rolled back."""

import signal
import threading
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

from hopthu import fan_out
from hopthu.apply import host_loop
from hopthu.apply.preflight import Found
from hopthu.errors import HostFailed
from hopthu.events.event import Event, HostFinished
from hopthu.events.step import Step
from hopthu.history.record import Record
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host

ROLES = {"dir1": "directory", "store1": "store", "edge1": "edge"}
CENTRE = Centre(
    "test",
    tuple(
        Host(name, f"{name}.example.org", "192.0.2.1", frozenset({role}))
        for name, role in ROLES.items()
    ),
)
ONE = ["begin", "change", "prove"]


class States(dict[str, host_loop.State]):
    """The state of each host, with all the states it was in."""

    def __init__(self) -> None:
        """Have no host yet."""
        super().__init__()
        self.seen: dict[str, list[host_loop.State]] = {}

    def __setitem__(self, host: str, state: host_loop.State) -> None:
        """Store a state."""
        self.seen.setdefault(host, ["pending"]).append(state)
        super().__setitem__(host, state)


@dataclass
class Log:
    """What is done to hosts, in order; steps in `fails` fail, `ctrl_c` is interrupted once."""

    fails: tuple[str, ...]
    ctrl_c: str = ""
    lines: list[str] = field(default_factory=list)
    states: States = field(default_factory=States)

    def did(self, *words: str) -> None:
        """Store a step, which may fail."""
        self.lines.append(" ".join(words))
        if self.lines[-1] == self.ctrl_c:
            self.ctrl_c = ""
            raise KeyboardInterrupt
        if self.lines[-1] in self.fails:
            raise HostFailed(Message(self.lines[-1]))


@dataclass
class Lease:
    """The lock on a host."""

    log: Log
    host: str
    alive: bool = True
    requested: bool = False
    recorded: bool = False

    def begin(self, _record: str) -> None:
        """Announce a change of the host."""
        self.log.did("begin", self.host)

    def request_record(self, _record_id: str, _record: str, files: Mapping[str, str]) -> None:
        """Ask for its record."""
        assert {"/etc/host": self.host} == files
        self.log.did("record", self.host)
        self.requested = True

    def wait_recorded(self) -> None:
        """Wait for its record."""
        self.log.did("recorded", self.host)
        if not self.requested:
            raise HostFailed(Message("no record was requested"))
        self.recorded = True

    def roll_back(self) -> bool:
        """Roll it back."""
        self.log.did("return", self.host)
        return True


def run(
    monkeypatch: pytest.MonkeyPatch,
    *fails: str,
    ctrl_c: str = "",
    changed: Collection[str] = ROLES,
    deployed: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """Change three hosts; return what is done, in order, if the steps in `fails` fail.

    `deployed` has the keys of the record that every host has.
    """
    return ran(monkeypatch, Log(fails, ctrl_c), changed, deployed).lines


def ran(
    monkeypatch: pytest.MonkeyPatch,
    log: Log,
    changed: Collection[str] = ROLES,
    deployed: Mapping[str, str] = MappingProxyType({}),
    kind: type[Lease] = Lease,
    *,
    serving: bool = True,
) -> Log:
    """Change three hosts; return what was done."""
    health = SimpleNamespace(
        EVER=1,
        question=lambda *_: None,
        prove=lambda _ssh, host, _question: log.did("prove", host),
    )
    monkeypatch.setattr(host_loop, "health", health)
    monkeypatch.setattr(host_loop, "migrate_step", SimpleNamespace(move=lambda *_: log.did("move")))
    job: Any = SimpleNamespace(
        hosts=list(ROLES),
        provider="dir1",
        inventory=SimpleNamespace(centre=CENTRE),
        record=Record("20261126T000000Z-0000000", "0" * 40, "", "2026-11-26", "An", ""),
        desired=None,
        policy=SimpleNamespace(operator=""),
        target=lambda host: host,
        clock=lambda: datetime.now(UTC),
    )

    def emit(event: Event) -> None:
        if isinstance(event, HostFinished):
            log.lines.append(f"{event.host} {event.text}")

    monkeypatch.setattr(host_loop, "append", lambda *_: log.did("journal"))
    ssh: Any = SimpleNamespace()
    pyinfra: Any = SimpleNamespace(
        change=lambda wave, _before_each: log.did("change", *wave),
        changed=lambda: dict.fromkeys(ROLES, (Step("a step"),)),
        files={host: {"/etc/host": host} for host in ROLES},
    )
    leases: Any = {host: kind(log, host) for host in ROLES}
    found = {host: Found(host, serving=serving, deployed=deployed) for host in ROLES}
    try:
        hosts = host_loop.Hosts(job, emit, ssh, leases, found, states=log.states)
        hosts.change(pyinfra, changed)
    except HostFailed as error:
        log.lines.append(f"failed: {error}")
    except KeyboardInterrupt:
        log.lines.append("interrupted")
    return log


def one(host: str) -> list[str]:
    """Return what is done to a host before its record is requested."""
    return [f"{what} {host}" for what in ONE]


DONE = "applied; health checks passed"


def test_hosts_record_while_the_next_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is checked before the next is touched; only the records are awaited later."""
    assert [
        *one("dir1"), "record dir1", f"dir1 {DONE}",
        *one("store1"), "recorded dir1", "record store1", f"store1 {DONE}",
        *one("edge1"), "recorded store1", "record edge1", f"edge1 {DONE}",
        "recorded edge1", "move", "journal",
    ] == run(monkeypatch)  # fmt: skip


def test_hosts_without_changes_record_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the changed hosts: otherwise they would name a commit that is deployed nowhere."""
    assert [
        *one("store1"), "record store1", f"store1 {DONE}", "recorded store1",
        "record dir1", "record edge1", "recorded dir1", "recorded edge1", "move", "journal",
    ] == run(monkeypatch, changed=["store1"])  # fmt: skip
    failed = run(monkeypatch, "recorded store1", changed=["store1"])
    assert not {"record dir1", "record edge1", "move"} & {*failed}


def test_hosts_record_every_day_that_is_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that a date in the data does not change: all are then applied up to that day."""
    record = {"commit": "0" * 40, "data": "", "on": "2026-11-26"}
    quiet = [line for line in run(monkeypatch, changed=[], deployed=record) if "record" in line]
    assert [] == quiet
    record["on"] = "2026-11-25"
    steps = run(monkeypatch, changed=["store1"], deployed=record)
    assert {"record dir1", "record edge1", "record store1"} <= {*steps}


def test_host_without_a_record_is_rolled_back_with_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A change that is not recorded does not count as applied, even if the host is healthy."""
    steps = run(monkeypatch, "recorded dir1")
    assert steps[5:8] == one("store1")
    assert {"return dir1", "return store1"} <= {*steps}
    assert not {"begin edge1", "record store1"} & {*steps}
    assert ["journal", "failed: recorded dir1"] == steps[-2:]


@pytest.mark.parametrize("step", ONE)
def test_only_the_failed_host_is_rolled_back(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """The host before it passed its checks and is recorded."""
    steps = run(monkeypatch, f"{step} store1")
    assert "recorded dir1" in steps
    assert ["return store1"] == [line for line in steps if line.startswith("return ")]
    assert not [line for line in steps if "edge1" in line]


def test_no_host_is_rolled_back_once_all_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed moves are handled by the migration itself."""
    steps = run(monkeypatch, "move")
    assert not [line for line in steps if line.startswith("return ")]
    assert ["journal", "failed: move"] == steps[-2:]


@pytest.mark.parametrize("host", ROLES)
@pytest.mark.parametrize("step", [*ONE, "record"])
def test_interrupted_host_is_rolled_back(
    monkeypatch: pytest.MonkeyPatch, step: str, host: str
) -> None:
    """Hosts before it are recorded, hosts after it were never touched."""
    steps = run(monkeypatch, ctrl_c=f"{step} {host}")
    assert [f"return {host}"] == [line for line in steps if line.startswith("return ")]
    for before in [*ROLES][: [*ROLES].index(host)]:
        assert f"recorded {before}" in steps
    assert ["journal", "interrupted"] == steps[-2:]


@pytest.mark.parametrize("host", ROLES)
def test_interrupted_record_is_awaited_again(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """The host writes it in any case, and a host with its record is not rolled back."""
    steps = run(monkeypatch, ctrl_c=f"recorded {host}")
    assert 2 == steps.count(f"recorded {host}")
    assert f"return {host}" not in steps


class SlowLease(Lease):
    """The lock on a host whose record comes only after Ctrl-C, to the thread that waited first."""

    joining, heard, again = threading.Event(), threading.Event(), threading.Event()
    first: threading.Thread | None = None

    def request_record(self, record_id: str, record: str, files: Mapping[str, str]) -> None:
        """Ask for its record."""
        super().request_record(record_id, record, files)
        for event in (self.joining, self.heard, self.again):
            event.clear()

    def wait_recorded(self) -> None:
        """Wait for its record."""
        if self.first is None:
            self.first = threading.current_thread()
            assert self.joining.wait(20)
            while not self.heard.wait(
                0.02
            ):  # a thread may miss one that comes as it begins to wait
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            assert self.again.wait(20)
        else:
            self.again.set()
            self.first.join(20)
        super().wait_recorded()


class Pool(ThreadPoolExecutor):
    """Threads that are told when they are waited for."""

    def __exit__(self, *error: Any) -> bool | None:
        """Wait for the threads."""
        SlowLease.joining.set()
        return super().__exit__(*error)


def test_ctrl_c_leaves_no_host_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads go on waiting for records after it; each host is recorded or rolled back once."""

    def end(*_: object) -> None:
        if not SlowLease.heard.is_set():
            SlowLease.heard.set()
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, end)
    monkeypatch.setattr(fan_out, "ThreadPoolExecutor", Pool)
    try:
        log = ran(monkeypatch, Log(("recorded store1",)), kind=SlowLease, serving=False)
    finally:
        signal.signal(signal.SIGINT, before)
    assert "interrupted" == log.lines[-1]
    assert {"dir1": "applied", "store1": "returned", "edge1": "applied"} == log.states
    assert 1 == log.lines.count("return store1")


WAYS = {  # what fails, what is changed, and the states of dir1
    "applied": ((), ROLES, ["changing", "proving", "recording", "applied"]),
    "nothing to change": ((), [], ["noting", "applied"]),
    "not announced": (["begin dir1"], ROLES, ["changing", "returning", "returned"]),
    "operation fails": (["change dir1"], ROLES, ["changing", "returning", "returned"]),
    "does not serve": (["prove dir1"], ROLES, ["changing", "proving", "returning", "returned"]),
    "no record": (
        ["recorded dir1"],
        ROLES,
        ["changing", "proving", "recording", "returning", "returned"],
    ),
    "does not return": (
        ["change dir1", "return dir1"],
        ROLES,
        ["changing", "returning", "failed"],
    ),
    "no record of nothing": (["recorded dir1"], [], ["noting", "failed"]),
}


@pytest.mark.parametrize("way", WAYS)
def test_states_of_a_host(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """They follow each other as the table says, and the run ends in the last."""
    fails, changed, states = WAYS[way]
    log = ran(monkeypatch, Log(tuple(fails)), changed)
    assert ["pending", *states] == log.states.seen["dir1"]


def test_every_transition_is_tested() -> None:
    """And none that is not in the table."""
    table = {(state, then) for state, follow in host_loop.NEXT.items() for then in follow}
    tested = {pair for _, _, states in WAYS.values() for pair in pairwise(["pending", *states])}
    assert table == tested


@pytest.mark.parametrize("state", ["proving", "recording", "applied", "returned", "failed"])
def test_no_state_is_left_out(state: host_loop.State) -> None:
    """Nothing can say that a host is applied before it was changed."""
    job: Any = SimpleNamespace(hosts=["dir1"])
    nothing: Any = None
    hosts = host_loop.Hosts(job, nothing, nothing, {}, {})
    with pytest.raises(ValueError, match=f"{state} does not follow pending"):
        hosts.enter("dir1", state)


def test_every_failure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where several hosts fail at once."""
    log = ran(monkeypatch, Log(("recorded dir1", "recorded store1")), changed=[])
    failed = next(line for line in log.lines if line.startswith("failed: "))
    assert "recorded dir1" in failed
    assert "recorded store1" in failed
    assert {"dir1": "failed", "store1": "failed", "edge1": "applied"} == log.states
