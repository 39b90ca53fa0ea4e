"""Move mailboxes as the last operation of a plain pyinfra run; `hopthu apply` has its own step."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra import host
from pyinfra.api import FunctionCommand, operation

from hopthu.daemons.site import Site
from hopthu.directory.entries import suffix
from hopthu.migration.remote import Stores
from hopthu.migration.run import Moves, hosts_needed
from hopthu.operations.host_mailboxes import pending_moves
from hopthu.operations.run import Call
from hopthu.remote.host.moves import unsettled
from hopthu.ssh import Ssh, Target


@operation()
def moves(site: Site) -> Generator[FunctionCommand, None, None]:
    """Move mailboxes to the stores they belong on; run on the directory's provider for all stores.

    Nothing is moved unless every store takes part in the run.

    + site: the data of the run
    """
    needed, state = hosts_needed(site.centre), host.state
    if host.name != site.centre.provider.name or not needed:
        host.noop("mailboxes are moved by another host, or there is only one store")
        return
    if not needed <= {one.name for one in state.active_hosts}:
        host.noop("mailboxes are moved only if every store takes part in the run")
        return
    waiting = pending_moves(suffix(site.desired.domain))
    stores = [state.inventory.get_host(one.name) for one in site.centre.stores]
    if not waiting and not any(Call(of=store)(unsettled) for store in stores):
        host.noop("every mailbox is on its store")
        return
    yield FunctionCommand(_move, (site, needed), {})


def _move(site: Site, needed: frozenset[str]) -> None:
    inventory = host.state.inventory
    targets = {name: Target.of(name, inventory.get_host(name).data.dict()) for name in needed}
    with Ssh() as ssh:
        stores = Stores(ssh, site.centre, site.desired.domain, targets)
        Moves(stores, site.desired, host.log).run()
