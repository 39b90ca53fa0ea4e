"""Start a lab: images, holder, hosts, DNS. On failure nothing is left behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

from hopthu.errors import LabError
from hopthu.events.event import Emit, HostUp, PhaseStarted, RunStarted, Warned
from hopthu.i18n.message import Message
from hopthu.lab import holder, images, layout, libraries, machine, outside, preflight, remote
from hopthu.lab.down import clear, discard, locked
from hopthu.lab.layout import Layout
from hopthu.lab.snapshot import load, unpack_keys
from hopthu.lab.state import LabHost, LabState, directory, lab_name, recorded
from hopthu.tool.signals import handled


def up(
    name: str,
    *,
    bare: bool = False,
    events: Emit = lambda _: None,
    root: Path | None = None,
    layouts: Path | None = None,
    domain: str = "",
    snapshot: Path | None = None,
) -> LabState:
    """Start a lab of the layout `name`, wait until its hosts answer, and return it.

    With `bare` the hosts of the centre are plain Debian, so that deploys install everything. The
    mail domain is `domain`, or the layout's own; `layouts` is a repository that may have layouts.
    With `snapshot` the lab goes on from the one that was saved in that folder, and has its layout,
    keys and domain. `events` receives the progress, from several threads.
    A running lab of the same layout is returned as it is; another one raises `LabError`. On any
    failure, including Ctrl-C, the new lab is removed.
    """
    preflight.check()
    preflight.make_room(events)
    saved = load(snapshot) if snapshot else None
    if saved:
        name, bare, domain = saved.layout, saved.bare, saved.domain
    plan = layout.load(name, layouts, domain)
    folder = directory(root)
    with locked(folder):
        known = recorded(folder)
        if known and known.alive and known.ready:
            return _same(known, plan, bare=bare)
        if known:
            events(PhaseStarted(Message("removing the remains of an unfinished lab")))
        clear(folder)
        return _new(plan, folder, saved, bare=bare, events=events)


def _same(state: LabState, plan: Layout, *, bare: bool) -> LabState:
    if (state.layout, state.domain, state.bare) == (plan.name, plan.domain, bare):
        return state
    other = Message(" of {domain}", domain=state.domain) if state.domain != plan.domain else ""
    raise LabError(
        Message(
            "another lab is running here ({layout}{domain}{bare})",
            layout=state.layout,
            domain=other,
            bare=Message(", bare") if state.bare else "",
        ),
        fix=Message("run first: hopthu lab down"),
    )


def _new(
    plan: Layout, folder: Path, saved: LabState | None, *, bare: bool, events: Emit
) -> LabState:
    try:
        built = images.ensure(events)
        operated = any(host.operates for host in plan.hosts)
        state = LabState(
            name=lab_name(folder),
            layout=plan.name,
            domain=plan.domain,
            directory=folder,
            images=built,
            libraries=str(libraries.ensure(built, events)) if operated else "",
            bare=bare,
            hosts={host.name: host for host in plan.hosts},
        )
        if saved:
            state = _same_machines(state, saved)
        return _start(state, plan, events)
    except BaseException:
        # Not only for errors: Ctrl-C must leave nothing behind either.
        discard(folder)
        raise


def _same_machines(state: LabState, saved: LabState) -> LabState:
    """Return `state` on the disks of `saved`; raise `LabError` if they need others below them."""
    if (state.images, {*state.hosts}) == (saved.images, {*saved.hosts}):
        return replace(state, snapshot=saved.snapshot)
    raise LabError(
        Message("{folder} is of other images or another layout", folder=saved.snapshot),
        fix=Message("remove it, and make it again: hopthu lab down --keep {folder}",
                    folder=saved.snapshot),
    )  # fmt: skip


def _start(state: LabState, plan: Layout, events: Emit) -> LabState:
    (state.directory / "console").mkdir()
    state.save()
    state = holder.start(state)
    names = ", ".join(state.hosts)
    booting = Message("booting {number} hosts: {names}", number=len(state.hosts), names=names)
    events(RunStarted(tuple(state.hosts)))
    events(PhaseStarted(booting))
    if state.snapshot:
        unpack_keys(state)
        for host in state.hosts.values():
            machine.make(state, host, {})
    else:
        _make_machines(state, plan)
    state = replace(state, hosts=_boot_all(state, events), ready=True)
    state.save()
    return state


def _make_machines(state: LabState, plan: Layout) -> None:
    """Create the disks of all hosts, with new keys."""
    (state.directory / "ssh").mkdir()
    authorized = _make_key(state.key)
    known_hosts = []
    for host in state.hosts.values():
        private, public = machine.host_key()
        known_hosts.append(f"{host.address} {public}\n")
        files = machine.identity(
            host,
            resolver=plan.resolver.address,
            domain=plan.domain,
            key=private,
            authorized=authorized,
        )
        files |= {} if host.ours else outside.files(state, host)
        machine.make(state, host, files)
    state.known_hosts.write_text("".join(known_hosts), encoding="utf-8")


def _boot_all(state: LabState, events: Emit) -> dict[str, LabHost]:
    # Not hopthu.fan_out: if one host fails, the others are stopped.
    with _ending_on_signals(state), ThreadPoolExecutor(len(state.hosts)) as pool:
        try:
            booted = pool.map(lambda host: _boot(state, host, events), state.hosts.values())
            return {host.name: host for host in booted}
        except BaseException:
            # Stop the other hosts, so that their threads end.
            holder.end(state)
            raise


@contextmanager
def _ending_on_signals(state: LabState) -> Iterator[None]:
    """On Ctrl-C, kill or a closed terminal end the hosts, and raise `KeyboardInterrupt` afterwards.

    Raised where the signal arrives, it can leave a lock of the pool held, on which its threads then
    wait for ever.
    """
    arrived: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)
        if state.holder and state.alive:
            os.kill(state.holder, signal.SIGKILL)

    try:
        with handled(stop, signal.SIGHUP):
            yield
    finally:
        if arrived:
            raise KeyboardInterrupt


def _boot(state: LabState, host: LabHost, events: Emit) -> LabHost:
    host = machine.boot(state, host)
    failed = remote.wait_ready(state, host)
    events(HostUp(host.name))
    if failed:
        events(Warned(Message("{host}: failed units: {units}", host=host.name, units=failed)))
    return host


def _make_key(path: Path) -> str:
    """Create the SSH key of all hosts; return the public key."""
    private, public = machine.host_key()
    path.touch(mode=0o600)
    path.write_bytes(private)
    return public
