"""Which files an apply would change on each host, and what its services would do for it.

Pure but for the asking: hosts tell digests, never contents.
"""

from __future__ import annotations

from hopthu.daemons.record import FileSet
from hopthu.daemons.registry import file_sets, render
from hopthu.daemons.site import Site
from hopthu.desired.host_mailboxes import homes, residents
from hopthu.fan_out import on_all_hosts
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.operations.folders import Mailboxes
from hopthu.operations.host_state import Held, Managed, signature
from hopthu.plan.host_changes import OnHost
from hopthu.render.files import Files
from hopthu.ssh import Ssh, Target


def read_hosts(inventory: Inventory, site: Site, ssh: Ssh) -> tuple[OnHost, ...]:
    """Return what would change on the hosts where anything would, by name.

    Raises `HostFailed` when one cannot be reached.
    """

    def one(host: Host) -> OnHost:
        target = Target.of(host.name, inventory.data[host.name])
        return _of_host(host, site, ssh, target)

    return tuple(filter(None, on_all_hosts(inventory.centre.hosts, one).values()))


def _of_host(host: Host, site: Site, ssh: Ssh, target: Target) -> OnHost:
    context = site.context(host.name)
    changed: dict[str, str] = {}
    services: dict[str, FileSet] = {}
    wanted = render(context)
    fact = Managed()
    command = fact.command(sorted(path for files in wanted.values() for path in files))
    held = fact.process(ssh.output(target, command).splitlines())
    for name, files in wanted.items():
        differing = compared(held, name, files)
        changed |= differing
        if differing or name in held.pending:
            services[name] = file_sets()[name]
    new = 0
    if host.has("store"):
        there = Mailboxes().process(ssh.output(target, Mailboxes().command()).splitlines())
        who = residents(homes(context.desired, context.centre), host.fqdn, {})
        boxes = {*(f"people/{key}" for key in who.people), *(f"units/{key}" for key in who.units)}
        new = len(boxes - there)
    return OnHost(host.name, dict(sorted(changed.items())), services, new)


def compared(held: Held, daemon: str, files: Files) -> dict[str, str]:
    """Return what becomes of each file of a set that is not as it should be."""
    found = {
        path: "change" if path in held.files else "create"
        for path, file in files.items()
        if held.files.get(path) != signature(file)
    }
    return found | dict.fromkeys(held.stale(daemon, files), "remove")
