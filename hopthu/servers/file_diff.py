"""Which files an apply would change on each host, and which services it would reload or restart.

Hosts are asked only for digests of files, never for their contents.
"""

from __future__ import annotations

from hopthu.daemons.dovecot import MAIL
from hopthu.daemons.record import FileSet
from hopthu.daemons.registry import file_sets, render
from hopthu.daemons.site import Site
from hopthu.desired.host_mailboxes import homes, residents
from hopthu.fan_out import on_all_hosts
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.operations.host_state import ManagedFiles, signature
from hopthu.plan.host_changes import OnHost as HostChanges
from hopthu.remote.host.mailboxes import existing
from hopthu.remote.host.managed import managed
from hopthu.remote.host.packing import unpacked
from hopthu.render.files import Files
from hopthu.ssh import OnHost, Ssh, Target


def read_hosts(inventory: Inventory, site: Site, ssh: Ssh) -> tuple[HostChanges, ...]:
    """Return the changes of every host that would change, sorted by name.

    Raises `HostFailed` if a host cannot be reached.
    """

    def read(host: Host) -> HostChanges:
        target = Target.of(host.name, inventory.data[host.name])
        return _of_host(host, site, ssh, target)

    return tuple(filter(None, on_all_hosts(inventory.centre.hosts, read).values()))


def _of_host(host: Host, site: Site, ssh: Ssh, target: Target) -> HostChanges:
    context = site.context(host.name)
    changed: dict[str, str] = {}
    services: dict[str, FileSet] = {}
    wanted = render(context)
    on_host = OnHost(ssh, target)
    paths = sorted(path for files in wanted.values() for path in files)
    present = ManagedFiles.of(on_host(managed, paths))
    for name, files in wanted.items():
        differing = compared(present, name, files)
        changed |= differing
        if differing or name in present.pending:
            services[name] = file_sets()[name]
    new = 0
    if host.has("store"):
        made = frozenset(unpacked(on_host(existing, MAIL)).splitlines())
        here = residents(homes(context.desired, context.centre), host.fqdn, {})
        boxes = {*(f"people/{key}" for key in here.people), *(f"units/{key}" for key in here.units)}
        new = len(boxes - made)
    return HostChanges(host.name, dict(sorted(changed.items())), services, new)


def compared(present: ManagedFiles, daemon: str, files: Files) -> dict[str, str]:
    """Return what an apply would do to each file of a set that differs."""
    found = {
        path: "change" if path in present.files else "create"
        for path, file in files.items()
        if present.files.get(path) != signature(file)
    }
    return found | dict.fromkeys(present.stale(daemon, files), "remove")
