"""What is done on hosts: the provider sets passwords, stores and access hosts end sessions.

A host is given hashes only, on standard input; the words of a password never leave this machine.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hopthu.credentials.client import additions
from hopthu.credentials.issued import Issued, changes, dates
from hopthu.directory.client_passwords import ClientPassword, lacking, parsed, written
from hopthu.directory.entries import suffix
from hopthu.errors import HostFailed, Refused
from hopthu.fan_out import on_all_hosts
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.remote import script
from hopthu.ssh import Ssh, Target

WITHOUT, WITH = "(!(userPassword=*))", "(userPassword=*)"
"""LDAP filters of the entries that may be given a first password, and a new one."""

_LONG = 3600.0
"""Timeout in seconds for setting passwords: 61,000 take minutes."""


@dataclass(frozen=True, slots=True)
class SignIns:
    """The ids of those whom the directory lets sign in, and of those who have a password."""

    active: frozenset[str]
    having: frozenset[str]


@dataclass(frozen=True, slots=True)
class Done:
    """How many passwords were set, and why not more; `position` is the directory's after that."""

    number: int
    position: str
    refusal: str


@dataclass(frozen=True, slots=True)
class Servers:
    """The hosts of a centre with the mail domain `domain`; passwords there reach `max_age`."""

    ssh: Ssh
    inventory: Inventory
    domain: str
    max_age: timedelta

    def sign_ins(self) -> SignIns:
        """Return who has a password; no hash leaves the provider. Raises `HostFailed`."""
        answer = self.ssh.output(self._target(self._provider), self._bash("sign-ins.sh"))
        lines = [line.partition(" ") for line in answer.splitlines()]
        return SignIns(
            frozenset(person for word, _, person in lines if word == "active"),
            frozenset(person for word, _, person in lines if word == "password"),
        )

    def set(self, issued: Sequence[Issued], until: datetime, filter_: str) -> Done:
        """Set passwords in order, of entries that match `filter_`, until one is refused.

        Raises `HostFailed` if it is not known what has been done.
        """
        return self._change(changes(issued, self.domain, until), filter_)

    def add_clients(self, issued: Sequence[Issued], now: datetime) -> Done:
        """Add client passwords of one label, in order, until one is refused.

        Raises `HostFailed` if it is not known what has been done.
        """
        return self._change(additions(issued, self.domain, now), lacking(issued[0].label))

    def _change(self, ldif: str, filter_: str) -> Done:
        command = self._bash("set-passwords.sh", f"(&(hopthuState=active){filter_})")
        stdin = ldif.encode()
        outcome = self.ssh.run(self._target(self._provider), command, stdin=stdin, timeout=_LONG)
        said = {
            word: rest
            for word, _, rest in (line.partition(" ") for line in outcome.out.splitlines())
        }
        if outcome.code != 0 or not {"done", "position"} <= said.keys():
            raise HostFailed(
                Message(
                    "{host}: it is not known which passwords were set: {reason}",
                    host=self._provider.name,
                    reason=outcome.err.strip() or Message("no answer"),
                ),
                fix=Message("reset them once the host answers"),
            )
        return Done(int(said["done"]), said["position"], said.get("refused", ""))

    def clients(self, person: str) -> tuple[ClientPassword, ...]:
        """Return a person's client passwords; no hash leaves the provider. Raises `HostFailed`."""
        command = self._bash("client-passwords.sh", person)
        return parsed(self.ssh.output(self._target(self._provider), command).splitlines())

    def revoke(self, person: str, label: str) -> str:
        """Take a client password away; return the directory's position, empty if there was none.

        Raises `HostFailed`.
        """
        command = self._bash("revoke-client.sh", person, written(label))
        word, _, position = self.ssh.output(self._target(self._provider), command).partition(" ")
        return position.strip() if word == "position" else ""

    def refuse_unknown(self) -> None:
        """Raise `Refused` if the directory of a host does not know client passwords yet.

        A replica with an older schema would stop following the provider at the first one.
        """
        centre = self.inventory.centre
        hosts = [host for host in centre.hosts if centre.keeps_directory(host)]
        answers = on_all_hosts(
            hosts,
            lambda host: self.ssh.output(
                self._target(host), self._bash("knows-client-passwords.sh")
            ),
        )
        if behind := sorted(name for name, said in answers.items() if said.strip() != "known"):
            raise Refused(
                Message("{hosts} cannot keep client passwords yet", hosts=", ".join(behind)),
                fix=Message("apply the data first"),
            )

    def date(self, issued: Sequence[Issued], until: datetime) -> None:
        """Tell slapd until when passwords sign in that were set. Raises `HostFailed`."""
        stdin = dates(issued, self.domain, until, self.max_age).encode()
        command = self._bash("date-passwords.sh")
        self.ssh.output(self._target(self._provider), command, stdin=stdin, timeout=_LONG)

    def end_sessions(self, person: str, position: str) -> None:
        """End every session of a person, on all hosts, once their directories are at `position`.

        Every host is tried, even if another fails. Raises `HostFailed`.
        """
        hosts = [host for host in self.inventory.centre.hosts if host.has("store", "access")]
        on_all_hosts(hosts, lambda host: self._end(host, person, position))

    def _end(self, host: Host, person: str, position: str) -> None:
        roles = [role for role in ("store", "access") if host.has(role)]
        command = self._bash("end-sessions.sh", position, person, *roles)
        self.ssh.output(self._target(host), command)

    def record(self, line: str) -> None:
        """Append a line to the journal; raise `HostFailed`."""
        command = shlex.join(["bash", "-c", script("journal.sh")])
        self.ssh.output(self._target(self._provider), command, stdin=line.encode())

    @property
    def _provider(self) -> Host:
        return self.inventory.centre.provider

    def _target(self, host: Host) -> Target:
        return Target.of(host.name, self.inventory.data[host.name])

    def _bash(self, name: str, *arguments: str) -> str:
        return shlex.join(["bash", "-c", script(name), name, suffix(self.domain), *arguments])
