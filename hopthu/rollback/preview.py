"""Ask hosts what a rollback would do on each of them, without changing anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from hopthu.daemons.postfix import TABLES
from hopthu.fan_out import on_all_hosts
from hopthu.history.host_records import HostRecords
from hopthu.history.record import Record
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.remote import question
from hopthu.remote.host import replica, restore
from hopthu.remote.host.tables import compared
from hopthu.ssh import Ssh, on_host

_STAYS = {
    "entries": Message("directory entries"),
    "mailboxes": Message("new mailboxes"),
    "access": Message("access to unit mailboxes"),
    "packages": Message("packages"),
}
"""What no rollback undoes, by the effect of operations (operations/effects.py)."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen on one host.

    `files` has the files of each set (`+` put back, `-` removed). `addresses` are grouped by what
    the old tables would do to them: mail for `moved` ones would go to a store that no longer has
    the mailbox, `new` ones would be refused, and `gone` ones accepted though they are closed.
    `providers` are the addresses of those that its directory follows, now and then, empty for one
    that is written to.
    """

    host: str
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)
    addresses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    providers: tuple[str, ...] = ()


def preview(
    ssh: Ssh, found: Inventory, back: Mapping[str, Record], sets: Collection[str]
) -> tuple[Preview, ...]:
    """Return the preview of every host that goes back; raise `HostFailed` if one cannot answer."""

    def ask(host: str) -> Preview:
        record = back[host].id
        files, addresses, providers = on_host(found, ssh, host).all(
            question(restore.preview, record, [*sets]),
            question(compared, record, TABLES),
            question(replica.providers, record),
        )
        return Preview(host, files, addresses, tuple(providers))

    return tuple(on_all_hosts(sorted(back), ask).values())


def is_without_effect(hosts: Sequence[HostRecords], foreseen: Sequence[Preview]) -> bool:
    """Return whether a rollback would do nothing but call every host rolled back.

    One that ends an earlier one, or an interrupted run, has hosts to record.
    """
    return (
        bool(foreseen)
        and {each.host for each in hosts} == {each.host for each in foreseen}
        and not any(each.files for each in foreseen)
        and not any(each.broken for each in hosts)
    )


def stays(undone: Sequence[Record]) -> list[Message]:
    """Return what the undone runs changed that a rollback does not undo."""
    effects = {effect for record in undone for effect in record.effects}
    return [what for effect, what in _STAYS.items() if effect in effects]
