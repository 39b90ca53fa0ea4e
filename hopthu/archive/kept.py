"""An archive of a mailbox, as the hosts that keep it have it on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hopthu.remote.host.archived import Note
from hopthu.remote.host.kinds import Digest, Mailbox

Notes = Mapping[Mailbox, Mapping[Digest, Note]]
"""What a host has noted of its archives, by mailbox and name."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One archive of a mailbox: its name, the day `on` which it was read, and who keeps it.

    `messages` is the number of messages in it, `size` that of its bytes, the most that any of the
    `keepers`, which are names of hosts, has noted: what there is time for is never too little.
    """

    mailbox: str
    name: str
    on: date
    messages: int
    size: int
    keepers: tuple[str, ...]


def kept(notes: Mapping[str, Notes]) -> Mapping[str, Sequence[Kept]]:
    """Return the archives of which hosts have notes, by mailbox, the oldest first.

    If one was read again on a later day, as after damage, that is its day.
    """
    found: dict[str, dict[str, dict[str, Note]]] = {}
    for keeper, there in sorted(notes.items()):
        for mailbox, named in there.items():
            for name, each in named.items():
                found.setdefault(mailbox, {}).setdefault(name, {})[keeper] = each
    return {
        mailbox: sorted(
            (_kept(mailbox, name, of) for name, of in named.items()),
            key=lambda each: (each.on, each.name),
        )
        for mailbox, named in found.items()
    }


def _kept(mailbox: str, name: str, of: Mapping[str, Note]) -> Kept:
    last = max(of.values(), key=lambda each: each["on"])
    on = date.fromisoformat(last["on"])
    size = max(each["size"] for each in of.values())
    return Kept(mailbox, name, on, last["messages"], size, (*of,))
