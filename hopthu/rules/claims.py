"""Who claims which address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hopthu.model.former_domains import compared
from hopthu.model.timeline import text
from hopthu.source.records import Record
from hopthu.source.values import Map

_PRIMARY = ("mailbox", "address")


class Claim(NamedTuple):
    """A record's claim to an address; `folded` is what the address is compared by.

    An address at a former domain is compared in full, any other one by its local part.
    """

    record: Record
    steps: tuple[str | int, ...]
    address: str
    folded: str


def primary(data: Map) -> str:
    """Return the address of the mailbox of a record, or an empty string."""
    mailbox = data.get("mailbox")
    return text(mailbox, "address") if isinstance(mailbox, dict) else ""


def exception(record: Record) -> str:
    """Return the document cited as the exception of a record's mailbox, or an empty string."""
    mailbox = record.data.get("mailbox")
    return text(mailbox, "exception") if isinstance(mailbox, dict) else ""


def claims(record: Record) -> list[Claim]:
    """Return a record's claims: its address, aliases, and addresses given up."""
    mailbox = record.data.get("mailbox")
    if not isinstance(mailbox, dict):
        return []
    if record.plain:  # then it has one address, which is what it is compared by
        address = primary(record.data)
        return [Claim(record, _PRIMARY, address, address)]
    return [Claim(record, *each, compared(each[1])) for each in addresses(mailbox)]


def addresses(mailbox: Map) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the addresses of a mailbox, with the steps that lead to each."""
    address = mailbox.get("address")
    if isinstance(address, str):
        yield _PRIMARY, address
    for field in ("aliases", "former"):
        listed = mailbox.get(field)
        for index, item in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(item, str):
                yield ("mailbox", field, index), item
