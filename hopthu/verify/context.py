"""What a probe is given: the site, its people, and places to look from."""

from __future__ import annotations

import os
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from hopthu.daemons.site import Site
from hopthu.desired.state import Mailbox
from hopthu.directory.passwords import read_passwords
from hopthu.errors import UsageError
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.ssh import Outcome, Ssh, Target
from hopthu.verify.probe import ProbeFailed
from hopthu.verify.vantage import LocalVantage, SshVantage, Vantage

PASSWORDS = "HOPTHU_PROBE_PASSWORDS"
"""Environment variable that names the file of passwords where the inventory names none."""
PATIENCE = 30.0
"""Seconds within which mail must have arrived, and a service be back."""
_EVERY = 0.2

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Person:
    """An official who plays a part: whom to sign in as, and where mail reaches them."""

    id: str
    name: str
    address: str
    store: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProbeContext:
    """Everything there is to probe. `run` marks the messages of this run, `began` is its start."""

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

    @property
    def domain(self) -> str:
        """The mail domain."""
        return self.site.policy.domain

    @property
    def trust(self) -> ssl.SSLContext:
        """TLS as a mail program does it: our authority, and the name must be right."""
        return ssl.create_default_context(cadata=self.site.secrets.public("ca.pem").decode())

    @property
    def outside(self) -> Vantage:
        """The mail server outside; only probes that need it ask."""
        if self.internet is None:
            raise ProbeFailed(expected="a vantage `internet`", got="an inventory without one")
        return self.internet

    @property
    def outside_name(self) -> str:
        """What the mail server outside calls itself."""
        # Without one it is a name that nobody bears (RFC 2606).
        return str(self.inventory.vantages.get("internet", {}).get("fqdn", "mx.example.org"))

    @property
    def citizen(self) -> str:
        """Somebody outside: whoever writes to us, and to whom we write, in the probes."""
        return f"cong-dan@{self.outside_name.partition('.')[2]}"

    def mailbox(self, mailbox_id: str) -> Mailbox:
        """Return a mailbox of the data; raise `ProbeFailed` when it is not there today."""
        for mailbox in self.site.desired.mailboxes:
            if mailbox.id == mailbox_id:
                return mailbox
        raise ProbeFailed(expected=f"{mailbox_id} to have a mailbox", got="none in the data today")

    def address(self, mailbox: Mailbox) -> str:
        """Return the primary address of a mailbox, whole."""
        return f"{mailbox.addresses[0]}@{self.domain}"

    def person(self, part: str) -> Person:
        """Return who plays `part` in policy.probe."""
        mailbox = self.mailbox(getattr(self.site.policy.probe, part))
        return Person(
            id=mailbox.id,
            name=mailbox.name,
            address=self.address(mailbox),
            store=mailbox.store,
            password=self.passwords.get(mailbox.id, ""),
        )

    def unit(self) -> Mailbox:
        """Return the unit mailbox that the part `head` has."""
        head = self.site.policy.probe.head
        for access in self.site.desired.access:
            if access.person == head and access.right == "head":
                return self.mailbox(access.unit)
        raise ProbeFailed(expected=f"{head} to be head of a unit", got="no such unit today")

    def host(self, role: str) -> Host:
        """Return the first host with a role."""
        for host in self.site.centre.with_role(role):
            return host
        raise ProbeFailed(expected=f"a host with the role {role}", got="none in the inventory")

    def token(self) -> str:
        """Return a new mark for one message of this run."""
        return f"{self.run}{secrets.token_hex(4)}"

    def on(self, host: Host, script: str, *, stdin: bytes = b"") -> str:
        """Return what a shell script writes on one of our hosts; raise `HostFailed` if it fails."""
        return self.ssh.output(self._target(host), script, stdin=stdin)

    def attempt(self, host: Host, script: str) -> Outcome:
        """Run a shell script on one of our hosts that may well fail."""
        return self.ssh.run(self._target(host), script)

    def until(
        self, ask: Callable[[], Found | None], what: str, *, within: float = PATIENCE
    ) -> Found:
        """Ask again and again until there is an answer; raise `ProbeFailed` when none came."""
        deadline = time.monotonic() + within
        while True:
            found = ask()
            if found:
                return found
            if time.monotonic() > deadline:
                raise ProbeFailed(expected=what, got=f"nothing within {within:.0f} s")
            if self.stopping.wait(_EVERY):
                raise ProbeFailed(expected=what, got="an interruption")

    def stop(self) -> None:
        """Make every probe under way give up waiting."""
        self.stopping.set()
        for place in self.places:
            place.hang_up()

    def _target(self, host: Host) -> Target:
        return Target.of(host.name, self.inventory.data[host.name])


@contextmanager
def opened(site: Site, inventory: Inventory) -> Iterator[ProbeContext]:
    """Give the world for the time of a `with` block; every connection ends with it.

    Raises `UsageError` when the file of passwords that the environment names is not there.
    """
    with Ssh() as ssh:
        places = {
            name: SshVantage(ssh, Target.of(name, data))
            for name, data in inventory.vantages.items()
        }
        world = ProbeContext(
            site=site,
            inventory=inventory,
            ssh=ssh,
            client=places.get("client", LocalVantage()),
            internet=places.get("internet"),
            passwords=_passwords(inventory),
            places=tuple(places.values()),
            stopping=threading.Event(),
            # One word: nothing along the way may split it.
            run=f"hopthu{secrets.token_hex(4)}",
            began=time.time(),
        )
        try:
            yield world
        finally:
            world.stop()


def _passwords(inventory: Inventory) -> Mapping[str, str]:
    named = next((data["passwords"] for data in inventory.data.values() if "passwords" in data), "")
    path = named or os.environ.get(PASSWORDS, "")
    if path and not Path(path).is_file():
        raise UsageError(
            f"there is no file of passwords {path}", fix=f"see {PASSWORDS} in the manual"
        )
    return read_passwords(Path(path)) if path else {}
