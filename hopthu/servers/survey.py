"""Read the state of the servers and plan from there to the data."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from hopthu.daemons.registry import template_folders
from hopthu.daemons.site import Site, declared
from hopthu.desired.state import desired
from hopthu.directory.entries import entries
from hopthu.errors import HostFailed, UsageError
from hopthu.history.data_digest import digest
from hopthu.history.record import UNKNOWN, Record
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.secrets import Secrets
from hopthu.inventory.topology import Centre
from hopthu.plan.baseline import load_baseline
from hopthu.plan.plan import Plan, Snapshot, with_later_parts
from hopthu.plan.upcoming import due
from hopthu.servers.file_diff import read_hosts
from hopthu.servers.plan import guarded
from hopthu.servers.reader import read_server_state
from hopthu.servers.state import ServerState
from hopthu.ssh import Ssh
from hopthu.validate import Loaded


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """The state of the servers, and the plan that leads from there to the data.

    `before` is the data that was applied last, None if it is not known.
    """

    centre: Centre
    live: ServerState
    plan: Plan
    before: Snapshot | None = None


def plan_against_servers(
    root: Path,
    inventory: Inventory,
    ssh: Ssh,
    loaded: Loaded,
    on: date,
    *,
    known: Sequence[Snapshot] = (),
    limit: Collection[str] = (),
    files: bool = False,
) -> ServerPlan:
    """Read the state of the servers and plan from there; change nothing.

    With `files` the plan also has the files and services an apply would change, and upcoming due
    dates. `known` are revisions that may have been applied; others are looked up in git. Raises
    `HostFailed` if a server cannot be read.
    """
    declared(inventory.centre, loaded.policy)
    after = Snapshot(loaded.organisation, loaded.policy, loaded.source)

    def meanwhile() -> None:
        """Compute what is needed next, while the servers answer; the results are memoized."""
        entries(desired(after.organisation, after.policy, on), inventory.centre, after.policy)
        digest(loaded.source)

    try:
        live = read_server_state(inventory, ssh, limit, meanwhile)
        record = live.records.get(inventory.centre.provider.name)
        before = applied(root, record, loaded, (after, *known))
        plan = guarded(live, after, inventory.centre, on, before)
        if before:
            plan = with_later_parts(plan, before, after)
        if files and plan.servers:
            hosts = read_hosts(inventory, _site(root, inventory, loaded, on), ssh)
            coming = due(loaded.organisation, loaded.policy, on)
            plan = replace(plan, due=coming, servers=replace(plan.servers, hosts=hosts))
    except HostFailed as error:
        what = Message("{reason}. Nothing was changed on any host", reason=error.what)
        raise HostFailed(what, fix=error.fix) from error
    return ServerPlan(inventory.centre, live, plan, before)


def applied(
    root: Path, record: Record | None, loaded: Loaded, known: Sequence[Snapshot]
) -> Snapshot | None:
    """Return the data of a record: one of those `known`, or from git; None if not available."""
    if record is None:
        return None
    for side in known:
        if side.source and digest(side.source) == record.data:
            return side
    if record.commit == UNKNOWN:
        return None
    try:
        side, _ = load_baseline(root, record.commit, loaded)
    except UsageError:
        return None  # a commit that this clone lacks, or that the present code cannot read
    return side if side.source and digest(side.source) == record.data else None


def _site(root: Path, inventory: Inventory, loaded: Loaded, on: date) -> Site:
    data = next(iter(inventory.data.values()))
    return Site(
        root=root,
        on=on,
        centre=inventory.centre,
        policy=loaded.policy,
        desired=desired(loaded.organisation, loaded.policy, on),
        secrets=Secrets(root / data["secrets"], root / data["age_identity"]),
        templates=template_folders(root),
    )
