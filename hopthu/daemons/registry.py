"""Every daemon there is: hopthu's own, and those that installed packages bring.

A module of this package with a `DAEMON` is one; a package brings one by an entry point in the group
`hopthu.daemons` that names its record. There is no list to edit.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import hopthu.daemons
from hopthu.daemons.record import Daemon, FileSet, Service
from hopthu.errors import UsageError
from hopthu.inventory.roles import GROUP as ROLES_GROUP
from hopthu.inventory.topology import Host
from hopthu.render.context import Context, of_root
from hopthu.render.files import Files

GROUP = "hopthu.daemons"


@cache
def daemons() -> tuple[Daemon, ...]:
    """Return every daemon, in the order in which they are deployed on a host.

    Those without an order between them are sorted by name, so that the order never depends on what
    is found first. Raises `UsageError` where records contradict each other.
    """
    found = [*_own(), *(point.load() for point in entry_points(group=GROUP))]
    known = {daemon.name: daemon for daemon in found}
    if len(known) < len(found):
        raise UsageError(f"two daemons share a name: {', '.join(sorted(d.name for d in found))}")
    return tuple(known[name] for name in ordered(known))


def daemons_of(host: Host) -> tuple[Daemon, ...]:
    """Return the daemons that run on `host`, in the order in which they are deployed."""
    return tuple(daemon for daemon in daemons() if daemon.runs_on(host))


@cache
def file_sets() -> Mapping[str, FileSet]:
    """Return every file set by its name, in the order in which they are deployed."""
    return {each.name: each for daemon in daemons() for each in daemon.file_sets}


def render(context: Context) -> Mapping[str, Files]:
    """Return the files of every set that the host of `context` has, by the set's name."""
    return {
        each.name: each.render(context)
        for daemon in daemons_of(context.host)
        for each in daemon.file_sets
    }


def services_of(host: Host) -> tuple[Service, ...]:
    """Return the services that must run on `host`."""
    every = (service for daemon in daemons_of(host) for service in daemon.services)
    return tuple(service for service in every if service.on(host))


@cache
def units() -> tuple[str, ...]:
    """Return the systemd units that deploys ask about; a host is asked about all at once."""
    running = (f"{service.unit}.service" for daemon in daemons() for service in daemon.services)
    watched = (unit for daemon in daemons() for unit in daemon.watched)
    return tuple(sorted({*running, *watched}))


def template_folders(root: Path) -> tuple[Path, ...]:
    """Return where templates are looked for: in `root`, then in packages, last hopthu's own."""
    *laid_over, own = of_root(root)
    brought = [daemon.templates for daemon in daemons() if daemon.templates]
    return (*laid_over, *brought, own)


def packages() -> dict[str, str]:
    """Return the version of each package that brings a daemon or a role, by its name."""
    points = [*entry_points(group=GROUP), *entry_points(group=ROLES_GROUP)]
    brought = {point.dist.name: point.dist.version for point in points if point.dist}
    return dict(sorted(brought.items()))


def _own() -> list[Daemon]:
    modules = sorted(found.name for found in pkgutil.iter_modules(hopthu.daemons.__path__))
    loaded = (import_module(f"{hopthu.daemons.__name__}.{name}") for name in modules)
    return [module.DAEMON for module in loaded if hasattr(module, "DAEMON")]


def ordered(known: Mapping[str, Daemon]) -> list[str]:
    """Return the names of daemons, each after those it waits for; refuse a circle."""
    sorter = TopologicalSorter[str]()
    for name in sorted(known):
        sorter.add(name, *(before for before in known[name].after if before in known))
    try:
        sorter.prepare()
    except CycleError as error:
        raise UsageError(f"daemons wait for each other: {' → '.join(error.args[1])}") from error
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return order
