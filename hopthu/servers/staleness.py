"""What moved on the servers since a plan was reviewed.

Pure. A plan against a revision takes for granted that the servers hold what the revision says, as
of the day it was applied; a plan against servers, that they hold what was read then. What the same
apply has done already, when it broke off, is not held against it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from hopthu.desired.state import desired
from hopthu.directory.entries import entries
from hopthu.history.data_digest import digest
from hopthu.inventory.topology import Centre
from hopthu.plan.file import PlanFile
from hopthu.plan.plan import Plan, Snapshot
from hopthu.plan.review import Reviewed
from hopthu.servers.plan import guarded
from hopthu.servers.state import ServerState

Told = Mapping[str, str]
"""The sentences of changes, by all that the changes do."""

_OF_SERVERS = ("mailbox", "address", "access", "entry")
"""The kinds of change that servers see; records of people and units are in the data alone."""


def changed_since_base(
    reviewed: Reviewed, live: ServerState, plan: Plan, after: Snapshot, centre: Centre
) -> list[str]:
    """Return what differs from what the revision says; `plan` is made from what servers hold now.

    A centre without any record of an apply has nothing to differ from.
    """
    sides = {_data(side): side for side in (after, reviewed.before) if side}
    if others := [*_other_applies(live, sides)]:
        return others
    found = _changes(plan)
    if not live.records or (reviewed.plan and found == _changes(reviewed.plan)):
        return []
    expected: dict[str, str] = {}
    for data, on in {(record.data, record.on) for record in live.records.values()}:
        was = as_applied(sides[data], date.fromisoformat(on), centre, live.asked)
        expected |= _changes(guarded(was, after, centre, plan.on, sides[data]))
    return [*_differing(found, expected, _resumed(reviewed.saved, live, after))]


def changed_since_reading(
    saved: PlanFile, live: ServerState, plan: Plan, after: Snapshot
) -> list[str]:
    """Return what differs from what was read when the plan was made; `plan` is made now."""
    was = {**_told(saved.changes), **_of_servers(saved.servers or {})}
    now = {**_changes(plan), **_of_servers(plan.servers.as_dict() if plan.servers else {})}
    if now == was and saved.checksum != replace(plan, on=saved.on).checksum:
        return ["the file: its checksum is not that of its changes"]
    return [*_differing(now, was, _resumed(saved, live, after))]


def as_applied(side: Snapshot, on: date, centre: Centre, asked: frozenset[str]) -> ServerState:
    """Return what servers hold once the data of `side` was applied as of the day `on`."""
    state = desired(side.organisation, side.policy, on)
    return ServerState(
        domain=state.domain,
        entries=entries(state, centre, side.policy),
        readers={(access.unit, access.person): True for access in state.access},
        asked=asked,
    )


def _other_applies(live: ServerState, sides: Mapping[str, Snapshot]) -> Iterator[str]:
    """Yield the hosts that hold the data of another apply than the plan starts from or leads to."""
    for host, record in sorted(live.records.items()):
        if record.data not in sides:
            yield f"servers: another apply since, on {host}: record {record.id}, by {record.who}"


def _resumed(saved: PlanFile, live: ServerState, after: Snapshot) -> bool:
    """Tell whether the servers show a run of this very plan, which may have done some of it."""
    runs = (*live.under_way.values(), *filter(None, [live.last]))
    here = any(record.data == _data(after) for record in live.records.values())
    return here or any(run.checksum == saved.checksum for run in runs)


def _differing(now: Told, reviewed: Told, resumed: bool) -> Iterator[str]:
    yield from (f"servers: not reviewed: {now[key]}" for key in now if key not in reviewed)
    if not resumed:
        yield from (
            f"servers: no longer to be done: {reviewed[key]}" for key in reviewed if key not in now
        )


def _changes(plan: Plan) -> Told:
    return _told(change.as_dict() for change in plan.changes if change.kind in _OF_SERVERS)


def _told(changes: Iterable[Mapping[str, Any]]) -> Told:
    """Return the sentences of changes; on which documents they rest does not tell them apart."""
    keys = ("kind", "id", "action", "before", "after")
    return {
        json.dumps([change[key] for key in keys], sort_keys=True): change["summary"]
        for change in changes
    }


def _of_servers(servers: Mapping[str, Any]) -> Told:
    """Return the lines on hosts and strangers of a plan against servers."""
    told = {f"stranger {dn}": f"{dn} is not in the data" for dn in servers.get("strangers", ())}
    for host in servers.get("hosts", ()):
        name = host["host"]
        told |= {f"{name} {path} {does}": f"{name}: {does} {path}"
                 for path, does in host["files"].items()}  # fmt: skip
        told |= {f"{name} {does['set']}": f"{name}: {does['summary']}" for does in host["services"]}
        told[f"{name} mailboxes {host['new_mailboxes']}"] = f"{name}: other mailboxes are missing"
    return told


def _data(side: Snapshot) -> str:
    return digest(side.source) if side.source else ""
