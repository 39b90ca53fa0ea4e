"""Find what changed on the servers since a plan was reviewed.

Pure. A plan against a revision assumes that the servers match that revision, as of the day it was
applied; a plan against servers assumes that they are as they were read then. What an interrupted
apply of the same plan has already done is accepted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from hopthu.directory.entries import addresses_dn
from hopthu.history.data_digest import digest
from hopthu.history.record import Record
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre
from hopthu.plan.file import PlanFile
from hopthu.plan.plan import Plan
from hopthu.plan.review import Reviewed
from hopthu.servers.plan import guarded
from hopthu.servers.state import ServerState, as_applied
from hopthu.validate import Loaded

Summaries = Mapping[str, str]
"""The summaries of changes, by a key of everything that the change does."""

_OF_SERVERS = ("mailbox", "address", "access", "entry")
"""The kinds of change that affect servers; records of people and units are only in the data."""
_ACTIONS = {
    "create": Message("create"),
    "change": Message("change"),
    "remove": Message("remove"),
}


def changed_since_base(
    reviewed: Reviewed, live: ServerState, plan: Plan, after: Loaded, centre: Centre
) -> list[Message]:
    """Return how the servers differ from the revision; `plan` starts from their present state.

    Nothing is reported for a centre without any record of an apply.
    """
    sides = {digest(side.source): side for side in (after, reviewed.before) if side}
    if others := [*_other_applies(live, sides)]:
        return others
    found = _changes(plan)
    if not live.records or (reviewed.plan and found == _changes(reviewed.plan)):
        return []
    expected: dict[str, str] = {}
    for data, on in {(record.data, record.on) for record in live.records.values()}:
        was = as_applied(sides[data], date.fromisoformat(on), centre, live.covered)
        expected |= _changes(guarded(was, after, centre, plan.on, sides[data]))
    return [*_differing(found, expected, _resumed(reviewed.saved, live, after))]


def changed_since_reading(
    saved: PlanFile, live: ServerState, plan: Plan, after: Loaded
) -> list[Message]:
    """Return how the servers differ from what was read for `saved`; `plan` is a new plan."""
    was, now = _parts(saved.content), _parts(plan.as_dict())
    if now == was and saved.checksum != replace(plan, on=saved.on).checksum:
        return [Message("the file: its checksum does not match its changes")]
    return [*_differing(now, was, _resumed(saved, live, after))]


def another_apply(host: str, record: Record) -> Message:
    """Describe a later apply that changed `host`."""
    return Message(
        "servers: another apply since, on {host}: record {id}, by {who}",
        host=host,
        id=record.id,
        who=record.who,
    )


def _other_applies(live: ServerState, sides: Mapping[str, Loaded]) -> Iterator[Message]:
    """Yield the hosts with data that the plan neither starts from nor leads to."""
    for host, record in sorted(live.records.items()):
        if record.data not in sides:
            yield another_apply(host, record)


def _resumed(saved: PlanFile, live: ServerState, after: Loaded) -> bool:
    """Return whether the servers show an earlier run of the same plan, which may be half done."""
    runs = (*live.under_way.values(), *filter(None, [live.last]))
    here = any(record.data == digest(after.source) for record in live.records.values())
    return here or any(run.checksum == saved.checksum for run in runs)


def _differing(now: Summaries, reviewed: Summaries, resumed: bool) -> Iterator[Message]:
    for key in now:
        if key not in reviewed:
            yield Message("servers: not reviewed: {change}", change=now[key])
    for key in reviewed:
        if key not in now and not resumed:
            yield Message("servers: no longer needed: {change}", change=reviewed[key])


def _changes(plan: Plan) -> Summaries:
    # That the directory keeps an address is no change for anybody: it is not reviewed.
    return {
        _key(change.as_dict()): change.summary
        for change in plan.changes
        if change.kind in _OF_SERVERS and not change.id.startswith(addresses_dn(""))
    }


def _parts(plan: Mapping[str, Any]) -> Summaries:
    """Return the lines of all parts of a plan, which is given as its JSON has it."""
    lines: dict[str, str] = {_key(each): each["summary"] for each in plan["changes"]}
    lines |= {f"{each['on']} {_key(each)}": each["summary"] for each in plan["later"]}
    for each in plan["edits"]:
        row = " ".join(filter(None, (each["kind"], each["id"], each["list"], each["day"])))
        lines[json.dumps(each, sort_keys=True)] = Message("what the edit writes: {row}", row=row)
    return lines | dict(_of_servers(plan))


def _key(change: Mapping[str, Any]) -> str:
    """Return what identifies a change; the documents it cites do not matter."""
    return json.dumps(
        [change[key] for key in ("kind", "id", "action", "before", "after")], sort_keys=True
    )


def _of_servers(servers: Mapping[str, Any]) -> Summaries:
    """Return the lines on hosts and strangers of a plan against servers."""
    lines: dict[str, str] = {
        f"stranger {dn}": Message("{dn} is not in the data", dn=dn)
        for dn in servers.get("strangers", ())
    }
    for host in servers.get("hosts", ()):
        name = host["host"]
        for path, action in host["files"].items():
            text = Message("{host}: {action} {path}", host=name, action=_ACTIONS[action], path=path)
            lines[f"{name} {path} {action}"] = text
        for service in host["services"]:
            text = Message("{host}: {reason}", host=name, reason=service["summary"])
            lines[f"{name} {service['set']}"] = text
        for unit in host["stopped"]:
            text = Message("{host}: stop {unit}", host=name, unit=unit)
            lines[f"{name} {unit} stop"] = text
        lines[f"{name} mailboxes {host['new_mailboxes']}"] = Message(
            "{host}: the number of missing mailboxes differs", host=name
        )
    return lines
