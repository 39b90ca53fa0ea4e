"""The address book as vCards, which phones and mail programs import (RFC 6350, version 4.0)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import NAMESPACE_URL, uuid5

from hopthu.diagnostics.problem import printable
from hopthu.directory.contacts import Contact

_LONGEST = 75
"""Octets of a line without its end (RFC 6350, 3.2)."""
_ESCAPED = str.maketrans({"\\": "\\\\", ",": "\\,", ";": "\\;"})


def as_vcard(contacts: Sequence[Contact]) -> bytes:
    """Return a card for each contact."""
    lines = (line for contact in contacts for line in _card(contact))
    return "".join(map(_folded, lines)).encode()


def _card(contact: Contact) -> Iterator[str]:
    yield "BEGIN:VCARD"
    yield "VERSION:4.0"
    # The same in each export, so that importing again changes a contact and does not add one.
    yield f"UID:{uuid5(NAMESPACE_URL, contact.dn).urn}"
    yield f"KIND:{'individual' if contact.kind == 'person' else 'org'}"
    yield f"FN:{_text(contact.name)}"
    if contact.kind == "person":
        parts = (contact.family_name, contact.given_name, contact.middle_name)
        yield f"N:{';'.join(map(_text, parts))};;"
    for number, address in enumerate(contact.addresses, start=1):
        yield f"EMAIL;TYPE=work;PREF={min(number, 100)}:{_text(address)}"
    if contact.unit_name:
        yield f"ORG:{_text(contact.unit_name)}"
    if contact.title:
        yield f"TITLE:{_text(contact.title)}"
    yield "END:VCARD"


def _text(value: str) -> str:
    return printable(value).translate(_ESCAPED)


def _folded(line: str) -> str:
    """Return a line with its end, in several of at most 75 octets; no character is divided."""
    if len(line.encode()) <= _LONGEST:
        return f"{line}\r\n"
    parts, used = [""], 0
    for character in line:
        size = len(character.encode())
        if used + size > _LONGEST:
            parts.append("")
            used = 1  # the blank that a continuation begins with
        parts[-1] += character
        used += size
    return "\r\n ".join(parts) + "\r\n"
