"""Check on the host itself that it works after a change; no mail is delivered."""

from __future__ import annotations

from hopthu.daemons.registry import daemons_of, services_of
from hopthu.desired.state import Desired
from hopthu.errors import HostFailed
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Host
from hopthu.remote.host.health import Question, faults
from hopthu.ssh import OnHost, Ssh, Target

PATIENCE = 20.0
"""Seconds that daemons may need to load new files."""
_LONGEST = 180.0
EVER = 1e9
"""A `since` that includes every change ever made, in seconds."""


def question(host: Host, desired: Desired, operator: str, since: float = EVER) -> Question:
    """Return the question for `host`.

    Stores are asked about one of their own mailboxes; other hosts about that of the operating unit,
    which may receive mail if a health check goes wrong.
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
    return {
        "units": units,
        "checks": checks,
        "name": host.fqdn,
        "address": host.address,
        "domain": desired.domain,
        "known": known,
        "patience": PATIENCE,
        "since": since,
    }


def _of_daemons(host: Host) -> tuple[list[str], list[str]]:
    """Return the systemd units that must run on `host`, and the checks of its daemons."""
    running = [daemon for daemon in daemons_of(host) if daemon.works_on(host)]
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
    """Raise `HostFailed` with everything that is wrong unless the host passes its health checks.

    It must also admit a new connection: the packet filter spares the one that is open.
    """
    ssh.require_new(target)
    if found := OnHost(ssh, target, _LONGEST)(faults, asked):
        wrong = "\n".join(f"  {line}" for fault in found for line in fault.splitlines())
        raise HostFailed(
            Message("{host} failed its health checks:\n{checks}", host=target.name, checks=wrong)
        )
