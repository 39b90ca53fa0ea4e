"""The order in which hosts are changed.

Hosts that write come before hosts that read, stores before hosts that accept mail, and those that
stand by before those that serve. Thus an address is accepted only once its mailbox exists, a store
is left before it is taken over, and a bad change stops at the first host of its kind.
"""

from __future__ import annotations

from collections.abc import Collection

from hopthu.inventory.roles import roles
from hopthu.inventory.topology import Centre, Host


def batches(
    centre: Centre, serving: Collection[str], written: Collection[str], chosen: Collection[str]
) -> list[list[str]]:
    """Return the `chosen` hosts in groups; a group is changed at once, one group after another.

    If no host is `serving` yet there is nothing to protect and all are changed at once, in the
    order of deploys/site.py. Otherwise it is one host at a time, the directory's provider first;
    before it another whose directory is `written` to now: it must have given up before the next
    begins. If that has begun already, the other comes back and begins anew in its turn.
    """
    hosts = [host for host in centre.hosts if host.name in chosen]
    if not serving:
        return [[host.name for host in hosts]] if hosts else []
    return [[host.name] for host in sorted(hosts, key=lambda host: _rank(centre, written, host))]


def _rank(centre: Centre, written: Collection[str], host: Host) -> tuple[int, int, bool, str]:
    """Return a sort key: the latest turn of a host's roles, as all of them change at once.

    A host of a pair leaves its store before the other can serve it.
    """
    last = max(roles()[role].turn for role in host.roles)
    if host == centre.provider:
        return 1, last, True, host.name
    gives_up = host.name in written and centre.provider.name not in written
    return 0 if gives_up else 2, last, not host.stands_by, host.name
