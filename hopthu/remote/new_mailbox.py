"""A mailbox of this store, opened by root without a password of its owner."""

from __future__ import annotations

import imaplib
import re
import shlex
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from hopthu.remote.mail_messages import (
    PARTS,
    Failed,
    OldMessage,
    Rejected,
    answered,
    fetched,
    flags_of,
    quoted,
    said,
)
from hopthu.remote.utf7 import encode

_IN_A_LINE = 1000
"""UIDs in one command: Dovecot takes lines of 64 KiB."""


class NewMailbox(imaplib.IMAP4_stream):
    """A session with a mailbox of this store, opened by root without a password.

    It is Dovecot's own imap program, which talks to this process alone and ends with it. Raises
    `Failed` with `mailbox` or `full`.
    """

    def __init__(self, user: str) -> None:
        """Open the mailbox of `user`."""
        try:
            super().__init__(f"exec /usr/lib/dovecot/imap -u {shlex.quote(user)}")
        except (imaplib.IMAP4.error, OSError) as error:
            raise Failed("mailbox", said(error)) from None

    def free(self) -> int | None:
        """Return how many bytes its quota leaves, None if it has none."""
        code, answer = self.getquotaroot("INBOX")
        text = repr(answer) if code == "OK" else ""
        found = re.search(r"\bSTORAGE (\d+) (\d+)", text)
        return (int(found.group(2)) - int(found.group(1))) * 1024 if found else None

    def make(self, folder: str, *, subscribe: bool) -> tuple[int, int]:
        """Create a folder unless it is there; return its UIDVALIDITY and UIDNEXT.

        Raises `Rejected` if it is refused.
        """
        name = quoted(encode(folder).encode())
        code, answer = answered(self.create, name)
        status, found = answered(self.status, name, "(UIDVALIDITY UIDNEXT)")
        if status != "OK":
            raise Rejected(said(answer if code != "OK" else found))
        if subscribe:
            self.subscribe(name)
        values = dict(re.findall(r"(UIDVALIDITY|UIDNEXT) (\d+)", repr(found)))
        return int(values["UIDVALIDITY"]), int(values["UIDNEXT"])

    def add(self, folder: str, message: OldMessage, content: bytes) -> int:
        """Add a message to a folder; return its UID there. Raises `Rejected` if it is refused."""
        flags, name = f"({' '.join(message.flags)})", quoted(encode(folder).encode())
        code, answer = answered(self.append, name, flags, message.date, content)
        if code != "OK":
            if "OVERQUOTA" in said(answer):
                raise Failed("full")
            raise Rejected(said(answer))
        return _uid_in(r"APPENDUID \d+ (\d+)", answer)

    def look(self, folder: str) -> int:
        """Select a folder; return its UIDVALIDITY, 0 if it is not there."""
        code, _ = self.select(quoted(encode(folder).encode()))
        return int((self.response("UIDVALIDITY")[1] or [b"0"])[0] or 0) if code == "OK" else 0

    def flags(self, uids: Collection[int]) -> dict[int, tuple[str, ...]]:
        """Return the flags of those messages of the selected folder that are still there."""
        wanted, found = sorted(uids), dict[int, tuple[str, ...]]()
        for start in range(0, len(wanted), _IN_A_LINE):
            some = ",".join(map(str, wanted[start : start + _IN_A_LINE]))
            code, answer = self.uid("FETCH", some, "(UID FLAGS)")
            for line in answer if code == "OK" else ():
                uid, flags = (each.search(line or b"") for each in PARTS[:2])
                if uid and flags:
                    found[int(uid.group(1))] = flags_of(flags.group(1))
        return found

    def mark(self, uid: int, flags: Sequence[str]) -> None:
        """Set the flags of a message of the selected folder."""
        self.uid("STORE", str(uid), "FLAGS.SILENT", f"({' '.join(flags)})")

    def move(self, uid: int, folder: str) -> int:
        """Move a message of the selected folder; return its new UID, 0 if it is gone."""
        if not self.flags([uid]):
            return 0
        self.uid("MOVE", str(uid), quoted(encode(folder).encode()))
        return _uid_in(r"COPYUID \d+ \d+ (\d+)", self.response("COPYUID")[1], "COPYUID ")

    def since(self, uid: int, known: Collection[int]) -> Iterator[tuple[int, bytes]]:
        """Yield the messages of the selected folder from a UID on, except those `known`."""
        code, answer = self.uid("FETCH", f"{uid}:*", "(UID)")
        told = (PARTS[0].search(line or b"") for line in answer) if code == "OK" else ()
        for each in [int(found.group(1)) for found in told if found]:
            if each >= uid and each not in known:
                yield from fetched(self, [each]).items()

    def looks(self) -> dict[int, tuple[bytes, ...]]:
        """Return by UID what tells messages of the selected folder apart, without reading them."""
        asked = "(UID INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"
        code, answer = self.uid("FETCH", "1:*", asked)
        found: dict[int, tuple[bytes, ...]] = {}
        for line in answer if code == "OK" else ():
            if isinstance(line, tuple):
                uid, _, date, size = (each.search(line[0]) for each in PARTS)
                if uid and date and size:
                    found[int(uid.group(1))] = date.group(1), size.group(1), line[1].strip()
        return found


def _uid_in(pattern: str, answer: Any, before: str = "") -> int:
    found = re.search(pattern, before + " ".join(said(each) for each in answer or ()))
    if not found:
        raise Failed("mailbox", said(answer))
    return int(found.group(1))
