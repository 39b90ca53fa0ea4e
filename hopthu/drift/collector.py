"""Ask every host of an inventory what of it is not as applied. Changes nothing anywhere."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hopthu.directory.ldif import Entries
from hopthu.drift.compare import compare
from hopthu.drift.entries import compare_entries
from hopthu.drift.model import Drift
from hopthu.drift.sentences import sentence
from hopthu.errors import HostFailed
from hopthu.fan_out import on_all_hosts
from hopthu.history.record import Record
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.remote import script
from hopthu.servers.reader import read_entries
from hopthu.ssh import Ssh, Target

Applied = Callable[[Record], Entries | None]
"""Tells what the entries were meant to be by a record; None where nobody can tell any more."""

_SETTLED = 10.0
"""Seconds within which a replica has what its provider has, if it is ever to have it."""


@dataclass(frozen=True, slots=True)
class HostReport:
    """What a host said: what differs, the last record that was an apply, and why not, if so."""

    drifts: tuple[Drift, ...] = ()
    applied: Record | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found: `drifts`, sorted; `failed`, host → why it could not be looked at."""

    drifts: Sequence[Drift]
    failed: Mapping[str, str]
    looked_at: tuple[str, ...]


def look(inventory: Inventory, hosts: tuple[Host, ...], ssh: Ssh, applied: Applied) -> Report:
    """Ask `hosts`, all at once; one that cannot be reached does not keep others from being told."""
    looks = on_all_hosts(hosts, lambda host: _look(host, inventory, ssh))
    failed = {name: found.failure for name, found in looks.items() if found.failure}
    drifts = [drift for found in looks.values() for drift in found.drifts]
    drifts += _entries(inventory, hosts, ssh, looks, applied, failed)
    return Report(tuple(sorted(drifts)), failed, tuple(n for n in looks if n not in failed))


def _look(host: Host, inventory: Inventory, ssh: Ssh) -> HostReport:
    command = shlex.join(["bash", "-c", script("drift.sh"), "drift"])
    target = Target.of(host.name, inventory.data[host.name])
    try:
        said = ssh.run(target, command, stdin=script("baseline.sh").encode(), timeout=120)
        if said.code != 0:
            raise HostFailed(f"{host.name}: {said.err.strip() or 'nothing said'}")
        return _read(host.name, said.out.splitlines())
    except HostFailed as error:
        return HostReport(failure=error.what)


def _read(host: str, lines: Sequence[str]) -> HostReport:
    """Read the lines of hopthu/remote/drift.sh."""
    told: dict[str, list[str]] = {}
    for line in lines:
        word, _, rest = line.partition(" ")
        told.setdefault(word, []).append(rest)
    if "busy" in told:
        return HostReport(failure=_busy(told["busy"][0]))
    drifts = compare(host, told.get("-", ()), told.get("+", ()), set(told.get("newer", ())))
    for broken in told.get("unfinished", ()):
        drifts.append(_only(host, "apply", Record.from_json(broken, host).id))
    if "record" not in told:
        return HostReport((*drifts, _only(host, "record", "", "none")))
    if "bare" in told:
        drifts.append(_only(host, "record", "", "bare"))
    records = [Record.from_json(text, host) for text in told.get("applied", ())]
    return HostReport(tuple(drifts), next(iter(records), None))


def _only(host: str, kind: str, item: str, now: str = "") -> Drift:
    return Drift(host, kind, item, None, now, sentence(kind, item, None, now))


def _busy(text: str) -> str:
    try:
        holder = json.loads(text)
        who = f" by {holder['who']} since {holder['started']}"
    except (ValueError, KeyError, TypeError):  # it has only just begun
        who = ""
    return f"an apply is under way{who}: look again when it is done"


def _entries(
    inventory: Inventory,
    hosts: tuple[Host, ...],
    ssh: Ssh,
    looks: Mapping[str, HostReport],
    applied: Applied,
    failed: dict[str, str],
) -> list[Drift]:
    """Compare the provider with the data, and each replica with its provider."""
    centre, provider = inventory.centre, inventory.centre.provider
    keepers = [host for host in hosts if centre.keeps_directory(host) and looks[host.name].applied]
    replicas = [host for host in keepers if host != provider]
    if not keepers or provider.name in failed:
        return []

    def ask() -> Mapping[str, Entries | HostFailed]:
        return on_all_hosts((provider, *replicas), lambda host: _held(inventory, host, ssh))

    held = ask()
    failed |= {name: found.what for name, found in held.items() if isinstance(found, HostFailed)}
    drifts: list[Drift] = []
    if provider in keepers and (record := looks[provider.name].applied):
        wanted, found = applied(record), held[provider.name]
        if wanted is None:
            drifts.append(_only(provider.name, "record", "", "data"))
        elif not isinstance(found, HostFailed):
            drifts += compare_entries(provider.name, wanted, found)
    deadline = time.monotonic() + _SETTLED
    while (behind := _behind(held, provider.name)) and time.monotonic() < deadline:
        held = ask()
    return drifts + behind


def _behind(held: Mapping[str, Entries | HostFailed], provider: str) -> list[Drift]:
    """Return what replicas have otherwise than their provider."""
    wanted = held[provider]
    if isinstance(wanted, HostFailed):
        return []
    return [
        drift
        for name, found in held.items()
        if name != provider and not isinstance(found, HostFailed)
        for drift in compare_entries(name, wanted, found)
    ]


def _held(inventory: Inventory, host: Host, ssh: Ssh) -> Entries | HostFailed:
    try:
        return read_entries(ssh, Target.of(host.name, inventory.data[host.name]))[1]
    except HostFailed as error:
        return error
