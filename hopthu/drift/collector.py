"""Ask every host of an inventory how it differs from what was applied, changing nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hopthu.answers import parsed
from hopthu.directory.ldif import Entries
from hopthu.drift.compare import compare
from hopthu.drift.entries import compare_entries
from hopthu.drift.model import Drift
from hopthu.drift.sentences import sentence
from hopthu.errors import HostFailed
from hopthu.fan_out import answers
from hopthu.history.record import Record
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.remote.host.drift import Differences, differences
from hopthu.servers.reader import read_entries
from hopthu.ssh import Ssh, on_host

Applied = Callable[[Record], Entries | None]
"""Returns the entries that a record intended; None if they are no longer known."""

_SETTLED = 10.0
"""Seconds within which a healthy replica catches up with its provider."""


@dataclass(frozen=True, slots=True)
class HostReport:
    """The report of a host: differences, and the last record of an apply."""

    drifts: tuple[Drift, ...] = ()
    applied: Record | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The result: `drifts`, sorted; `failed`, the reason by host; and the hosts `checked`."""

    drifts: Sequence[Drift]
    failed: Mapping[str, str]
    checked: tuple[str, ...]


def collect(inventory: Inventory, hosts: tuple[Host, ...], ssh: Ssh, applied: Applied) -> Report:
    """Ask `hosts` in parallel; an unreachable host does not keep others from being reported."""

    def ask(host: Host) -> HostReport:
        return _parse(host.name, on_host(inventory, ssh, host, timeout=120)(differences))

    reports, silent = answers(hosts, ask)
    failed: dict[str, str] = {name: error.what for name, error in silent.items()}
    drifts = [drift for found in reports.values() for drift in found.drifts]
    drifts += _entries(inventory, ssh, reports, applied, failed)
    return Report(tuple(sorted(drifts)), failed, tuple(n for n in reports if n not in failed))


def _parse(host: str, found: Differences) -> HostReport:
    if found["busy"]:
        raise HostFailed(_busy(found["busy"]))
    drifts = compare(host, found["was"], found["found"], set(found["newer"]))
    if found["unfinished"]:
        drifts.append(_only(host, "apply", Record.from_json(found["unfinished"], host).id))
    if not found["record"]:
        return HostReport((*drifts, _only(host, "record", "", "none")))
    if found["bare"]:
        drifts.append(_only(host, "record", "", "bare"))
    applied = found["applied"]
    return HostReport(tuple(drifts), Record.from_json(applied, host) if applied else None)


def _only(host: str, kind: str, item: str, now: str = "") -> Drift:
    return Drift(host, kind, item, None, now, sentence(kind, item, None, now))


def _busy(text: str) -> Message:
    try:
        holder = parsed(text)
        return Message(
            "an apply by {who} has been in progress since {time}; try again when it has finished",
            who=holder["who"],
            time=holder["started"],
        )
    except (ValueError, KeyError, TypeError):  # it has just started
        return Message("an apply is in progress; try again when it has finished")


def _entries(
    inventory: Inventory,
    ssh: Ssh,
    reports: Mapping[str, HostReport],
    applied: Applied,
    failed: dict[str, str],
) -> list[Drift]:
    """Compare the provider with the data, and each replica with its provider."""
    centre, provider = inventory.centre, inventory.centre.provider
    known = [host for host in centre.hosts if host.name in reports and reports[host.name].applied]
    keepers = [host for host in known if centre.keeps_directory(host)]
    if not keepers or provider.name in failed:
        return []

    def read() -> tuple[Mapping[str, Entries], Mapping[str, HostFailed]]:
        asked = dict.fromkeys((provider, *keepers))
        return answers(asked, lambda host: read_entries(on_host(inventory, ssh, host)))

    entries, silent = read()
    failed |= {name: error.what for name, error in silent.items()}
    drifts: list[Drift] = []
    if provider in keepers and (record := reports[provider.name].applied):
        wanted = applied(record)
        if wanted is None:
            drifts.append(_only(provider.name, "record", "", "data"))
        elif provider.name in entries:
            drifts += compare_entries(provider.name, wanted, entries[provider.name])
    deadline = time.monotonic() + _SETTLED
    while (behind := _behind(entries, provider.name)) and time.monotonic() < deadline:
        entries, _ = read()
    return drifts + behind


def _behind(entries: Mapping[str, Entries], provider: str) -> list[Drift]:
    """Return how replicas differ from their provider, if that says what it has."""
    return [
        drift
        for name, found in entries.items()
        if name != provider and provider in entries
        for drift in compare_entries(name, entries[provider], found)
    ]
