"""What hosts have on record, asked of all of them at once."""

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
class Held:
    """What one host has on record.

    `deployed` is what it took completely last, None before the first apply; `applying` an apply
    that is under way, or with `broken` one that broke off. `older` are its other records, newest
    first, where they were asked for. `error` says why nothing is known of it.
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


def held(ssh: Ssh, found: Inventory, all_of: Collection[str] = ()) -> tuple[Held, ...]:
    """Return what every host of an inventory has on record; of `all_of` older records too."""

    def ask(host: str) -> Held:
        words = ["all"] if host in all_of else []
        command = shlex.join(["bash", "-c", script("held.sh"), "held", *words])
        try:
            return parse(host, ssh.output(Target.of(host, found.data[host]), command))
        except HostFailed as error:
            return Held(host, error=error.what)

    return tuple(on_all_hosts([host.name for host in found.centre.hosts], ask).values())


def parse(host: str, text: str) -> Held:
    """Read what `held.sh` said; raise `HostFailed` for what is no record."""
    said: dict[str, list[Record]] = {}
    for line in filter(None, text.split("\n")):
        word, _, record = line.partition(" ")
        said.setdefault(word, []).append(Record.from_json(record, host))
    running, unfinished = said.get("running", []), said.get("unfinished", [])
    return Held(
        host,
        deployed=next(iter(said.get("deployed", [])), None),
        applying=next(iter([*running, *unfinished]), None),
        broken=bool(unfinished),
        older=tuple(said.get("record", [])),
    )


def journal(ssh: Ssh, found: Inventory) -> Journal:
    """Read the journal of a centre; raise `HostFailed` where its provider cannot be asked."""
    provider = found.centre.provider.name
    return read(ssh.output(Target.of(provider, found.data[provider]), _JOURNAL))
