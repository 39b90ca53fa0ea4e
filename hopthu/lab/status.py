"""The status of a running lab: the state of its hosts, and the resources it uses."""

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
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.lab import holder, remote
from hopthu.lab.state import LabHost, LabState, dumps


@dataclass(frozen=True, slots=True)
class Health:
    """The health of a host: its `state` as systemd reports it, `off` or `no answer`; failed units.

    The state is part of the JSON output; it is translated only for people.
    """

    state: str
    failed: tuple[str, ...] = ()


_OFF, _NO_ANSWER = Message("off"), Message("no answer")
_HEADINGS = (
    Message("host"),
    Message("address"),
    Message("roles"),
    Message("state"),
    Message("DNS name"),
)


def health(state: LabState) -> Mapping[str, Health]:
    """Return the health of every host, by name."""
    return on_all_hosts(state.hosts.values(), lambda host: _health(state, host))


def memory(state: LabState) -> int:
    """Return the memory of the lab's processes in bytes, shared pages once (PSS, proc(5))."""
    return sum(_proportional(pid) for pid in holder.members(state))


def disk(state: LabState) -> int:
    """Return the bytes that the hosts have written: their disks use memory too."""
    argv = ["df", "--block-size=1", "--output=used", str(holder.hosts_folder(state))]
    return int(holder.run(state, argv).split()[-1])


def as_json(state: LabState) -> str:
    """Return state, health and resources as JSON."""
    record: dict[str, Any] = json.loads(dumps(state))
    for name, found in health(state).items():
        # A host that has rebooted has another init than the one `up` recorded.
        leader = holder.leader(state, name)
        live = {"leader": leader, "state": found.state, "failed": list(found.failed)}
        record["hosts"][name] |= live
    record |= {"memory": memory(state), "disk": disk(state)}
    return json.dumps(record, indent=2)


def show(state: LabState, console: Console, language: str = "en") -> None:
    """Print a table of the hosts, and the resources that the lab uses."""
    table = Table(box=None, pad_edge=False)
    for heading in _HEADINGS:
        table.add_column(translate(heading, language), no_wrap=True)
    for name, found in health(state).items():
        host = state.hosts[name]
        roles = " ".join(host.roles) or translate(Message("outside the centre"), language)
        status = " ".join([translate(found.state, language), *found.failed])
        table.add_row(name, host.address, roles, status, host.fqdn)
    console.print(table)
    summary = Message(
        "Layout {layout}{bare}; {memory} MiB of memory, {disk} MiB written by hosts; in {folder}",
        layout=state.layout,
        bare=Message(", bare") if state.bare else "",
        memory=memory(state) >> 20,
        disk=disk(state) >> 20,
        folder=state.directory,
    )
    console.print(f"\n{translate(summary, language)}", soft_wrap=True)


def _health(state: LabState, host: LabHost) -> Health:
    if not holder.members(state, host.name):
        return Health(_OFF)
    line = "systemctl is-system-running; systemctl --failed --plain --no-legend"
    try:
        first, *failed = remote.run(state, host, line).splitlines()
    except LabError:
        return Health(_NO_ANSWER)
    return Health(first, tuple(unit.split()[0] for unit in failed))


def _proportional(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    line = next((line for line in text.splitlines() if line.startswith("Pss:")), "Pss: 0")
    return int(line.split()[1]) * 1024
