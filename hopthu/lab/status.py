"""How a lab that is up is doing: what its hosts say, and what it costs this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from hopthu.errors import LabError
from hopthu.fan_out import on_all_hosts
from hopthu.lab import holder, remote
from hopthu.lab.state import LabHost, LabState, dumps


@dataclass(frozen=True, slots=True)
class Health:
    """A host: `state` as systemd says it, or `off`, or `no answer`; the units that failed."""

    state: str
    failed: tuple[str, ...] = ()


def health(state: LabState) -> Mapping[str, Health]:
    """Ask every host at once."""
    return on_all_hosts(state.hosts.values(), lambda host: _health(state, host))


def memory(state: LabState) -> int:
    """Return the bytes the lab's processes hold, shared pages counted once (PSS, proc(5))."""
    return sum(_proportional(pid) for pid in holder.members(state))


def disk(state: LabState) -> int:
    """Return the bytes the hosts have written: their disks are memory too."""
    argv = ["df", "--block-size=1", "--output=used", str(holder.hosts_folder(state))]
    return int(holder.run(state, argv).split()[-1])


def as_json(state: LabState) -> str:
    """Return state, health and cost as JSON."""
    record: dict[str, Any] = json.loads(dumps(state))
    for name, found in health(state).items():
        # A host that rebooted by itself has another init than the one `up` saw.
        leader = holder.leader(state, name)
        live = {"leader": leader, "state": found.state, "failed": list(found.failed)}
        record["hosts"][name] |= live
    record |= {"memory": memory(state), "disk": disk(state)}
    return json.dumps(record, indent=2)


def show(state: LabState, console: Console) -> None:
    """Print a table of the hosts, and what the lab costs."""
    table = Table(box=None, pad_edge=False)
    for heading in ("host", "address", "roles", "state", "name"):
        table.add_column(heading, no_wrap=True)
    for name, found in health(state).items():
        host = state.hosts[name]
        roles = " ".join(host.roles) or "not ours"
        said = " ".join([found.state, *found.failed])
        table.add_row(name, host.address, roles, said, host.fqdn)
    console.print(table)
    kind = f"{state.layout}{', bare' if state.bare else ''}"
    cost = f"{memory(state) >> 20} MiB of memory, {disk(state) >> 20} MiB written by hosts"
    console.print(f"\nLayout {kind}; {cost}; in {state.directory}", soft_wrap=True)


def _health(state: LabState, host: LabHost) -> Health:
    if not holder.members(state, host.name):
        return Health("off")
    line = "systemctl is-system-running; systemctl --failed --plain --no-legend"
    try:
        first, *failed = remote.run(state, host, line).splitlines()
    except LabError:
        return Health("no answer")
    return Health(first, tuple(unit.split()[0] for unit in failed))


def _proportional(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    line = next((line for line in text.splitlines() if line.startswith("Pss:")), "Pss: 0")
    return int(line.split()[1]) * 1024
