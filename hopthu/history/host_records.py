"""Read the records of all hosts in parallel."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from hopthu.errors import HostFailed
from hopthu.fan_out import on_all_hosts
from hopthu.history.journal import Head, Journal, read
from hopthu.history.record import Record
from hopthu.inventory.loader import Inventory
from hopthu.remote.host import journal as journal_on_host
from hopthu.remote.host.records import Records, records
from hopthu.ssh import Ssh, on_host


@dataclass(frozen=True, slots=True)
class HostRecords:
    """The records of one host.

    `deployed` is the last complete one, None before the first apply; `applying` is an apply in
    progress, or an interrupted one if `broken`. `older` are the other records, newest first, if
    they were requested. `heads` is what it remembers of the journal. `error` is the reason if the
    host could not be read.
    """

    host: str
    deployed: Record | None = None
    applying: Record | None = None
    broken: bool = False
    older: tuple[Record, ...] = ()
    heads: tuple[Head, ...] = ()
    error: str = ""

    @property
    def records(self) -> tuple[Record, ...]:
        """Every complete record, newest first."""
        return (*filter(None, [self.deployed]), *self.older)


def read_records(
    ssh: Ssh, found: Inventory, all_of: Collection[str] = ()
) -> tuple[HostRecords, ...]:
    """Return the records of every host that somebody needs, including older ones of `all_of`."""

    def ask(host: str) -> HostRecords:
        try:
            return parse(host, on_host(found, ssh, host)(records, older=host in all_of))
        except HostFailed as error:
            return HostRecords(host, error=error.what)

    return tuple(on_all_hosts([host.name for host in found.centre.at_work], ask).values())


def parse(host: str, found: Records) -> HostRecords:
    """Parse what a host answers; raise `HostFailed` for what is no record."""

    def record(text: str) -> Record | None:
        return Record.from_json(text, host) if text else None

    return HostRecords(
        host,
        deployed=record(found["deployed"]),
        applying=record(found["applying"]),
        broken=found["broken"],
        older=tuple(Record.from_json(text, host) for text in found["older"]),
        heads=tuple(Head(*each.split(" ")) for each in found["heads"]),
    )


def journal(ssh: Ssh, found: Inventory) -> Journal:
    """Read the journal of a centre; raise `HostFailed` if its provider cannot be reached."""
    return read(on_host(found, ssh, found.centre.provider)(journal_on_host.text))
