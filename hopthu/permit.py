"""Whether an apply may begin, by what the servers hold: guards, and the plan that was reviewed.

Asked once the hosts are held and before anything is changed. All is worked out from what the
servers say now, so that no file has to be believed.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path

from hopthu.base import at_revision
from hopthu.deployed.digest import digest
from hopthu.deployed.record import UNKNOWN, Record
from hopthu.errors import HostFailed, UsageError
from hopthu.inventory import Inventory
from hopthu.live_plan import guarded
from hopthu.moved import since_base, since_reading
from hopthu.plan import Plan, Side
from hopthu.reading import read_live
from hopthu.review import Reviewed, refuse, stop
from hopthu.ssh import Ssh
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
    known = [after, reviewed.before] if reviewed and reviewed.before else [after]
    try:
        live = read_live(inventory, ssh, limit)
    except HostFailed as error:
        raise HostFailed(f"{error.what}. Nothing was changed anywhere", fix=error.fix) from error
    before = _applied(root, live.records.get(inventory.centre.provider.name), loaded, known)
    plan = guarded(live, after, inventory.centre, on, before)
    if reviewed and reviewed.before and reviewed.plan:
        refuse(since_base(reviewed, live, plan, after, inventory.centre))
        stop(plan.guards)
        return reviewed.plan
    if reviewed:
        refuse(since_reading(reviewed.saved, live, plan, after))
    stop(plan.guards)
    return plan


def _applied(root: Path, record: Record | None, loaded: Loaded, known: list[Side]) -> Side | None:
    """Return the data a record is of: one of those `known`, or git's; None where nobody has it."""
    if record is None:
        return None
    for side in known:
        if side.source and digest(side.source) == record.data:
            return side
    if record.commit == UNKNOWN:
        return None
    try:
        side, _ = at_revision(root, record.commit, loaded)
    except UsageError:
        return None  # a commit this clone does not have, or that today's code cannot read
    return side if side.source and digest(side.source) == record.data else None
