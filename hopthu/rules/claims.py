"""Who claims which address."""

from __future__ import annotations

from typing import NamedTuple

from hopthu.model.former_domains import compared
from hopthu.model.timeline import text, texts
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
    if record.plain:  # then it has one address, if any, which is what it is compared by
        address = primary(record.data)
        return [Claim(record, _PRIMARY, address, address)] if address else []
    paths = (_PRIMARY, ("mailbox", "aliases", "*"), ("mailbox", "former", "*"))
    found = (each for path in paths for each in texts(record, path))
    return [Claim(record, steps, address, compared(address)) for steps, address in found]
