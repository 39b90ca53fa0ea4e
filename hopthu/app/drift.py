"""Report how servers differ from what was last applied."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from hopthu.app.workspace import Workspace
from hopthu.daily.drifts import due_drifts
from hopthu.diagnostics.problem import shown
from hopthu.drift.applied import Applied
from hopthu.drift.collector import Report, collect
from hopthu.drift.compare import unexpected, unknown_kinds
from hopthu.errors import UsageError
from hopthu.events.event import Emit, PhaseStarted
from hopthu.history.host_records import read_records
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.ssh import Ssh


def drift(workspace: Workspace, found: Inventory, limit: Collection[str], emit: Emit) -> Report:
    """Return the drift of the hosts of an inventory, but for what it expects; change nothing.

    Raises `UsageError` for a host that is none, and for an expectation that is not valid.
    """
    repository, on = workspace.repository, workspace.on
    hosts = tuple(found.centre.host(name) for name in found.chosen(limit))
    expected = {host.name: _expected(host.name, found.data[host.name]) for host in hosts}
    with Ssh() as ssh:
        emit(PhaseStarted(Message("checking hosts")))
        report = collect(found, hosts, ssh, Applied(repository, on, found.centre).entries)
        provider = found.centre.provider.name
        due = (
            tuple(due_drifts(repository, read_records(ssh, found), provider, on))
            if provider in expected
            else ()
        )
    return replace(report, drifts=unexpected(sorted([*report.drifts, *due]), expected))


def _expected(host: str, data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the drift that a host's data expects; raise `UsageError` if it is not valid."""
    expected = data.get("expected", [])
    if not isinstance(expected, list) or not all(isinstance(text, str) for text in expected):
        raise UsageError(
            Message("host {host} in the inventory: `expected` is not a list of strings", host=host)
        )
    if wrong := unknown_kinds(expected):
        raise UsageError(
            Message(
                "host {host} in the inventory: {kind} is not a kind of drift",
                host=host,
                kind=shown(wrong[0]),
            ),
            fix=Message(
                "write a kind and a name as `hopthu drift` prints them; * matches anything"
            ),
        )
    return tuple(expected)
