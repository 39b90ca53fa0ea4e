"""Who has not signed in for long; nobody is locked by it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hopthu.directory.entries import suffix
from hopthu.directory.password_rules import parsed_time
from hopthu.fan_out import on_all_hosts
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.model.policy import Policy
from hopthu.remote import script
from hopthu.ssh import Ssh, Target


@dataclass(frozen=True, slots=True)
class Use:
    """What is known of somebody's use: since when sign-ins are dated, and the last one, if any."""

    since: datetime
    last: datetime | None = None

    @property
    def latest(self) -> datetime:
        """Return the moment since which they have certainly not signed in."""
        return self.last or self.since


def last_uses(ssh: Ssh, inventory: Inventory, domain: str) -> Mapping[str, Use]:
    """Ask every access host who signed in when; return that by id.

    Raises `HostFailed` if one does not answer: whoever signs in there only would be taken for idle.
    """

    def ask(host: Host) -> str:
        command = ["bash", "-c", script("last-sign-ins.sh"), "last-sign-ins.sh", suffix(domain)]
        return ssh.output(Target.of(host.name, inventory.data[host.name]), shlex.join(command))

    answers = on_all_hosts(inventory.centre.with_role("access"), ask)
    return merged(parsed(answer.splitlines()) for answer in answers.values())


def parsed(lines: Iterable[str]) -> dict[str, Use]:
    """Return what the output of last-sign-ins.sh says of each id."""
    found = {}
    for line in lines:
        person, since, *last = line.split()
        found[person] = Use(parsed_time(since), parsed_time(last[0]) if last else None)
    return found


def merged(hosts: Iterable[Mapping[str, Use]]) -> dict[str, Use]:
    """Return what several hosts know of each id: the last sign-in on any of them."""
    found: dict[str, Use] = {}
    for host in hosts:
        for person, use in host.items():
            other = found.get(person, use)
            lasts = [each.last for each in (use, other) if each.last]
            found[person] = Use(max(use.since, other.since), max(lasts, default=None))
    return found


def idle(uses: Mapping[str, Use], policy: Policy, now: datetime) -> dict[str, Use]:
    """Return those who have not signed in for `lifecycle.idle_days`, longest first, then by id."""
    before = now - timedelta(days=policy.lifecycle.idle_days)
    found = [(use.latest, person) for person, use in uses.items() if use.latest < before]
    return {person: uses[person] for _, person in sorted(found)}
