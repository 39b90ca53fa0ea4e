"""What was copied from an old server into a mailbox, kept beside it: so that it is copied once.

The file is JSON lines. `folder` names an old folder with its UIDVALIDITY, and ours that it became;
the lines that follow are about it: `begin` with our UIDNEXT, `copied` with the old and the new UID,
digest and flags of a message, and `end`. A line that was cut off while it was written is dropped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

Key = tuple[str, int]
"""An old folder: its name on the wire, and its UIDVALIDITY."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A message that was copied into the folder `into` of ours, with the flags it had then."""

    into: str
    validity: int
    uid: int
    digest: str
    flags: tuple[str, ...]


@dataclass(slots=True)
class Copied:
    """What was copied of a folder, by old UID; `begun` is our UIDNEXT at a start without an end."""

    into: str = ""
    validity: int = 0
    begun: int = 0
    messages: dict[int, Copy] = field(default_factory=dict)


class Record:
    """The record of one account of an old server.

    `folders` is what was copied of it, `others` what was copied of other accounts, or of the same
    one under another name of the server.
    """

    def __init__(self, file: int, account: str) -> None:
        """Read an open file; `account` names a user of an old server."""
        self._file, self._account = file, account
        self._at: tuple[str, Key, str, int] | None = None
        self.folders: dict[Key, Copied] = {}
        self.others: dict[tuple[str, Key], Copied] = {}
        self._read()

    def _read(self) -> None:
        text = b""
        while more := os.read(self._file, 2**20):
            text += more
        whole = text.rfind(b"\n") + 1
        os.ftruncate(self._file, whole)
        os.lseek(self._file, 0, os.SEEK_END)
        here = Copied()
        for line in text[:whole].splitlines():
            kind, *values = json.loads(line)
            if kind == "folder":
                account, name, validity, into, new_validity = values
                key = name, validity
                if account == self._account:
                    here = self.folders.setdefault(key, Copied())
                else:
                    here = self.others.setdefault((account, key), Copied())
                here.into, here.validity = into, new_validity
            elif kind == "begin":
                here.begun = values[0]
            elif kind == "end":
                here.begun = 0
            else:
                uid, new, digest, flags = values
                here.messages[uid] = Copy(here.into, here.validity, new, digest, tuple(flags))

    def begin(self, key: Key, into: str, validity: int, uid_next: int) -> None:
        """Note that messages of a folder are copied from now on."""
        self._go_to(key, into, validity)
        self._write("begin", uid_next)
        self.folders[key].begun = uid_next

    def add(self, key: Key, uid: int, copy: Copy) -> None:
        """Note a message that was copied, or whose flags were."""
        self._go_to(key, copy.into, copy.validity)
        self._write("copied", uid, copy.uid, copy.digest, copy.flags)
        self.folders[key].messages[uid] = copy

    def end(self, key: Key) -> None:
        """Note that all messages of a folder were copied that can be."""
        here = self.folders[key]
        self._go_to(key, here.into, here.validity)
        self._write("end")
        here.begun = 0

    def uids_in(self, into: str, validity: int) -> set[int]:
        """Return the messages in a folder of ours that were copied there."""
        return {c.uid for _, c in self.copies() if (c.into, c.validity) == (into, validity)}

    def copies(self) -> Iterator[tuple[tuple[Key, int], Copy]]:
        """Yield all that was copied, by old folder and UID."""
        for key, folder in self.folders.items():
            for uid, copy in folder.messages.items():
                yield (key, uid), copy

    def _go_to(self, key: Key, into: str, validity: int) -> None:
        here = self.folders.setdefault(key, Copied())
        here.into, here.validity = into, validity
        if self._at != (at := (self._account, key, into, validity)):
            self._write("folder", self._account, *key, into, validity)
            self._at = at

    def _write(self, *line: object) -> None:
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
        os.write(self._file, text.encode())
