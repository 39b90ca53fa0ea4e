"""An old IMAP server and a new mailbox in memory, for the program that copies mail."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from hopthu.remote.mail_folders import Folder
from hopthu.remote.mail_messages import Failed, OldMessage, Rejected
from hopthu.remote.utf7 import encode


class Killed(BaseException):
    """The program is dead from here on."""


def message(flags: str = "", size: int = 10) -> OldMessage:
    """Return a message with flags."""
    return OldMessage(tuple(sorted(flags.split())), '"01-Jan-2024 10:00:00 +0700"', size)


@dataclass
class Old:
    """The old server: folders with UIDVALIDITY and messages by UID; attributes of folders."""

    held: dict[str, tuple[int, dict[int, tuple[OldMessage, bytes]]]]
    attributes: dict[str, str] = field(default_factory=dict)
    silent: set[int] = field(default_factory=set)

    def folders(self) -> tuple[list[Folder], str, tuple[str, ...]]:
        """Return all folders."""
        found = [
            Folder(encode(name).encode(), ".", frozenset(self.attributes.get(name, "").split()))
            for name in self.held
        ]
        return found, "INBOX.", ()

    def subscribed(self) -> frozenset[bytes]:
        """Return all folders."""
        return frozenset(encode(name).encode() for name in self.held)

    def _of(self, wire: bytes) -> tuple[int, dict[int, tuple[OldMessage, bytes]]]:
        return next(held for name, held in self.held.items() if encode(name).encode() == wire)

    def open(self, folder: bytes) -> tuple[int, dict[int, OldMessage], int]:
        """Return UIDVALIDITY and messages; a UID below 0 is not told."""
        validity, messages = self._of(folder)
        if not validity:
            raise Rejected("[NOPERM] no")
        told = {uid: found for uid, (found, _) in messages.items() if uid > 0}
        return validity, told, len(messages) - len(told)

    def contents(
        self, folder: bytes, wanted: Mapping[int, OldMessage]
    ) -> Iterator[tuple[int, bytes | None]]:
        """Yield contents."""
        _, messages = self._of(folder)
        for uid in sorted(wanted):
            yield uid, None if uid in self.silent else messages[uid][1]


@dataclass
class New:
    """The new mailbox; `steps` are the changes after which the program is killed."""

    held: dict[str, dict[int, tuple[OldMessage, bytes]]] = field(default_factory=dict)
    next: dict[str, int] = field(default_factory=dict)
    subscriptions: set[str] = field(default_factory=set)
    steps: int = 10**9
    most: int = 10**9
    selected: str = ""

    def _step(self) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise Killed

    def make(self, folder: str, *, subscribe: bool) -> tuple[int, int]:
        """Create a folder."""
        self._step()
        self.held.setdefault(folder, {})
        self.next.setdefault(folder, 1)
        if subscribe:
            self.subscriptions.add(folder)
        return 7, self.next[folder]

    def add(self, folder: str, message: OldMessage, content: bytes) -> int:
        """Add a message; the program may be killed once it is there."""
        if sum(map(len, self.held.values())) >= self.most:
            raise Failed("full")
        if content == b"refused":
            raise Rejected("no")
        uid = self.deliver(folder, message, content)
        self._step()
        return uid

    def deliver(self, folder: str, message: OldMessage, content: bytes) -> int:
        """Have a message come some other way."""
        uid = self.next.setdefault(folder, 1)
        self.next[folder] = uid + 1
        self.held.setdefault(folder, {})[uid] = message, content
        return uid

    def look(self, folder: str) -> int:
        """Select a folder."""
        self.selected = folder
        return 7 if folder in self.held else 0

    def flags(self, uids: Collection[int]) -> dict[int, tuple[str, ...]]:
        """Return flags."""
        here = self.held[self.selected]
        return {uid: here[uid][0].flags for uid in uids if uid in here}

    def mark(self, uid: int, flags: tuple[str, ...]) -> None:
        """Set flags."""
        here = self.held[self.selected]
        here[uid] = replace(here[uid][0], flags=tuple(flags)), here[uid][1]
        self._step()

    def move(self, uid: int, folder: str) -> int:
        """Move a message; the program may be killed once it is there."""
        found = self.held[self.selected].pop(uid, None)
        if found is None:
            return 0
        new = self.deliver(folder, *found)
        self._step()
        return new

    def since(self, uid: int, known: Collection[int]) -> Iterator[tuple[int, bytes]]:
        """Yield contents."""
        for each, (_, content) in list(self.held[self.selected].items()):
            if each >= uid and each not in known:
                yield each, content

    def looks(self) -> dict[int, tuple[bytes, ...]]:
        """Return contents: they tell messages apart."""
        return {uid: (content,) for uid, (_, content) in self.held[self.selected].items()}

    def contents(self) -> dict[str, list[tuple[bytes, str]]]:
        """Return folders with content and flags of messages, sorted."""
        return {
            folder: sorted((content, " ".join(m.flags)) for m, content in messages.values())
            for folder, messages in self.held.items()
        }
