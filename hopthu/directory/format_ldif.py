"""The address book as LDIF, which mail programs and other directories import (RFC 2849)."""

from __future__ import annotations

from collections.abc import Sequence

from hopthu.directory.contacts import Contact
from hopthu.directory.ldif import Attributes, write_entries


def as_ldif(contacts: Sequence[Contact]) -> bytes:
    """Return an entry for each contact, with attributes that every directory knows.

    Only with the address to write to: of several, Thunderbird would take the last one for it.
    """
    entries = {contact.dn: _entry(contact) for contact in contacts}
    # No empty line after the version, which Thunderbird would take for a contact without a name.
    return f"version: 1\n{write_entries(entries)}".encode()


def _entry(contact: Contact) -> Attributes:
    person = contact.kind == "person"
    # extensibleObject lets a unit have the addresses and the name that address books ask for.
    classes = ("inetOrgPerson",) if person else ("organizationalUnit", "extensibleObject")
    unit = contact.unit_name if person else contact.id
    attributes = {
        "cn": contact.name,
        "sn": (contact.family_name or contact.name) if person else "",
        "givenName": contact.given_name,
        "displayName": contact.name,
        "title": contact.title,
        "ou": unit,
        "uid": contact.id,
        "mail": contact.addresses[0],
    }
    present = {name: (value,) for name, value in attributes.items() if value}
    return {"objectClass": classes, **present}
