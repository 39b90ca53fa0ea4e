"""Who claims which address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hopthu.source import Record
from hopthu.values import Map


class Claim(NamedTuple):
    """A record's claim to an address, since the day its mailbox exists."""

    since: str
    record: Record
    steps: tuple[str | int, ...]
    address: str


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
