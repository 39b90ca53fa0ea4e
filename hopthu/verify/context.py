"""The input of a probe: the site, its people, and the vantages it may use."""

from __future__ import annotations

import secrets
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from hopthu.daemons.site import Site
from hopthu.desired.mailbox import Mailbox
from hopthu.desired.probes import account
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.servers.survey import silent_of
from hopthu.ssh import OnHost, Outcome, Ssh, Target
from hopthu.verify.failure import ProbeFailed
from hopthu.verify.vantage import LocalVantage, SshVantage, Vantage

PATIENCE = 30.0
"""Seconds within which mail must arrive and a service must come back."""
_EVERY = 0.2

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Person:
    """A person with a part in the probes: sign-in, address and store."""

    id: str
    name: str
    address: str
    store: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProbeContext:
    """The input of all probes. `run` marks the messages of this run, `began` is its start time.

    `through` are the hosts that a probe goes through this time, by role, and `store` is the store;
    `passwords` are those of the accounts for probing, by id; `silent` are hosts that stand by, and
    do not answer.
    """

    site: Site
    inventory: Inventory
    ssh: Ssh
    client: Vantage
    internet: Vantage | None
    passwords: Mapping[str, str] = field(repr=False)
    places: Sequence[SshVantage]
    stopping: threading.Event
    run: str
    began: float
    through: Mapping[str, Host] = field(default_factory=dict)
    store: str = ""
    silent: Collection[str] = ()

    @property
    def hosts(self) -> tuple[Host, ...]:
        """All hosts of the centre but those that are silent."""
        return tuple(host for host in self.site.centre.hosts if host.name not in self.silent)

    @property
    def domain(self) -> str:
        """The mail domain."""
        return self.site.policy.domain

    @property
    def trust(self) -> ssl.SSLContext:
        """TLS settings of a mail program: trust the centre's CA, and check the server's name."""
        return ssl.create_default_context(cadata=self.site.secrets.public("ca.pem").decode())

    @property
    def outside(self) -> Vantage:
        """The mail server outside the centre; raises `ProbeFailed` if the inventory has none."""
        if self.internet is None:
            raise ProbeFailed(
                expected=Message("a vantage `internet`"), got=Message("an inventory without one")
            )
        return self.internet

    @property
    def outside_name(self) -> str:
        """The DNS name of the mail server outside."""
        return str(self.inventory.vantages["internet"]["fqdn"])

    @property
    def citizen(self) -> str:
        """The address outside the centre that probes send to and from."""
        return f"cong-dan@{self.site.policy.probe.outside.domain}"

    @property
    def stores(self) -> tuple[str, ...]:
        """The labels of the stores that have accounts for probing, and are not gone."""
        here = {label for host in self.site.centre.hosts for label in host.stores}
        wanted = (each.store for each in self.site.desired.probes if each.store in here)
        return tuple(dict.fromkeys(wanted))

    def mailbox(self, part: str) -> Mailbox:
        """Return the account with a part, on the store that the probe goes through this time."""
        wanted = account(part, self.store)
        return next(each for each in self.site.desired.probes if each.id == wanted)

    def address(self, mailbox: Mailbox) -> str:
        """Return the primary address of a mailbox, with its domain."""
        return f"{mailbox.addresses[0]}@{self.domain}"

    def person(self, part: str) -> Person:
        """Return the person with a part, on the store that the probe goes through this time."""
        mailbox = self.mailbox(part)
        return Person(
            id=mailbox.id,
            name=mailbox.name,
            address=self.address(mailbox),
            store=mailbox.store,
            password=self.passwords[mailbox.id],
        )

    def elsewhere(self, part: str) -> Person:
        """Return the person with a part on another store, if there is another."""
        after = (self.stores.index(self.store) + 1) % len(self.stores)
        return replace(self, store=self.stores[after]).person(part)

    def official(self) -> Mailbox:
        """Return the mailbox of somebody in the data, or an account for probing if nobody is."""
        people = (m for m in self.site.desired.mailboxes if m.kind == "personal")
        active = (m for m in people if m.state == "active")
        return next(active, None) or self.mailbox("reader")

    def host(self, role: str) -> Host:
        """Return the host of a role that the probe goes through this time."""
        return self.through[role]

    def token(self) -> str:
        """Return a new unique token for one message of this run."""
        return f"{self.run}{secrets.token_hex(4)}"

    def on(self, host: Host, script: str, *, stdin: bytes = b"") -> str:
        """Run a shell script on a host; return its output or raise `HostFailed`."""
        return self.ssh.output(self._target(host), script, stdin=stdin)

    def calls(self, host: Host) -> OnHost:
        """Return what calls functions of `hopthu.remote.host` on a host."""
        return OnHost(self.ssh, self._target(host))

    def attempt(self, host: Host, script: str) -> Outcome:
        """Run a shell script on a host; return its outcome, even if it failed."""
        return self.ssh.run(self._target(host), script)

    def command(self, host: Host, script: str) -> list[str]:
        """Return the command that runs a shell script on a host."""
        return self.ssh.argv(self._target(host), script)

    def until(
        self, ask: Callable[[], Found | None], what: str, *, within: float = PATIENCE
    ) -> Found:
        """Call `ask` repeatedly until it returns something, and return that.

        Raises `ProbeFailed`, with `what` as expected, after `within` seconds or on an interruption.
        """
        deadline = time.monotonic() + within
        while True:
            found = ask()
            if found:
                return found
            if time.monotonic() > deadline:
                got = Message("nothing within {seconds} s", seconds=f"{within:.0f}")
                raise ProbeFailed(expected=what, got=got)
            if self.stopping.wait(_EVERY):
                raise ProbeFailed(expected=what, got=Message("an interruption"))

    def stop(self) -> None:
        """Make all running probes give up waiting."""
        self.stopping.set()
        for place in self.places:
            place.hang_up()

    def _target(self, host: Host) -> Target:
        return Target.of(host.name, self.inventory.data[host.name])


@contextmanager
def opened(site: Site, inventory: Inventory) -> Iterator[ProbeContext]:
    """Yield the context of a run, through the first host of each role; close all connections."""
    with Ssh() as ssh:
        places = {
            name: SshVantage(ssh, Target.of(name, data))
            for name, data in inventory.vantages.items()
        }
        context = ProbeContext(
            site=site,
            inventory=inventory,
            ssh=ssh,
            client=places.get("client", LocalVantage()),
            internet=places.get("internet"),
            passwords={},
            places=tuple(places.values()),
            stopping=threading.Event(),
            # One word, so that nothing splits it on the way.
            run=f"hopthu{secrets.token_hex(4)}",
            began=time.time(),
            through={role: host for host in reversed(site.centre.at_work) for role in host.roles},
            silent=frozenset(silent_of(inventory, site.centre.hosts, ssh)),
        )
        try:
            yield context
        finally:
            context.stop()
