"""Whose mailboxes are filled: only those that are in use, and on a store that keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hopthu.desired.state import Mailbox, desired
from hopthu.diagnostics.problem import shown
from hopthu.directory.entries import suffix
from hopthu.directory.ldif import Entries
from hopthu.errors import HostFailed, Refused
from hopthu.i18n.joining import some_lines
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.mail_import.accounts import SHOWN, Account
from hopthu.operations.answers import answered
from hopthu.remote.host.entries import search
from hopthu.ssh import Ssh, on_host
from hopthu.validate import Loaded

_FILTER = "(&(hopthuState=*)(mailHost=*))"
_LEAVE_OUT = Message("correct these lines, or leave them out of the list")
_ATTRIBUTES = ("uid", "hopthuState", "mailHost", "hopthuMoving", "hopthuFrozen")


@dataclass(frozen=True, slots=True)
class Chosen:
    """An account of the old server, the mailbox that it becomes, and the store that has it."""

    account: Account
    mailbox: Mailbox
    store: Host


def mailboxes(loaded: Loaded, on: date, accounts: Sequence[Account]) -> tuple[Mailbox, ...]:
    """Return the mailbox of each account.

    Raises `Refused` that names who has none, who is named twice, or whose mailbox is not in use.
    """
    state = desired(loaded.organisation, loaded.policy, on)
    known = {mailbox.id: mailbox for mailbox in state.mailboxes}
    for mailbox in state.mailboxes:
        for served in state.served(mailbox):
            known.setdefault(served.casefold(), mailbox)
    found = [known.get(account.person.casefold()) for account in accounts]
    _refuse(_unfit(accounts, found), _LEAVE_OUT)
    return tuple(mailbox for mailbox in found if mailbox)


def _unfit(accounts: Sequence[Account], found: Sequence[Mailbox | None]) -> Iterator[Message]:
    lines: dict[str, int] = {}
    for account, mailbox in zip(accounts, found, strict=True):
        if mailbox is None:
            yield _about(account, Message("there is no mailbox of this id or address"))
        elif mailbox.state == "locked":
            yield _about(account, Message("the mailbox is locked"))
        elif mailbox.state != "active":
            yield _about(account, Message("the mailbox is closed"))
        elif (line := lines.setdefault(mailbox.id, account.line)) != account.line:
            yield _about(account, Message("is in line {line} already", line=line))


def placed(
    accounts: Sequence[Account], found: Sequence[Mailbox], inventory: Inventory, entries: Entries
) -> tuple[Chosen, ...]:
    """Return on which store each mailbox is.

    Raises `Refused` that names those the servers do not have, or that are to move.
    """
    here = {attributes["uid"][0]: attributes for attributes in entries.values()}
    stores = {host.fqdn: host for host in inventory.centre.stores}
    _refuse(_unready(accounts, found, here, stores), Message("apply the data first"))
    return tuple(
        Chosen(account, mailbox, stores[here[mailbox.id]["mailHost"][0]])
        for account, mailbox in zip(accounts, found, strict=True)
    )


def _unready(
    accounts: Sequence[Account],
    found: Sequence[Mailbox],
    here: Mapping[str, Mapping[str, Sequence[str]]],
    stores: Mapping[str, Host],
) -> Iterator[Message]:
    for account, mailbox in zip(accounts, found, strict=True):
        entry = here.get(mailbox.id, {})
        if list(entry.get("hopthuState", ())) != ["active"] or entry["mailHost"][0] not in stores:
            yield _about(account, Message("the servers do not have the mailbox yet"))
        elif "hopthuMoving" in entry or "hopthuFrozen" in entry:
            yield _about(account, Message("the mailbox is to move to another store"))


def directory(ssh: Ssh, inventory: Inventory, domain: str) -> Entries:
    """Return what the provider's directory says of mailboxes; raise `HostFailed`."""
    provider = inventory.centre.provider
    packed = on_host(inventory, ssh, provider)(search, suffix(domain), _FILTER, _ATTRIBUTES)
    if not packed:
        raise HostFailed(
            Message("{host}: the directory does not answer", host=provider.name),
            fix=Message("see on that host why: {command}", command="journalctl -u slapd"),
        )
    return answered(packed)


def _refuse(reasons: Iterator[Message], fix: Message) -> None:
    if found := list(reasons):
        raise Refused(some_lines(found, SHOWN), fix=fix)


def _about(account: Account, reason: Message) -> Message:
    return Message("line {line} of the list: {person}: {reason}",
                   line=account.line, person=shown(account.person), reason=reason)  # fmt: skip
