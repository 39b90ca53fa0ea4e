"""Bring a lab up: images, holder, hosts, names. All of it, or nothing stays behind."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from hopthu.errors import LabError
from hopthu.lab import holder, images, layout, machine, outside, preflight, remote
from hopthu.lab.down import clear, discard, locked
from hopthu.lab.layout import Layout
from hopthu.lab.state import LabHost, LabState, directory, lab_name, recorded

Progress = Callable[[str], None]


def up(
    name: str,
    *,
    bare: bool = False,
    progress: Progress = lambda _: None,
    root: Path | None = None,
    layouts: Path | None = None,
    domain: str = "",
) -> LabState:
    """Start a lab of the layout `name` and return it, booted and answering.

    `bare` gives our hosts a plain Debian, so that deploys install everything themselves. The mail
    domain is `domain`, or the layout's own; `layouts` is a repository that may have layouts. A lab
    that is up already is returned as it is when it is of that layout; otherwise `LabError`. On any
    failure, Ctrl-C included, everything is taken back.
    """
    preflight.check()
    preflight.make_room(progress)
    plan = layout.load(name, layouts, domain)
    folder = directory(root)
    with locked(folder):
        known = recorded(folder)
        if known and known.alive and known.ready:
            return _same(known, plan, bare=bare)
        if known:
            progress("Removing what an unfinished lab left")
        clear(folder)
        return _new(plan, folder, bare=bare, progress=progress)


def _same(state: LabState, plan: Layout, *, bare: bool) -> LabState:
    if (state.layout, state.domain, state.bare) == (plan.name, plan.domain, bare):
        return state
    of = f" of {state.domain}" if state.domain != plan.domain else ""
    kind = f"{state.layout}{of}{', bare' if state.bare else ''}"
    raise LabError(f"another lab is up here ({kind})", fix="run first: hopthu lab down")


def _new(plan: Layout, folder: Path, *, bare: bool, progress: Progress) -> LabState:
    try:
        state = LabState(
            name=lab_name(folder),
            layout=plan.name,
            domain=plan.domain,
            directory=folder,
            images=images.ensure(progress),
            bare=bare,
            hosts={host.name: host for host in plan.hosts},
        )
        return _start(state, plan, progress)
    except BaseException:
        # Not only for errors: Ctrl-C, too, must leave nothing.
        discard(folder)
        raise


def _start(state: LabState, plan: Layout, progress: Progress) -> LabState:
    (state.directory / "ssh").mkdir()
    (state.directory / "console").mkdir()
    state.save()
    state = holder.start(state)
    progress(f"Booting {len(state.hosts)} hosts: {', '.join(state.hosts)}")
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
    state = replace(state, hosts=_boot_all(state, progress), ready=True)
    state.save()
    return state


def _boot_all(state: LabState, progress: Progress) -> dict[str, LabHost]:
    # Not hopthu.fan_out: the first host that fails ends the others.
    with ThreadPoolExecutor(len(state.hosts)) as pool:
        try:
            booted = pool.map(lambda host: _boot(state, host, progress), state.hosts.values())
            return {host.name: host for host in booted}
        except BaseException:
            # Nobody waits for hosts that are not wanted any more: their threads see the end.
            holder.end(state)
            raise


def _boot(state: LabState, host: LabHost, progress: Progress) -> LabHost:
    host = machine.boot(state, host)
    failed = remote.wait_ready(state, host)
    progress(f"{host.name} is up" + (f"; failed: {failed}" if failed else ""))
    return host


def _make_key(path: Path) -> str:
    """Make the key that opens all hosts; return its public half."""
    private, public = machine.host_key()
    path.touch(mode=0o600)
    path.write_bytes(private)
    return public
