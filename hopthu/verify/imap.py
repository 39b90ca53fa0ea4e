"""The IMAP client of the probes: sign in, find one message, read it, remove it."""

from __future__ import annotations

import contextlib
import email
import email.policy
import imaplib
import re
import ssl
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from email.message import EmailMessage

from hopthu.i18n.message import Message
from hopthu.remote import utf7
from hopthu.remote.host import mail_sessions
from hopthu.remote.host.mail_sessions import Connect, over_tls
from hopthu.verify.failure import ProbeFailed
from hopthu.verify.smtp import sentence

_NEWEST = 80
"""Number of newest messages in a folder that are searched: more than one run ever leaves."""
_LISTED = re.compile(rb'\(([^)]*)\) (?:"."|NIL) (?:\{\d+\} )?"?(.+?)"?', re.DOTALL)

Answer = tuple[str, Sequence[object]]


class Imap(AbstractContextManager["Imap"]):
    """A session with a server whose certificate must be for `name`."""

    def __init__(self, name: str, connect: Connect, context: ssl.SSLContext) -> None:
        """Connect, check the certificate, read the greeting; raise `ProbeFailed` if that fails."""
        try:
            self._server = mail_sessions.Imap(name, 993, over_tls(connect, name, context))
        except (OSError, imaplib.IMAP4.error) as error:
            expected = Message("{server} to greet", server=f"{name}:993")
            raise ProbeFailed(expected=expected, got=sentence(error)) from error

    def __exit__(self, *_: object) -> None:
        # The original failure is already being reported; a failing LOGOUT adds nothing.
        with contextlib.suppress(imaplib.IMAP4.error), self._server:
            pass  # at its end imaplib signs out

    def sign_in(self, user: str, password: str) -> str:
        """Try to sign in; return the server's refusal, or an empty string on success."""
        try:
            self._server.login(user, password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            return str(error) or Message("a refusal without a reason")
        return ""

    def opens(self, folder: str) -> bool:
        """Try to open a folder; return whether the server allowed it."""
        return self._allowed(lambda: self._server.select(_wire(folder), readonly=True))

    def folders(self) -> tuple[str, ...]:
        """Return the names of the folders that can be opened."""
        names = []
        for line in _ok("LIST", self._server.list()):
            text = b" ".join(line) if isinstance(line, tuple) else line
            found = _LISTED.fullmatch(text) if isinstance(text, bytes) else None
            if found and b"\\noselect" not in found.group(1).lower():
                names.append(utf7.decode(found.group(2).decode()))
        return tuple(names)

    def find(self, folder: str, token: str, header: str = "Message-ID") -> list[str]:
        """Open `folder` and return the UIDs of messages whose Message-ID begins with `token`.

        Another `header` is one that names a message, such as In-Reply-To. Reads headers instead of
        searching, because the search index may lag behind.
        """
        (exists,) = _ok(f"SELECT {folder}", self._server.select(_wire(folder)))
        count = int(exists) if isinstance(exists, bytes) else 0
        if count == 0:
            return []
        span = f"{max(1, count - _NEWEST + 1)}:*"
        items = f"(UID BODY.PEEK[HEADER.FIELDS ({header})])"
        wanted = re.compile(rf"{header}:\s*<{token}".encode(), re.IGNORECASE)
        found = [
            re.search(rb"UID (\d+)", part[0])
            for part in _ok("FETCH", self._server.fetch(span, items))
            if isinstance(part, tuple) and wanted.match(part[1])
        ]
        return [match.group(1).decode() for match in found if match]

    def read(self, uid: str) -> EmailMessage:
        """Return a message of the open folder."""
        parts = _ok("FETCH", self._server.uid("FETCH", uid, "(BODY.PEEK[])"))
        raw = next(part[1] for part in parts if isinstance(part, tuple))
        return email.message_from_bytes(raw, policy=email.policy.default)

    def remove(self, uids: Sequence[str]) -> None:
        """Expunge messages of the open folder."""
        if uids:
            these = ",".join(uids)
            _ok("STORE", self._server.uid("STORE", these, "+FLAGS.SILENT", r"(\Deleted)"))
            _ok("EXPUNGE", self._server.uid("EXPUNGE", these))

    def move(self, uids: Sequence[str], folder: str) -> None:
        """Move messages of the open folder to another (RFC 6851)."""
        _ok("MOVE", self._server.uid("MOVE", ",".join(uids), _wire(folder)))

    def keep(self, folder: str, message: bytes) -> None:
        """Append a message to a folder, as a mail program does with sent mail."""
        _ok("APPEND", self._server.append(_wire(folder), r"(\Seen)", "", message))

    def files(self, folder: str, message: bytes) -> bool:
        """Try to append a message to a folder; return whether the server allowed it."""
        return self._allowed(lambda: self._server.append(_wire(folder), "", "", message))

    def shares(self, folder: str, reader: str) -> bool:
        """Try to share a folder with `reader` (RFC 4314); return whether the server allowed it."""
        return self._allowed(lambda: self._server.setacl(_wire(folder), reader, "lr"))

    @staticmethod
    def _allowed(command: Callable[[], Answer]) -> bool:
        try:
            return command()[0] == "OK"
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            return False


def _wire(folder: str) -> str:
    escaped = utf7.encode(folder).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _ok(what: str, answer: Answer) -> Sequence[object]:
    status, parts = answer
    if status != "OK":
        text = b" ".join(part for part in parts if isinstance(part, bytes)).decode(errors="replace")
        expected = Message("{command} to be answered with OK", command=what)
        raise ProbeFailed(expected=expected, got=f"{status} {text}")
    return parts
