"""In which order hosts are changed.

What writes before what reads, what stores mail before what accepts it: an address is thus accepted
only once a mailbox is there, and a bad change stops at the first host of its kind.
"""

from __future__ import annotations

from collections.abc import Collection

from hopthu.inventory.roles import roles
from hopthu.inventory.topology import Centre, Host


def batches(centre: Centre, serving: Collection[str], chosen: Collection[str]) -> list[list[str]]:
    """Return the hosts `chosen`, in groups that are changed together, one group after another.

    Where none is `serving` yet there is nothing to protect, and all go at once: their operations
    have the order of deploys/site.py. Else it is one host at a time, the directory's provider
    first.
    """
    hosts = [host for host in centre.hosts if host.name in chosen]
    if not serving:
        return [[host.name for host in hosts]] if hosts else []
    return [[host.name] for host in sorted(hosts, key=lambda host: _rank(centre, host))]


def _rank(centre: Centre, host: Host) -> tuple[bool, int, str]:
    """Sort by the role whose turn comes last: everything of a host is changed at once."""
    last = max(roles()[role].turn for role in host.roles)
    return host != centre.provider, last, host.name
