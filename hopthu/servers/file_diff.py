"""Which files an apply would change on each host, and which services it would reload or restart.

Hosts are asked only for digests of files, never for their contents.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from hopthu.daemons.dovecot import MAIL
from hopthu.daemons.record import FileSet
from hopthu.daemons.registry import daemons, file_sets, render
from hopthu.daemons.site import Site
from hopthu.desired.host_mailboxes import homes, residents
from hopthu.fan_out import on_all_hosts
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre, Host
from hopthu.operations.host_state import ManagedFiles, signature
from hopthu.plan.host_changes import OnHost as HostChanges
from hopthu.remote.host import pairs
from hopthu.remote.host.mailboxes import existing
from hopthu.remote.host.managed import managed
from hopthu.remote.host.packing import unpacked
from hopthu.render.files import Files
from hopthu.ssh import OnHost, Ssh, on_host


def read_hosts(
    inventory: Inventory, site: Site, ssh: Ssh, limit: Collection[str] = ()
) -> tuple[HostChanges, ...]:
    """Return the changes of every host that would change, sorted by name.

    With a `limit` these hosts alone are asked. Raises `HostFailed` if a host cannot be reached.
    """
    hosts = [inventory.centre.host(name) for name in inventory.chosen(limit)]
    found = on_all_hosts(hosts, lambda host: _of_host(host, site, on_host(inventory, ssh, host)))
    return tuple(filter(None, found.values()))


def _of_host(host: Host, site: Site, asked: OnHost) -> HostChanges:
    context = site.context(host.name)
    wanted = render(context)
    paths = sorted(path for files in wanted.values() for path in files)
    found = differing(host, wanted, ManagedFiles.of(asked(managed, paths)))
    if not (host.serves and _has_mail(host, context.centre, asked)):
        return found
    made = frozenset(unpacked(asked(existing, MAIL)).splitlines())
    here = residents(homes(context.desired, context.centre), host.fqdn, {})
    boxes = {*(f"people/{key}" for key in here.people), *(f"units/{key}" for key in here.units)}
    return replace(found, new_mailboxes=len(boxes - made))


def differing(host: Host, wanted: Mapping[str, Files], present: ManagedFiles) -> HostChanges:
    """Return what an apply would change on a host that is to have the files `wanted`, by set."""
    changed: dict[str, str] = {}
    services: dict[str, FileSet] = {}
    for name, each in file_sets().items():
        files = wanted.get(name, {})
        found = compared(present, name, files)
        changed |= found
        if files and (found or name in present.pending):
            services[name] = each
    stopped = [
        unit
        for daemon in daemons()
        for unit in present.surplus(daemon, daemon.kept_running(host, wanted))
    ]
    return HostChanges(host.name, dict(sorted(changed.items())), services, stopped=tuple(stopped))


def _has_mail(host: Host, centre: Centre, on_host: OnHost) -> bool:
    """Return whether a host has its mail now: of a pair, it may have to take over first."""
    return not centre.partner(host) or on_host(pairs.found, host.stores[0], MAIL)["serves"]


def compared(present: ManagedFiles, daemon: str, files: Files) -> dict[str, str]:
    """Return what an apply would do to each file of a set that differs."""
    found = {
        path: "change" if path in present.files else "create"
        for path, file in files.items()
        if present.files.get(path) != signature(file)
    }
    return found | dict.fromkeys(present.stale(daemon, files), "remove")
