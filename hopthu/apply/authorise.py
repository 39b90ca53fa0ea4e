"""Whether an apply may begin, by what the servers hold: guards, and the plan that was reviewed.

Asked before anything is changed. All is worked out from what the servers say now, so that no file
has to be believed.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path

from hopthu.history import checkout
from hopthu.history.record import UNKNOWN
from hopthu.inventory.loader import Inventory
from hopthu.plan.plan import Plan, Snapshot
from hopthu.plan.review import Reviewed, refuse, stop
from hopthu.servers.staleness import changed_since_base, changed_since_reading
from hopthu.servers.state import ServerState
from hopthu.servers.survey import plan_against_servers
from hopthu.ssh import Ssh
from hopthu.validate import Loaded


def authorise(
    root: Path,
    inventory: Inventory,
    ssh: Ssh,
    loaded: Loaded,
    on: date,
    reviewed: Reviewed | None = None,
    limit: Collection[str] = (),
) -> tuple[Plan, ServerState]:
    """Return the plan that an apply of `loaded` is, for its record, and what the servers hold.

    Changes nothing. With a plan that was `reviewed` it is that one, else what leads from what the
    servers hold to the data. Raises `Refused` where guards stop it or the servers moved since the
    review, and `HostFailed` where they do not say what they hold.
    """
    after = Snapshot(loaded.organisation, loaded.policy, loaded.source)
    base = reviewed.before if reviewed else None
    found = plan_against_servers(
        root,
        inventory,
        ssh,
        loaded,
        on,
        known=[base] if base else [],
        limit=limit,
        files=bool(reviewed and base is None),
    )
    if reviewed and base:
        refuse(_foreign(root, found.live, reviewed.saved.base))
        refuse(changed_since_base(reviewed, found.live, found.plan, after, inventory.centre))
    elif reviewed:
        refuse(changed_since_reading(reviewed.saved, found.live, found.plan, after))
    stop(found.plan.guards)
    return (reviewed.plan if reviewed and reviewed.plan else found.plan), found.live


def _foreign(root: Path, live: ServerState, base: str) -> list[str]:
    """Return the hosts that were given a commit which is neither the base nor part of this one.

    Its data may be the same, and its templates or code not.
    """
    return [
        f"servers: another apply since, on {host}: record {record.id}, by {record.who}"
        for host, record in sorted(live.records.items())
        if record.commit != UNKNOWN
        and not record.commit.startswith(base)
        and not checkout.is_part(root, record.commit)
    ]
