"""The address book as a table, for spreadsheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hopthu.diagnostics import spreadsheet
from hopthu.directory.contacts import Contact
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message

COLUMNS = (
    Message("Name"), Message("Title"), Message("Unit"), Message("Address"),
    Message("Other addresses"), Message("Family name"), Message("Given name"), Message("Kind"),
    Message("Id"),
)  # fmt: skip
KINDS: Mapping[str, Message] = {
    "person": Message("person"), "unit": Message("unit"), "list": Message("list"),
}  # fmt: skip


def as_csv(contacts: Sequence[Contact], language: str = "en") -> bytes:
    """Return a row for each contact, below the names of the columns in `language`."""
    header = [translate(column, language) for column in COLUMNS]
    return spreadsheet.as_csv([header, *(_row(contact, language) for contact in contacts)])


def _row(contact: Contact, language: str) -> list[str]:
    first, *others = contact.addresses
    kind = translate(KINDS[contact.kind], language)
    return [
        contact.name, contact.title, contact.unit_name, first, ", ".join(others),
        contact.family_name, contact.given_name, kind, contact.id,
    ]  # fmt: skip
