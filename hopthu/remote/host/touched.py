"""Mailboxes that have moved to this store, or that somebody may no longer read, as after a merger.

The next drill restores each of them from its copy, besides those at random.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hopthu.remote.host.state import state


def note(mailboxes: Iterable[str]) -> None:
    """Note mailboxes, `people/ID` or `units/ID`."""
    for mailbox in mailboxes:
        path = _at(mailbox)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def noted() -> list[str]:
    """Return the mailboxes that no drill has restored since."""
    top = _at("")
    return sorted(str(path.relative_to(top)) for path in top.glob("*/*"))


def forget(mailbox: str) -> None:
    """Forget a mailbox that came back as it was."""
    _at(mailbox).unlink(missing_ok=True)


def _at(mailbox: str) -> Path:
    return state() / "copies" / "touched" / mailbox
