"""Whether a host serves after its change: asked of the host itself, and nothing is delivered."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass

from hopthu.daemons.registry import daemons_of, services_of
from hopthu.desired.state import Desired
from hopthu.errors import HostFailed
from hopthu.inventory.topology import Host
from hopthu.remote import script
from hopthu.ssh import Ssh, Target

PATIENCE = 20.0
"""Seconds that daemons may need to take up what they were given."""
_LONGEST = 180.0
EVER = 1e9
"""Seconds since the beginning."""


@dataclass(frozen=True, slots=True)
class Question:
    """What `health.py` is asked about a host; the fields are the keys it reads.

    `since` are the seconds in which its daemons may have been told something new.
    """

    units: list[str]
    checks: list[str]
    name: str
    address: str
    domain: str
    known: str
    patience: float
    since: float

    @property
    def text(self) -> str:
        """As JSON."""
        return json.dumps({key: getattr(self, key) for key in self.__slots__})


def question(host: Host, desired: Desired, operator: str, since: float = EVER) -> Question:
    """Return what to ask about `host`.

    Stores are asked about a mailbox of their own; everybody else about the operator's, whom a
    health check that goes wrong may trouble.
    """
    anywhere = not host.has("store")
    active = (
        (mailbox.id != operator, mailbox.kind != "unit", mailbox.id, mailbox.addresses[0])
        for mailbox in desired.mailboxes
        if mailbox.state == "active"
        and mailbox.addresses
        and (anywhere or mailbox.store in host.stores)
    )
    address = min(active, default=("",))[-1]
    known = f"{address}@{desired.domain}" if address else ""
    units, checks = _of_daemons(host)
    return Question(units, checks, host.fqdn, host.address, desired.domain, known, PATIENCE, since)


def _of_daemons(host: Host) -> tuple[list[str], list[str]]:
    """Return the units that must run on `host`, and the checks that its daemons name for it."""
    running = daemons_of(host)
    units = [service.unit for service in services_of(host)]
    checks = dict.fromkeys(
        check
        for daemon in running
        for role, names in daemon.health.items()
        if host.has(role)
        for check in names
    )
    return units, list(checks)


def prove(ssh: Ssh, target: Target, asked: Question) -> None:
    """Raise `HostFailed` with all that is wrong unless the host serves."""
    line = shlex.join(["python3", "-c", script("health.py")])
    found = ssh.run(target, line, stdin=asked.text.encode(), timeout=_LONGEST)
    if found.code:
        wrong = "\n".join(f"  {line}" for line in (found.out or found.err).strip().splitlines())
        raise HostFailed(f"{target.name} does not serve as it should:\n{wrong}")
