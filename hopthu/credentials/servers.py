"""What is done on hosts: the provider sets passwords, stores and access hosts end sessions.

A host is given hashes only, on standard input; the words of a password never leave this machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hopthu.credentials.client import additions
from hopthu.credentials.issued import Issued, changes, dates
from hopthu.directory.client_passwords import ClientPassword, lacking, parsed, written
from hopthu.directory.entries import suffix
from hopthu.directory.password_rules import exactly
from hopthu.errors import HostFailed, Refused
from hopthu.fan_out import on_all_hosts
from hopthu.history.appending import append
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.remote.host import passwords, sessions
from hopthu.ssh import OnHost, Ssh, on_host

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
class Revoked:
    """The labels of client passwords that were taken away; `position` is the directory's then."""

    labels: Sequence[str]
    position: str


@dataclass(frozen=True, slots=True)
class Servers:
    """The hosts of a centre with the mail domain `domain`; passwords there reach `max_age`."""

    ssh: Ssh
    inventory: Inventory
    domain: str
    max_age: timedelta

    def sign_ins(self) -> SignIns:
        """Return who has a password; no hash leaves the provider. Raises `HostFailed`."""
        found = self._on(self._provider)(passwords.sign_ins, self._top)
        return SignIns(frozenset(found["active"]), frozenset(found["having"]))

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
        filter_ = f"(&(hopthuState=active){filter_})"
        try:
            found = self._on(self._provider, _LONG)(passwords.change, self._top, filter_, ldif)
        except HostFailed as error:
            raise HostFailed(
                Message("it is not known which passwords were set: {reason}", reason=error.what),
                fix=Message("reset them once the host answers"),
            ) from error
        return Done(found["number"], found["position"], found["refusal"])

    def clients(self, person: str) -> tuple[ClientPassword, ...]:
        """Return a person's client passwords; no hash leaves the provider. Raises `HostFailed`."""
        return parsed(self._on(self._provider)(passwords.clients, self._top, person))

    def revoke(
        self, person: str, labels: Sequence[str] | None, *, stopped: bool = False
    ) -> Revoked:
        """Take client passwords away, all if `labels` is None; raise `HostFailed`.

        With `stopped` only of somebody whose sending is stopped.
        """
        known = None if labels is None else [written(label) for label in labels]
        on_provider = self._on(self._provider)
        done = on_provider(passwords.revoke, self._top, person, known, stopped=stopped)
        return Revoked([one.label for one in parsed(done["taken"])], done["position"])

    def release(self, person: str, now: datetime) -> bool:
        """Have somebody who was stopped send again; return whether a client password forbids it.

        Raises `HostFailed`.
        """
        return self._on(self._provider)(passwords.release, self._top, person, exactly(now))

    def refuse_unknown(self) -> None:
        """Raise `Refused` if the directory of a host does not know client passwords yet.

        A replica with an older schema would stop following the provider at the first one.
        """
        centre = self.inventory.centre
        hosts = [host for host in centre.at_work if centre.keeps_directory(host)]
        answers = on_all_hosts(hosts, lambda host: self._on(host)(passwords.knows_clients))
        if behind := sorted(name for name, known in answers.items() if not known):
            raise Refused(
                Message("{hosts} cannot keep client passwords yet", hosts=", ".join(behind)),
                fix=Message("apply the data first"),
            )

    def date(self, issued: Sequence[Issued], until: datetime) -> None:
        """Tell slapd until when passwords sign in that were set. Raises `HostFailed`."""
        ldif = dates(issued, self.domain, until, self.max_age)
        self._on(self._provider, _LONG)(passwords.date, ldif)

    def end_sessions(self, person: str, position: str) -> None:
        """End every session of a person, on all hosts, once their directories are at `position`.

        Every host is tried, even if another fails. Raises `HostFailed`.
        """
        hosts = [host for host in self.inventory.centre.at_work if host.has("store", "access")]

        def end(host: Host) -> None:
            access = host.has("access")
            self._on(host)(sessions.end, self._top, position, person, access=access)

        on_all_hosts(hosts, end)

    def record(self, line: str) -> None:
        """Append a line to the journal; raise `HostFailed`."""
        append(self.ssh, self.inventory, line)

    @property
    def _provider(self) -> Host:
        return self.inventory.centre.provider

    @property
    def _top(self) -> str:
        return suffix(self.domain)

    def _on(self, host: Host, timeout: float = 60) -> OnHost:
        return on_host(self.inventory, self.ssh, host, timeout)
