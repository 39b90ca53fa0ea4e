"""What can be checked in a record alone: people with a plain name and address, valid documents.

A plain address is the one the naming profile makes of the name. The result is kept with the record
in the cache; rules on names, addresses and numbers examine only the records that are not clean.
"""

from __future__ import annotations

import re

from hopthu.i18n.vietnamese import APOSTROPHES, BREVE, LETTERS
from hopthu.model.address_naming import stem
from hopthu.model.document_numbers import in_order
from hopthu.source.values import Map

_WORD = rf"([{LETTERS}]{BREVE}?)+"
PERSON = re.compile(rf"{_WORD}(([ -]|[{APOSTROPHES}] ?){_WORD})*\Z")
"""The name of a person: words with one sign between them, or an apostrophe and a space."""
LONGEST_ADDRESS = 64
"""The most characters of a local part (RFC 5321 §4.5.3.1.1)."""
_ADDRESS = re.compile(r"[a-z][a-z0-9]*(\.[a-z0-9]+)*\Z")
# Namesakes are numbered from 2 on.
_NUMBER = re.compile(r"([2-9]|[1-9][0-9]+)?\Z")


def well_formed(address: str) -> bool:
    """Tell whether `address` is a plain local part (Art. 4)."""
    return _ADDRESS.match(address) is not None and len(address) <= LONGEST_ADDRESS


def follows(address: str, profile: str) -> bool:
    """Tell whether `address` is what the naming profile gives, with a number or without."""
    if not address.startswith(profile):
        return False
    return address == profile or _NUMBER.match(address[len(profile) :]) is not None


def is_clean(kind: str, record: Map) -> bool:
    """Tell whether a record is certainly valid, as far as can be seen in it alone."""
    if kind == "people":
        return _person(record)
    return kind == "documents" and _document(record)


def _person(record: Map) -> bool:
    """Tell whether the name and the one address of a person are certainly valid.

    Such an address is letters and a number, so it equals its folded form.
    """
    name, mailbox = record.get("name"), record.get("mailbox")
    if not isinstance(name, str) or not isinstance(mailbox, dict):
        return False
    address = mailbox.get("address")
    return (
        isinstance(address, str)
        and len(mailbox) == 1
        and well_formed(address)
        and PERSON.match(name) is not None
        and name.istitle()
        and follows(address, stem(name))
    )


def _document(record: Map) -> bool:
    number, kind, on = (record.get(field) for field in ("number", "kind", "date"))
    return (
        isinstance(number, str)
        and isinstance(kind, str)
        and isinstance(on, str)
        and in_order(number, kind, on)
    )
