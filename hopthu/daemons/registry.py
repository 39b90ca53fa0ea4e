"""All daemons: hopthu's own, and those that installed packages provide.

Each module of this package with a `DAEMON` is one; a package provides one by an entry point in the
group `hopthu.daemons` that names its record. There is no list to edit.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import hopthu.daemons
from hopthu.daemons.record import Alert, Daemon, FileSet, Service
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.inventory.roles import GROUP as ROLES_GROUP
from hopthu.inventory.topology import Host
from hopthu.render.context import Context, of_root
from hopthu.render.files import Files

GROUP = "hopthu.daemons"


@cache
def daemons() -> tuple[Daemon, ...]:
    """Return all daemons, in the order in which they are deployed on a host.

    Daemons without a defined order are sorted by name, so that the order never depends on the
    search for modules. Raises `UsageError` if records contradict each other.
    """
    found = [*_own(), *(point.load() for point in entry_points(group=GROUP))]
    known = {daemon.name: daemon for daemon in found}
    if len(known) < len(found):
        names = ", ".join(sorted(daemon.name for daemon in found))
        raise UsageError(Message("two daemons share a name: {names}", names=names))
    return tuple(known[name] for name in ordered(known))


def daemons_of(host: Host) -> tuple[Daemon, ...]:
    """Return the daemons that run on `host`, in the order in which they are deployed."""
    return tuple(daemon for daemon in daemons() if daemon.runs_on(host))


@cache
def file_sets() -> Mapping[str, FileSet]:
    """Return all file sets by name, in the order in which they are deployed."""
    return {each.name: each for daemon in daemons() for each in daemon.file_sets}


def render(context: Context) -> Mapping[str, Files]:
    """Return the files of every file set of the host in `context`, by the name of the set."""
    return {
        each.name: each.render(context)
        for daemon in daemons_of(context.host)
        for each in daemon.file_sets
    }


def services_of(host: Host) -> tuple[Service, ...]:
    """Return the services that must run on `host`."""
    working = (daemon for daemon in daemons_of(host) if daemon.works_on(host))
    every = (service for daemon in working for service in daemon.services)
    return tuple(service for service in every if service.on(host))


def measures(context: Context) -> dict[str, Sequence[str]]:
    """Return what the monitor reads from the host in `context`: functions, and their arguments."""
    return {
        name: arguments
        for daemon in daemons_of(context.host)
        for name, arguments in daemon.measures(context).items()
    }


@cache
def alerts() -> tuple[Alert, ...]:
    """Return what the monitor alarms of, in the order in which daemons are deployed."""
    return tuple(alert for daemon in daemons() for alert in daemon.alerts)


@cache
def units() -> tuple[str, ...]:
    """Return the systemd units whose state deploys read; all are read at once from a host."""
    return tuple(sorted({unit for daemon in daemons() for unit in daemon.every_unit()}))


@cache
def places() -> tuple[str, ...]:
    """Return the paths of folders and files that deploys create; a host is asked for all."""
    found = (place for each in file_sets().values() for place in each.places)
    return tuple(sorted({place.path for place in found}))


def template_folders(root: Path) -> tuple[Path, ...]:
    """Return the template folders in order: of `root`, of packages, hopthu's own."""
    *overriding, own = of_root(root)
    of_packages = [daemon.templates for daemon in daemons() if daemon.templates]
    return (*overriding, *of_packages, own)


def packages() -> dict[str, str]:
    """Return the versions of the packages that provide a daemon or a role, by name."""
    points = [*entry_points(group=GROUP), *entry_points(group=ROLES_GROUP)]
    versions = {point.dist.name: point.dist.version for point in points if point.dist}
    return dict(sorted(versions.items()))


def _own() -> list[Daemon]:
    modules = sorted(found.name for found in pkgutil.iter_modules(hopthu.daemons.__path__))
    loaded = (import_module(f"{hopthu.daemons.__name__}.{name}") for name in modules)
    return [module.DAEMON for module in loaded if hasattr(module, "DAEMON")]


def ordered(known: Mapping[str, Daemon]) -> list[str]:
    """Return the names of daemons, each after those it waits for.

    Raises `UsageError` if daemons wait for each other.
    """
    sorter = TopologicalSorter[str]()
    for name in sorted(known):
        sorter.add(name, *(before for before in known[name].after if before in known))
    try:
        sorter.prepare()
    except CycleError as error:
        what = Message("daemons wait for each other: {names}", names=" → ".join(error.args[1]))
        raise UsageError(what) from error
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return order
