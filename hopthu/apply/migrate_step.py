"""The last step of an apply: move mailboxes to their stores (docs/decisions/moves.md)."""

from __future__ import annotations

from collections.abc import Callable

from hopthu.apply.run_context import ApplyContext
from hopthu.events.event import Emit, MailboxesMoved, PhaseStarted, Warned
from hopthu.i18n.message import Message
from hopthu.migration.remote import Stores
from hopthu.migration.run import Moves, hosts_needed
from hopthu.ssh import Ssh


def move(job: ApplyContext, ssh: Ssh, emit: Emit, check: Callable[[], None]) -> None:
    """Move the mailboxes that wait for it; `check` is called in between and may raise.

    An apply that is limited to some hosts moves nothing and only warns. Raises `HostFailed`.
    """
    centre = job.inventory.centre
    needed = hosts_needed(centre)
    if not needed:
        return
    targets = {host: job.target(host) for host in needed}
    stores = Stores(ssh, centre, job.desired.domain, targets)
    if needed <= {*job.hosts}:
        emit(PhaseStarted(Message("looking for mailboxes to move")))
        moves = Moves(
            stores,
            job.desired,
            lambda text: emit(PhaseStarted(text)),
            check,
            warn=lambda text: emit(Warned(text)),
        )
        for host, number in moves.run().items():
            emit(MailboxesMoved(host, number))
    elif waiting := stores.waiting():
        text = Message(
            "mailboxes waiting to be moved: {number}; apply without --limit, because a move "
            "needs every store",
            number=len(waiting),
        )
        emit(Warned(text))
