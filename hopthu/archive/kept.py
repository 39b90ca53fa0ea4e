"""An archive of a mailbox, as the host that keeps it has it on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hopthu.remote.host.archived import Note


@dataclass(frozen=True, slots=True)
class Kept:
    """One archive of a mailbox: its name there, the day `on` which it was read, and its size.

    `messages` is the number of messages in it, `size` that of its bytes.
    """

    mailbox: str
    name: str
    on: date
    messages: int
    size: int


def kept(notes: Mapping[str, Mapping[str, Note]]) -> Mapping[str, Sequence[Kept]]:
    """Return the archives that have a note, by mailbox, the oldest first."""
    return {
        mailbox: sorted(
            (
                Kept(mailbox, name, date.fromisoformat(note["on"]), note["messages"], note["size"])
                for name, note in named.items()
            ),
            key=lambda each: (each.on, each.name),
        )
        for mailbox, named in notes.items()
    }
