"""Who claims which address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hopthu.source import Record
from hopthu.values import Map
from hopthu.vietnamese import fold


class Claim(NamedTuple):
    """A record's claim to an address; `folded` is what the address is compared by."""

    record: Record
    steps: tuple[str | int, ...]
    address: str
    folded: str


def claims(record: Record) -> list[Claim]:
    """Return a record's claims: its address, aliases, and addresses given up."""
    mailbox = record.data.get("mailbox")
    if not isinstance(mailbox, dict):
        return []
    found = addresses(mailbox)
    if record.plain:  # then an address is what it is compared by
        return [Claim(record, *each, each[1]) for each in found]
    return [Claim(record, *each, fold(each[1])) for each in found]


def addresses(mailbox: Map) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the addresses of a mailbox, with the steps that lead to each."""
    address = mailbox.get("address")
    if isinstance(address, str):
        yield ("mailbox", "address"), address
    for field in ("aliases", "former"):
        listed = mailbox.get(field)
        for index, item in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(item, str):
                yield ("mailbox", field, index), item
