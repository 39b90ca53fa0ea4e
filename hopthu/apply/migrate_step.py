"""The end of an apply: mailboxes go to the stores they belong on (docs/decisions/moves.md)."""

from __future__ import annotations

from collections.abc import Callable

from hopthu.apply.run_context import ApplyContext
from hopthu.migration.remote import Stores
from hopthu.migration.run import Moves, hosts_needed
from hopthu.operations.observer import Observer
from hopthu.ssh import Ssh


def move(job: ApplyContext, ssh: Ssh, observer: Observer, check: Callable[[], None]) -> None:
    """Move what waits, now that every host knows of it; `check` is called in between and may raise.

    An apply of some hosts only moves nothing, and says so. Raises `HostFailed`.
    """
    centre = job.inventory.centre
    needed = hosts_needed(centre)
    if not needed:
        return
    targets = {host: job.target(host) for host in needed}
    stores = Stores(ssh, centre, job.desired.domain, targets)
    if needed <= {*job.hosts}:
        observer.stage("looking for mailboxes that wait to be moved")
        moves = Moves(stores, job.desired, observer.stage, check, warn=observer.warned)
        for host, number in moves.run().items():
            observer.settled(host, f"{number} mailbox(es) have moved here")
    elif waiting := stores.waiting():
        observer.warned(
            f"{len(waiting)} mailbox(es) wait to be moved: apply without --limit, for that takes "
            "every store"
        )
