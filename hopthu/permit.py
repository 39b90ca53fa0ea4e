"""Whether an apply may begin, by what the servers hold: guards, and the plan that was reviewed.

Asked before anything is changed. All is worked out from what the servers say now, so that no file
has to be believed.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path

from hopthu.inventory import Inventory
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
) -> Plan:
    """Return the plan that an apply of `loaded` is, for its record; change nothing.

    With a plan that was `reviewed` it is that one, else what leads from what the servers hold to
    the data. Raises `Refused` where guards stop it or the servers moved since the review, and
    `HostFailed` where they do not say what they hold.
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
        refuse(since_base(reviewed, found.live, found.plan, after, inventory.centre))
    elif reviewed:
        refuse(since_reading(reviewed.saved, found.live, found.plan, after))
    stop(found.plan.guards)
    return reviewed.plan if reviewed and reviewed.plan else found.plan
