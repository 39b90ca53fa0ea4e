"""The steps of a move on hosts: each is a call there, and each can safely be repeated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hopthu.daemons.base import MOVES
from hopthu.daemons.dovecot import READERS
from hopthu.daemons.moves import EVERY, unit
from hopthu.directory.entries import PENDING_ATTRIBUTES, PENDING_FILTER, suffix
from hopthu.directory.ldif import Entries
from hopthu.errors import HostFailed
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.migration.pending import Batch
from hopthu.migration.session import RemoteSession
from hopthu.model.policy import MIB
from hopthu.operations.unit_access import UNITS, Granted, change_input
from hopthu.remote import CALL, call
from hopthu.remote.host import (
    moves,
    moves_arrive,
    moves_copy,
    moves_freeze,
    moves_leave,
    moves_settle,
)
from hopthu.remote.host.moves_settle import Settled
from hopthu.remote.host.unit_access import Changes, granted
from hopthu.ssh import OnHost, Ssh, Target

_LONG = 24 * 3600.0
"""Timeout in seconds for steps that take longer with larger mailboxes, or with more rights."""

_SPACE = 0.05
"""The share of a store's disk that must stay free after a move."""


class Cut(HostFailed):
    """The connection between two stores failed or was lost; the step may be tried again."""


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores and the provider of a centre, and how to reach them."""

    ssh: Ssh
    centre: Centre
    domain: str
    targets: Mapping[str, Target]

    def waiting(self) -> Entries:
        """Return the entries of mailboxes that are to be moved."""
        found = self._on(self.centre.provider)(
            moves.pending, suffix(self.domain), PENDING_FILTER, PENDING_ATTRIBUTES
        )
        return {
            entry["dn"][0]: {name: tuple(values) for name, values in entry.items()}
            for entry in found
        }

    def let_go(self) -> None:
        """Unfreeze the mailboxes that a run which died has left frozen in the directory."""
        self._on(self.centre.provider)(moves_freeze.unfreeze)

    def settle(self, store: Host, *, close: bool = False) -> Settled:
        """Have a store clean up after interrupted moves; return what is where.

        With `close` it accepts nothing from other stores from now on.
        """
        provider = self.centre.provider
        address = "" if store == provider else provider.address
        units = EVERY if close else ""
        return self._on(store, _LONG)(moves_settle.settle, store.fqdn, units, address)

    def open(self, batch: Batch) -> None:
        """Have the target accept mailboxes from the source of a batch alone, until `close`."""
        self.output(batch.target, f"systemctl start {unit(batch.source)}")

    def close(self, batch: Batch) -> None:
        """Have the target no longer accept mailboxes."""
        self.output(batch.target, f"systemctl stop {unit(batch.source)}")

    def room(self, batch: Batch) -> None:
        """Raise `HostFailed` unless the target has room for the batch."""
        size = self._on(batch.source, _LONG)(moves.size, batch.paths)
        free, total = self._on(batch.target)(moves.room)
        if free - size < total * _SPACE:
            raise HostFailed(
                Message(
                    "{host}: {size} MiB are to be moved there, but only {free} MiB are free",
                    host=batch.target.name,
                    size=size // MIB,
                    free=free // MIB,
                ),
                fix=Message("make room there, or assign units to another store (`store:`)"),
            )

    def copy(self, batch: Batch) -> None:
        """Copy mailboxes while they are in use; raise `Cut` if the connection fails."""
        on_source = self._on(batch.source, _LONG)
        if reason := on_source(moves_copy.copy, batch.paths, _receiver(batch)):
            raise Cut(Message("{host}: {reason}", host=batch.source.name, reason=reason))

    def hold(self, batch: Batch, seconds: int) -> RemoteSession:
        """Freeze mailboxes in the directory for `seconds`."""
        names = [mailbox.dn for mailbox in batch.mailboxes]
        asked = call(moves_freeze.freeze, batch.source.fqdn, batch.target.fqdn, seconds, names)
        return RemoteSession.calling(self.ssh, self._target(self.centre.provider), asked)

    def leave(self, batch: Batch, others: Iterable[str], seconds: int) -> RemoteSession:
        """Have the source complete the copies, then act on what the directory says.

        `others` are people besides the owners who may have the mailboxes open. The answer `cut`
        means that it cannot connect to the target and is about to try again.
        """
        source, people = batch.source, sorted(others)
        asked = call(moves_leave.leave, source.fqdn, batch.paths, people, _receiver(batch), seconds)
        return RemoteSession.calling(self.ssh, self._target(source), asked)

    def arrive(self, batch: Batch, seconds: int) -> None:
        """Have the target put the copies in place within `seconds`."""
        self._on(batch.target, seconds)(moves_arrive.arrive, batch.target.fqdn, batch.paths)

    def finish(self, store: Host) -> None:
        """Update the access to unit mailboxes in the record of a store."""
        self._on(store)(moves.finish)

    def access(self, store: Host) -> Granted:
        """Return the access that a store grants to its unit mailboxes."""
        return Granted.of(self._on(store)(granted, UNITS, READERS))

    def change_access(self, store: Host, changes: Changes) -> None:
        """Change the access to unit mailboxes on a store."""
        self.ssh.output(self._target(store), CALL, stdin=change_input(changes), timeout=_LONG)

    def have(self, store: Host, mailboxes: Sequence[str]) -> Sequence[str]:
        """Return those of the mailboxes (`people/ID`, `units/ID`) that are on the store."""
        return self._on(store)(moves.have, mailboxes)

    def drop(self, store: Host, mailboxes: Sequence[str]) -> None:
        """Have a store remove the old copies of mailboxes that are elsewhere."""
        self._on(store, _LONG)(moves.drop, store.fqdn, mailboxes)

    def output(self, store: Host, line: str, stdin: str = "") -> str:
        """Return the output of a shell script on a store; raise `HostFailed` if it fails."""
        return self.ssh.output(self._target(store), line, stdin=stdin.encode())

    def _on(self, host: Host, timeout: float = 60) -> OnHost:
        return OnHost(self.ssh, self._target(host), timeout)

    def _target(self, host: Host) -> Target:
        return self.targets[host.name]


def _receiver(batch: Batch) -> moves_copy.Store:
    target = batch.target
    return {"name": target.fqdn, "address": target.address, "port": MOVES}
