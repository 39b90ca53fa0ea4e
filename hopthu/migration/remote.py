"""What is done on hosts while mailboxes move: each a script sent there, each safe to do again."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hopthu.daemons.base import MOVES
from hopthu.daemons.moves import UNIT
from hopthu.directory.entries import PENDING_ATTRIBUTES, PENDING_FILTER, suffix
from hopthu.directory.ldif import Entries
from hopthu.errors import HostFailed
from hopthu.inventory.topology import Centre, Host
from hopthu.migration.pending import Batch
from hopthu.migration.session import RemoteSession
from hopthu.model.policy import MIB
from hopthu.operations.directory import Search
from hopthu.remote import script
from hopthu.ssh import Outcome, Ssh, Target

_LONG = 24 * 3600.0
"""Seconds for what takes as long as mailboxes are large."""

_SPACE = 0.05
"""Of a store's disk stays free, whatever arrives."""


class Cut(HostFailed):
    """There was no connection between two stores, or it was lost: that may be tried again."""


Lines = Mapping[str, Sequence[str]]
"""What a script said: the rest of each line by its first word."""


@dataclass(frozen=True, slots=True)
class Stores:
    """The hosts of a centre as scripts reach them."""

    ssh: Ssh
    centre: Centre
    domain: str
    targets: Mapping[str, Target]

    def waiting(self) -> Entries:
        """Return the entries of mailboxes that wait to be moved."""
        search = Search()
        command = search.command(suffix(self.domain), PENDING_FILTER, PENDING_ATTRIBUTES)
        answer = self.ssh.output(self._target(self.centre.provider), command)
        return search.process(answer.splitlines())

    def let_go(self) -> None:
        """Have the directory hold no mailbox that a run which died has left held."""
        provider = self.centre.provider
        self._done(provider, self.ssh.run(self._target(provider), _bash("moves-hold.sh")))

    def settle(self, store: Host, *, close: bool = False) -> Lines:
        """Have a store clear up after moves that were broken off; return what is where.

        With `close` it takes nothing from others from now on.

        `left` are those whose copy is still here, with the host they are on; `here` those that
        have come and of whom `finish` does not know.
        """
        provider = self.centre.provider
        other = () if store == provider else (provider.address,)
        return self._run(store, "moves-settle.sh", arguments=(UNIT if close else "", *other))

    def open(self, store: Host) -> None:
        """Have a store take mailboxes from others, until `close`."""
        self._done(store, self.ssh.run(self._target(store), f"systemctl start {UNIT}"))

    def close(self, store: Host) -> None:
        """Have a store take no mailboxes from others any more."""
        self._done(store, self.ssh.run(self._target(store), f"systemctl stop {UNIT}"))

    def room(self, batch: Batch) -> None:
        """Raise `HostFailed` unless the target has room for what is to come."""
        size = int(self._run(batch.source, "moves-size.sh", stdin=batch.lines)["bytes"][0])
        free, all_ = map(int, self._run(batch.target, "moves-free.sh")["free"][0].split())
        if free - size < all_ * _SPACE:
            raise HostFailed(
                f"{batch.target.name}: {size // MIB} MiB would come, {free // MIB} MiB are free",
                fix="make room there, or keep units elsewhere (`store:`)",
            )

    def copy(self, batch: Batch) -> None:
        """Copy mailboxes while they are in use; raise `Cut` where the connection is."""
        scripts = ("moves-push.sh", "moves-copy.sh")
        self._run(batch.source, *scripts, arguments=_way(batch), stdin=batch.lines)

    def hold(self, batch: Batch, seconds: int) -> RemoteSession:
        """Have the directory hold mailboxes as they are."""
        names = batch.source.fqdn, batch.target.fqdn, str(seconds)
        stdin = "".join(f"{one.dn}\n" for one in batch.mailboxes) + "\n"
        target = self._target(self.centre.provider)
        return RemoteSession(self.ssh, target, _bash("moves-hold.sh", arguments=names), stdin)

    def leave(self, batch: Batch, others: Iterable[str], seconds: int) -> RemoteSession:
        """Have the source complete the copies, and do what the directory then says.

        `others` are people who may have them open beside their owners. It says `cut` when it has no
        connection to the target and is about to try again.
        """
        arguments = (*self._self(batch.source), *_way(batch), str(seconds))
        line = _bash("moves.sh", "moves-push.sh", "moves-leave.sh", arguments=arguments)
        stdin = batch.lines + "".join(f"kick {person}\n" for person in sorted(others))
        talk = RemoteSession(self.ssh, self._target(batch.source), line, stdin)
        talk.end_of_input()
        return talk

    def arrive(self, batch: Batch) -> Lines:
        """Have the target put the copies in their place."""
        return self._run(batch.target, "moves-arrive.sh", stdin=batch.lines)

    def finish(self, store: Host) -> None:
        """Have the record of a store know who reads its unit mailboxes now."""
        self._run(store, "moves-finish.sh", arguments=[script("baseline.sh")])

    def have(self, store: Host, mailboxes: str) -> Sequence[str]:
        """Return which of the lines `mailboxes` are of mailboxes that a store has."""
        return self._run(store, "moves-have.sh", stdin=mailboxes).get("has", ())

    def drop(self, store: Host, mailboxes: str) -> None:
        """Have a store remove what it still has of mailboxes that are elsewhere."""
        self._run(store, "moves-drop.sh", stdin=mailboxes)

    def output(self, store: Host, line: str, stdin: str = "") -> str:
        """Return what a shell script writes on a store; raise `HostFailed`."""
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
        """Read what a script said; raise `HostFailed` when it did not end well."""
        said: dict[str, list[str]] = {}
        for line in outcome.out.splitlines():
            word, _, rest = line.partition(" ")
            said.setdefault(word, []).append(rest)
        if outcome.code != 0:
            why = "; ".join(said.get("failed", ())) or outcome.err.strip() or "nothing said"
            raise (Cut if "cut" in said else HostFailed)(f"{host.name}: {why}")
        return said


def _way(batch: Batch) -> tuple[str, str, str]:
    return batch.target.fqdn, batch.target.address, str(MOVES)


def _bash(*names: str, arguments: Sequence[str] = ()) -> str:
    text = "\n".join(script(name) for name in names)
    return shlex.join(["bash", "-c", text, names[-1], *arguments])
