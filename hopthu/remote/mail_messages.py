"""What both ends of a copy of mail have in common: messages as IMAP tells of them."""

from __future__ import annotations

import hashlib
import imaplib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

SYSTEM = ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft")
_KEYWORD = re.compile(r'[^\s(){%*"\\\]\x00-\x1f\x7f-\U0010ffff]+')
_LINE_END = re.compile(rb"\r\n|\r|\n")
PARTS = (
    re.compile(rb"\bUID (\d+)"),
    re.compile(rb"\bFLAGS \(([^)]*)\)"),
    re.compile(rb'\bINTERNALDATE ("[^"]*")'),
    re.compile(rb"\bRFC822\.SIZE (\d+)"),
)
_DATE = re.compile(r'"[ \d]\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d [-+]\d{4}"')


Code = Literal[
    "unreachable", "tls", "sign-in", "no-administrator", "large", "full", "busy", "mailbox", "lost"
]


@dataclass(frozen=True)
class Failure:
    """Why a copy cannot go on: `detail` is in the words of a server.

    If it is too `large`, `wanted` bytes are to be copied where there is room for `free`.
    """

    code: Code
    detail: str = ""
    wanted: int = 0
    free: int = 0


class Failed(Exception):
    """The copy cannot go on."""

    def __init__(self, code: Code, detail: str = "", wanted: int = 0, free: int = 0) -> None:
        """Say why; see `Failure`."""
        super().__init__(code)
        self.why = Failure(code, detail, wanted, free)


class Rejected(Exception):
    """A server refuses a folder or a message, for this reason; others can still be copied."""


@dataclass(frozen=True, slots=True)
class OldMessage:
    """A message of a folder: `flags` are sorted, `date` is INTERNALDATE in quotes, or empty."""

    flags: tuple[str, ...]
    date: str
    size: int


def digest(content: bytes) -> str:
    """Return what tells a message from others, however its lines end."""
    return hashlib.blake2b(_LINE_END.sub(b"\n", content), digest_size=16).hexdigest()


def flags_of(text: bytes) -> tuple[str, ...]:
    r"""Return the flags that can be kept: those of RFC 3501 except \Recent, and keywords."""
    words = text.decode("ascii", "replace").split()
    known = {flag.casefold(): flag for flag in SYSTEM}
    kept = {known.get(word.casefold(), word) for word in words}
    return tuple(sorted(flag for flag in kept if flag in SYSTEM or _KEYWORD.fullmatch(flag)))


def quoted(name: bytes) -> Any:
    """Return a string of IMAP (RFC 3501, 4.3)."""
    return b'"' + name.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def said(answer: object) -> str:
    """Return what a server said, short and without what would confuse a terminal."""
    if isinstance(answer, (list, tuple)) and answer:
        answer = answer[-1]
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return "".join(sign if sign.isprintable() else " " for sign in text)[:200].strip()


def answered(command: Callable[..., Any], *arguments: Any) -> tuple[str, Any]:
    """Return code and answer of a command of imaplib, which raises an error only for BAD."""
    try:
        code, answer = command(*arguments)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        return "BAD", [str(error)]
    return code, answer


def read_message(line: Any) -> tuple[int, OldMessage] | None:
    """Return UID and message of a line of FETCH, as imaplib gives it, if it has them."""
    text = b" ".join(line) if isinstance(line, tuple) else line or b""
    found = [each.search(text) for each in PARTS]
    if not (found[0] and found[3]):
        return None
    date = found[2].group(1).decode("ascii", "replace") if found[2] else ""
    return int(found[0].group(1)), OldMessage(
        flags_of(found[1].group(1) if found[1] else b""),
        date if _DATE.fullmatch(date) else "",
        int(found[3].group(1)),
    )


def fetched(imap: Any, uids: Iterable[int]) -> dict[int, bytes]:
    """Return the contents of messages of the open folder, by UID, as far as they are given."""
    code, answer = answered(imap.uid, "FETCH", ",".join(map(str, uids)), "(BODY.PEEK[])")
    found: dict[int, bytes] = {}
    if code != "OK":
        return found
    for place, line in enumerate(answer):
        head, content = line if isinstance(line, tuple) else (line or b"", None)
        if content is None and head.endswith(b'BODY[] "")'):
            content = b""
        if content is not None:
            rest = answer[place + 1] if place + 1 < len(answer) else b""
            after = rest if isinstance(rest, bytes) else b""
            if uid := PARTS[0].search(head) or PARTS[0].search(after):
                found[int(uid.group(1))] = content
    return found
