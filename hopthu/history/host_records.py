"""Read the records of all hosts in parallel."""

from __future__ import annotations

import shlex
from collections.abc import Collection
from dataclasses import dataclass

from hopthu.errors import HostFailed
from hopthu.fan_out import on_all_hosts
from hopthu.history.journal import Journal, read
from hopthu.history.record import Record
from hopthu.inventory.loader import Inventory
from hopthu.remote import script
from hopthu.ssh import Ssh, Target

_JOURNAL = (
    'f=${HOPTHU_STATE:-/var/lib/hopthu}/journal.jsonl; [ ! -e "$f" ] || flock -s "$f" cat "$f"'
)


@dataclass(frozen=True, slots=True)
class HostRecords:
    """The records of one host.

    `deployed` is the last complete one, None before the first apply; `applying` is an apply in
    progress, or an interrupted one if `broken`. `older` are the other records, newest first, if
    they were requested. `error` is the reason if the host could not be read.
    """

    host: str
    deployed: Record | None = None
    applying: Record | None = None
    broken: bool = False
    older: tuple[Record, ...] = ()
    error: str = ""

    @property
    def records(self) -> tuple[Record, ...]:
        """Every complete record, newest first."""
        return (*filter(None, [self.deployed]), *self.older)


def read_records(
    ssh: Ssh, found: Inventory, all_of: Collection[str] = ()
) -> tuple[HostRecords, ...]:
    """Return the records of every host of an inventory, including older ones of `all_of`."""

    def ask(host: str) -> HostRecords:
        words = ["all"] if host in all_of else []
        command = shlex.join(["bash", "-c", script("records.sh"), "records", *words])
        try:
            return parse(host, ssh.output(Target.of(host, found.data[host]), command))
        except HostFailed as error:
            return HostRecords(host, error=error.what)

    return tuple(on_all_hosts([host.name for host in found.centre.hosts], ask).values())


def parse(host: str, text: str) -> HostRecords:
    """Parse the output of `records.sh`; raise `HostFailed` for anything that is not a record."""
    records: dict[str, list[Record]] = {}
    for line in filter(None, text.split("\n")):
        word, _, record = line.partition(" ")
        records.setdefault(word, []).append(Record.from_json(record, host))
    running, unfinished = records.get("running", []), records.get("unfinished", [])
    return HostRecords(
        host,
        deployed=next(iter(records.get("deployed", [])), None),
        applying=next(iter([*running, *unfinished]), None),
        broken=bool(unfinished),
        older=tuple(records.get("record", [])),
    )


def journal(ssh: Ssh, found: Inventory) -> Journal:
    """Read the journal of a centre; raise `HostFailed` if its provider cannot be reached."""
    provider = found.centre.provider.name
    return read(ssh.output(Target.of(provider, found.data[provider]), _JOURNAL))
