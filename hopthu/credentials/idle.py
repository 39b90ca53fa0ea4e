"""Who has not signed in for long; nobody is locked by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hopthu.directory.entries import suffix
from hopthu.directory.password_rules import parsed_time
from hopthu.fan_out import on_all_hosts
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.model.policy import Policy
from hopthu.remote.host.passwords import Dates, last_sign_ins
from hopthu.ssh import Ssh, on_host


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

    def ask(host: Host) -> dict[str, Dates]:
        return on_host(inventory, ssh, host)(last_sign_ins, suffix(domain))

    answers = on_all_hosts(inventory.centre.with_role("access"), ask)
    return merged(map(parsed, answers.values()))


def parsed(found: Mapping[str, Dates]) -> dict[str, Use]:
    """Return what a host knows of each id."""
    return {
        person: Use(parsed_time(each["since"]), parsed_time(each["last"]) if each["last"] else None)
        for person, each in found.items()
    }


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
