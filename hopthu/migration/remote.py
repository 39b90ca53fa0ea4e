"""The steps of a move on hosts: each is a script sent there, and each can safely be repeated."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hopthu.daemons.base import MOVES
from hopthu.daemons.moves import UNIT
from hopthu.directory.entries import PENDING_ATTRIBUTES, PENDING_FILTER, suffix
from hopthu.directory.ldif import Entries
from hopthu.errors import HostFailed
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.migration.pending import Batch
from hopthu.migration.session import RemoteSession
from hopthu.model.policy import MIB
from hopthu.operations.directory import Search
from hopthu.operations.mailboxes import call
from hopthu.remote import CALL, script
from hopthu.remote.host import moves
from hopthu.remote.host.unit_access import Changes
from hopthu.ssh import OnHost, Outcome, Ssh, Target

_LONG = 24 * 3600.0
"""Timeout in seconds for steps that take longer with larger mailboxes."""

_SPACE = 0.05
"""The share of a store's disk that must stay free after a move."""


class Cut(HostFailed):
    """The connection between two stores failed or was lost; the step may be tried again."""


Lines = Mapping[str, Sequence[str]]
"""The output of a script: the rest of each line by its first word."""


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores and the provider of a centre, and how to run scripts on them."""

    ssh: Ssh
    centre: Centre
    domain: str
    targets: Mapping[str, Target]

    def waiting(self) -> Entries:
        """Return the entries of mailboxes that are to be moved."""
        search = Search()
        command = search.command(suffix(self.domain), PENDING_FILTER, PENDING_ATTRIBUTES)
        answer = self.ssh.output(self._target(self.centre.provider), command)
        return search.process(answer.splitlines())

    def let_go(self) -> None:
        """Unfreeze the mailboxes that a run which died has left frozen in the directory."""
        provider = self.centre.provider
        self._done(provider, self.ssh.run(self._target(provider), _bash("moves-hold.sh")))

    def settle(self, store: Host, *, close: bool = False) -> Lines:
        """Have a store clean up after interrupted moves; return what is where.

        With `close` it accepts nothing from other stores from now on.

        `left` are mailboxes whose old copy is still here, with the host they are on; `here` those
        that have arrived and for which `finish` has not run yet.
        """
        provider = self.centre.provider
        other = () if store == provider else (provider.address,)
        return self._run(store, "moves-settle.sh", arguments=(UNIT if close else "", *other))

    def open(self, store: Host) -> None:
        """Have a store accept mailboxes from others, until `close`."""
        self._done(store, self.ssh.run(self._target(store), f"systemctl start {UNIT}"))

    def close(self, store: Host) -> None:
        """Have a store no longer accept mailboxes from others."""
        self._done(store, self.ssh.run(self._target(store), f"systemctl stop {UNIT}"))

    def room(self, batch: Batch) -> None:
        """Raise `HostFailed` unless the target has room for the batch."""
        size = int(self._run(batch.source, "moves-size.sh", stdin=batch.lines)["bytes"][0])
        free, total = map(int, self._run(batch.target, "moves-free.sh")["free"][0].split())
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
        scripts = ("moves-push.sh", "moves-copy.sh")
        self._run(batch.source, *scripts, arguments=_way(batch), stdin=batch.lines)

    def hold(self, batch: Batch, seconds: int) -> RemoteSession:
        """Freeze mailboxes in the directory for `seconds`."""
        names = batch.source.fqdn, batch.target.fqdn, str(seconds)
        stdin = "".join(f"{one.dn}\n" for one in batch.mailboxes) + "\n"
        target = self._target(self.centre.provider)
        return RemoteSession(self.ssh, target, _bash("moves-hold.sh", arguments=names), stdin)

    def leave(self, batch: Batch, others: Iterable[str], seconds: int) -> RemoteSession:
        """Have the source complete the copies, then act on what the directory says.

        `others` are people besides the owners who may have the mailboxes open. The script prints
        `cut` if it cannot connect to the target and is about to try again.
        """
        arguments = (*self._self(batch.source), *_way(batch), str(seconds))
        line = _bash("moves.sh", "moves-push.sh", "moves-leave.sh", arguments=arguments)
        stdin = batch.lines + "".join(f"kick {person}\n" for person in sorted(others))
        session = RemoteSession(self.ssh, self._target(batch.source), line, stdin)
        session.end_of_input()
        return session

    def arrive(self, batch: Batch) -> Lines:
        """Have the target put the copies in place."""
        return self._run(batch.target, "moves-arrive.sh", stdin=batch.lines)

    def finish(self, store: Host) -> None:
        """Update the access to unit mailboxes in the record of a store."""
        OnHost(self.ssh, self._target(store), _LONG)(moves.finish)

    def change_access(self, store: Host, changes: Changes) -> None:
        """Change the access to unit mailboxes on a store."""
        self.ssh.output(self._target(store), CALL, stdin=call(changes), timeout=_LONG)

    def have(self, store: Host, mailboxes: str) -> Sequence[str]:
        """Return those of the lines `mailboxes` whose mailbox is on the store."""
        return self._run(store, "moves-have.sh", stdin=mailboxes).get("has", ())

    def drop(self, store: Host, mailboxes: str) -> None:
        """Have a store remove the old copies of mailboxes that are elsewhere."""
        self._run(store, "moves-drop.sh", stdin=mailboxes)

    def output(self, store: Host, line: str, stdin: str = "") -> str:
        """Return the output of a shell script on a store; raise `HostFailed` if it fails."""
        return self.ssh.output(self._target(store), line, stdin=stdin.encode())

    def _self(self, store: Host) -> tuple[str, str]:
        return suffix(self.domain), store.fqdn

    def _target(self, host: Host) -> Target:
        return self.targets[host.name]

    def _run(
        self, store: Host, *names: str, arguments: Sequence[str] = (), stdin: str = ""
    ) -> Lines:
        line = _bash("moves.sh", *names, arguments=(*self._self(store), *arguments))
        done = self.ssh.run(self._target(store), line, stdin=stdin.encode(), timeout=_LONG)
        return self._done(store, done)

    def _done(self, host: Host, outcome: Outcome) -> Lines:
        """Parse the output of a script; raise `Cut` or `HostFailed` if it failed."""
        lines: dict[str, list[str]] = {}
        for line in outcome.out.splitlines():
            word, _, rest = line.partition(" ")
            lines.setdefault(word, []).append(rest)
        if outcome.code != 0:
            reason = "; ".join(lines.get("failed", ())) or outcome.err.strip()
            raise (Cut if "cut" in lines else HostFailed)(
                Message("{host}: {reason}", host=host.name, reason=reason or Message("no output"))
            )
        return lines


def _way(batch: Batch) -> tuple[str, str, str]:
    return batch.target.fqdn, batch.target.address, str(MOVES)


def _bash(*names: str, arguments: Sequence[str] = ()) -> str:
    text = "\n".join(script(name) for name in names)
    return shlex.join(["bash", "-c", text, names[-1], *arguments])
