"""What a rollback would do on each host, asked of the hosts; nothing is changed."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from hopthu.daemons.postfix import TABLES
from hopthu.errors import HostFailed
from hopthu.fan_out import on_all_hosts
from hopthu.history.record import Record
from hopthu.inventory.loader import Inventory
from hopthu.remote import script
from hopthu.ssh import Ssh, Target

_STAYS = {
    "entries": "entries of the directory",
    "mailboxes": "mailboxes that were made",
    "access": "who may read which unit mailbox",
    "packages": "packages",
}
"""What no rollback puts back, by the effect that operations have (operations/effects.py)."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen on one host: the files of each set (`+` put back, `-` removed).

    Addresses by what its tables would do to them: `moved` ones would be sent to a store that no
    longer has the mailbox, `new` ones refused, `gone` ones taken though the directory has them
    closed.
    """

    host: str
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)
    addresses: Mapping[str, Sequence[str]] = field(default_factory=dict)


def preview(
    ssh: Ssh, found: Inventory, back: Mapping[str, Record], sets: Collection[str]
) -> tuple[Preview, ...]:
    """Ask every host that goes back; raise `HostFailed` where one cannot answer."""

    def ask(host: str) -> Preview:
        target = Target.of(host, found.data[host])
        look = restore_command(back[host].id, sets)
        files = _grouped(ssh.output(target, f"HOPTHU_LOOK=yes {look}"))
        tables = shlex.join(
            ["bash", "-c", script("compare-tables.sh"), "compare-tables", back[host].id, TABLES]
        )
        return Preview(host, files, _grouped(ssh.output(target, tables)))

    return tuple(on_all_hosts(sorted(back), ask).values())


def restore_command(record: str, sets: Collection[str]) -> str:
    """Return the command that puts the sets of a record back on a host, in their order."""
    return shlex.join(["bash", "-c", script("restore.sh"), "restore", record, *sets])


def stays(undone: Sequence[Record]) -> list[str]:
    """Return what the undone runs changed that no rollback touches."""
    effects = {effect for record in undone for effect in record.effects}
    return [what for effect, what in _STAYS.items() if effect in effects]


def _grouped(text: str) -> dict[str, list[str]]:
    """Return what follows the first word of each line, by that word."""
    found: dict[str, list[str]] = {}
    for line in filter(None, text.split("\n")):
        word, _, rest = line.partition(" ")
        if not rest:
            raise HostFailed(f"not understood: {line!r}")
        found.setdefault(word, []).append(rest)
    return found
