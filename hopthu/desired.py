"""What should exist on a day: mailboxes, where each address leads, who may read or send as what.

No file formats here: `render` turns this into Postfix tables, directory entries and the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from hopthu.organisation import MailboxState


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox, personal or a unit's (Art. 4).

    `id` is the permanent id of the person or unit and the daemons' user name; `addresses` are
    local parts, the primary one first; `unit` is where it belongs; `quota` is in bytes; `store`
    is a store's label. `refusal` is what a sender is told once it is closed.
    """

    id: str
    kind: Literal["personal", "unit"]
    name: str
    addresses: tuple[str, ...]
    state: MailboxState
    store: str
    quota: int
    unit: str
    unit_name: str
    title: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """A person may read a unit mailbox and send as it, as its head or its delegate (Art. 7.2)."""

    unit: str
    person: str
    right: Literal["head", "delegate"]


@dataclass(frozen=True, slots=True)
class Desired:
    """Everything that should exist on `on`; sequences are sorted by id."""

    on: date
    domain: str
    mailboxes: tuple[Mailbox, ...]
    access: tuple[Access, ...]
    reserved: tuple[tuple[str, str], ...]
    """Reserved local parts such as `postmaster`, each with the id of the mailbox it leads to."""

    def live(self) -> tuple[Mailbox, ...]:
        """Return the mailboxes that take mail: active and locked ones."""
        return tuple(m for m in self.mailboxes if m.state != "closed")
