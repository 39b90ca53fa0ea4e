"""What `lab up` tells while hosts boot: the events that every run has."""

import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from hopthu.events.event import Event, HostUp, PhaseStarted, RunStarted, Warned
from hopthu.lab import holder, images, layout, machine, outside, preflight, remote, up
from hopthu.lab.state import LabHost, LabState


@pytest.fixture
def booting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hosts that boot at once, and one with a unit that failed."""

    def ready(_state: LabState, host: LabHost) -> str:
        return "mlocate.service" if host.name == "mail1" else ""

    def same(_state: LabState, host: LabHost) -> LabHost:
        return host

    monkeypatch.delenv("HOPTHU_LAB", raising=False)
    monkeypatch.setattr(preflight, "check", lambda: None)
    monkeypatch.setattr(preflight, "make_room", lambda _events: None)
    monkeypatch.setattr(images, "ensure", lambda _events: tmp_path / "images")
    monkeypatch.setattr(holder, "start", lambda state: state)
    monkeypatch.setattr(machine, "make", lambda *_: None)
    monkeypatch.setattr(outside, "files", lambda *_: {})
    monkeypatch.setattr(machine, "boot", same)
    monkeypatch.setattr(remote, "wait_ready", ready)


@pytest.mark.usefixtures("booting")
def test_each_host_is_an_event(tmp_path: Path) -> None:
    """First which hosts there are; a failed unit is a warning behind its host."""
    events: list[Event] = []
    state = up.up("single", root=tmp_path, events=events.append)
    names = tuple(state.hosts)
    assert RunStarted(names) == events[0]
    assert isinstance(events[1], PhaseStarted)
    assert f"booting {len(names)} hosts: {', '.join(names)}" == events[1].text
    assert {HostUp(name) for name in names} == {e for e in events if isinstance(e, HostUp)}
    warned = [event for event in events if isinstance(event, Warned)]
    assert [Warned("mail1: failed units: mlocate.service")] == warned
    assert events.index(HostUp("mail1")) < events.index(warned[0])


@pytest.mark.usefixtures("booting")
def test_what_an_earlier_run_left_is_told(tmp_path: Path) -> None:
    """It was not ready: its remains are removed first."""
    folder = tmp_path / ".lab"
    folder.mkdir()
    (folder / "lock").touch()
    LabState("hopthu-x", "single", "x.vn", folder, tmp_path / "images").save()
    events: list[Event] = []
    up.up("single", root=tmp_path, events=events.append)
    assert PhaseStarted("removing the remains of an unfinished lab") == events[0]


@pytest.mark.usefixtures("booting")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_raised_once_the_threads_have_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """Raised in the midst of the pool it once left a lock held, and `lab up` never ended."""
    ended: list[str] = []

    def ready(_state: LabState, host: LabHost) -> str:
        os.kill(os.getpid(), number)
        ended.append(host.name)
        return ""

    def started(state: LabState) -> LabState:
        return replace(state, holder=process.pid, started=1)

    process = subprocess.Popen(["sleep", "600"])
    monkeypatch.setattr(LabState, "alive", True)
    monkeypatch.setattr(holder, "start", started)
    monkeypatch.setattr(holder, "end", lambda _: None)
    monkeypatch.setattr(remote, "wait_ready", ready)
    if signal.getsignal(number) == signal.SIG_IGN:  # as nohup has it; then it ends nothing
        signal.signal(number, signal.SIG_DFL)
    with pytest.raises(KeyboardInterrupt):
        up.up("single", root=tmp_path)
    assert {host.name for host in layout.load("single").hosts} == {*ended}
    assert -signal.SIGKILL == process.wait(10)
