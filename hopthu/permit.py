"""Whether an apply may begin, by what the servers hold: guards, and the plan that was reviewed.

Asked before anything is changed. All is worked out from what the servers say now, so that no file
has to be believed.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path

from hopthu.deployed import commit
from hopthu.deployed.record import UNKNOWN
from hopthu.inventory import Inventory
from hopthu.live import Live
from hopthu.moved import since_base, since_reading
from hopthu.plan import Plan, Side
from hopthu.review import Reviewed, refuse, stop
from hopthu.ssh import Ssh
from hopthu.survey import survey
from hopthu.validate import Loaded


def permit(
    root: Path,
    inventory: Inventory,
    ssh: Ssh,
    loaded: Loaded,
    on: date,
    reviewed: Reviewed | None = None,
    limit: Collection[str] = (),
) -> tuple[Plan, Live]:
    """Return the plan that an apply of `loaded` is, for its record, and what the servers hold.

    Changes nothing. With a plan that was `reviewed` it is that one, else what leads from what the
    servers hold to the data. Raises `Refused` where guards stop it or the servers moved since the
    review, and `HostFailed` where they do not say what they hold.
    """
    after = Side(loaded.organisation, loaded.policy, loaded.source)
    base = reviewed.before if reviewed else None
    found = survey(
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
        refuse(since_base(reviewed, found.live, found.plan, after, inventory.centre))
    elif reviewed:
        refuse(since_reading(reviewed.saved, found.live, found.plan, after))
    stop(found.plan.guards)
    return (reviewed.plan if reviewed and reviewed.plan else found.plan), found.live


def _foreign(root: Path, live: Live, base: str) -> list[str]:
    """Return the hosts that were given a commit which is neither the base nor part of this one.

    Its data may be the same, and its templates or code not.
    """
    return [
        f"servers: another apply since, on {host}: record {record.id}, by {record.who}"
        for host, record in sorted(live.records.items())
        if record.commit != UNKNOWN
        and not record.commit.startswith(base)
        and not commit.is_part(root, record.commit)
    ]
