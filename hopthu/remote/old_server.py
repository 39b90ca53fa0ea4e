"""An old IMAP server, as one of its users: only read."""

from __future__ import annotations

import contextlib
import imaplib
import re
import ssl
from collections.abc import Iterator, Mapping
from typing import Any

from hopthu.remote.mail_folders import Folder, listed, namespaces
from hopthu.remote.mail_messages import (
    Failed,
    OldMessage,
    Rejected,
    answered,
    fetched,
    quoted,
    read_message,
    said,
)

PATIENCE = 300.0
"""Timeout in seconds of one answer of the old server."""

IMAPS = 993
"""The port on which TLS begins at once; on others STARTTLS does."""

TOGETHER, BYTES = 50, 8 * 2**20
"""Messages that are asked for at once: so many at most, and so large together."""


class OldServer:
    """A session with the old server as one of its users; nothing there is changed.

    Raises `Failed` with `unreachable`, `tls`, `sign-in`, `no-administrator` or `lost`.
    """

    def __init__(self, question: Mapping[str, Any]) -> None:
        """Connect and sign in."""
        self._imap: Any = None
        try:
            self._imap = _connected(question)
            self._sign_in(question)
        except ssl.SSLError as error:
            raise Failed("tls", said(error)) from None
        except imaplib.IMAP4.error as error:
            raise Failed("unreachable", said(error)) from None
        except OSError as error:
            raise Failed("unreachable", said(error)) from None

    def _sign_in(self, question: Mapping[str, Any]) -> None:
        user, password = question["user"], question["password"]
        administrator = question["administrator"]
        offered = {str(each).upper() for each in self._imap.capabilities}
        try:
            if "AUTH=PLAIN" in offered:  # RFC 4616: whose mail, who asks, password
                words = (user if administrator else "", administrator or user, password)
                self._imap.authenticate("PLAIN", lambda _: "\0".join(words).encode())
            elif administrator:
                raise Failed("no-administrator")
            elif "LOGINDISABLED" in offered:
                raise Failed("sign-in", "LOGINDISABLED")
            else:
                sent = (quoted(user.encode()), quoted(password.encode()))
                code, answer = self._imap.xatom("LOGIN", *sent)
                if code != "OK":
                    raise Failed("sign-in", _code(said(answer)))
                self._imap.state = "AUTH"
        except imaplib.IMAP4.abort:
            raise Failed("unreachable") from None
        except imaplib.IMAP4.error as error:
            raise Failed("sign-in", _code(said(error))) from None

    def folders(self) -> tuple[list[Folder], str, tuple[str, ...]]:
        """Return all folders, the prefix of people's own, and the prefixes of others'."""
        answer = self._asked("LIST", '""', '"*"')
        if {"SPECIAL-USE", "LIST-EXTENDED"} <= self._capabilities():
            answer = self._asked("LIST", '""', '"*"', "RETURN (SPECIAL-USE)")
        prefix, others = "", tuple[str, ...]()
        if "NAMESPACE" in self._capabilities():
            (line, *_) = self._asked("NAMESPACE") or [b""]
            prefix, others = namespaces(line)
        return listed(answer), prefix, others

    def subscribed(self) -> frozenset[bytes]:
        """Return the folders that their owner has subscribed to."""
        return frozenset(each.wire for each in listed(self._asked("LSUB", '""', '"*"')))

    def open(self, folder: bytes) -> tuple[int, dict[int, OldMessage], int]:
        """Return the UIDVALIDITY of a folder, its messages by UID, and how many it does not tell.

        Raises `Rejected` if the folder cannot be read.
        """
        code, answer = answered(self._imap.select, quoted(folder), True)
        if code != "OK":
            raise Rejected(said(answer))
        validity = int((self._imap.response("UIDVALIDITY")[1] or [b"0"])[0] or 0)
        exist = int(answer[0] or 0)
        if not exist:
            return validity, {}, 0
        asked = "(UID FLAGS INTERNALDATE RFC822.SIZE)"
        code, answer = answered(self._imap.uid, "FETCH", "1:*", asked)
        if code != "OK":
            raise Rejected(said(answer))
        messages = dict(filter(None, map(read_message, answer)))
        return validity, messages, max(0, exist - len(messages))

    def contents(
        self, folder: bytes, wanted: Mapping[int, OldMessage]
    ) -> Iterator[tuple[int, bytes | None]]:
        """Yield UID and content of messages; no content if the server does not give it.

        Raises `Rejected` if the folder cannot be read.
        """
        code, answer = answered(self._imap.select, quoted(folder), True)
        if code != "OK":
            raise Rejected(said(answer))
        for batch in _batches(wanted):
            found = fetched(self._imap, batch)
            for uid in batch:
                if uid not in found and len(batch) > 1:  # one of them may spoil the answer
                    found |= fetched(self._imap, [uid])
                yield uid, found.get(uid)

    def close(self) -> None:
        """Sign out; a server may be gone by then."""
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            self._imap.logout()

    def _capabilities(self) -> frozenset[str]:
        code, answer = self._imap.capability()
        words = b" ".join(filter(None, answer)) if code == "OK" else b""
        return frozenset(words.decode("ascii", "replace").upper().split())

    def _asked(self, command: str, *arguments: str) -> list[Any]:
        code, answer = self._imap.xatom(command, *arguments)
        if code != "OK":
            raise Failed("lost", said(answer))
        return [each for each in self._imap.response(command)[1] or [] if each]


def _code(text: str) -> str:
    """Return the response code of an answer to a sign-in (RFC 5530), or nothing.

    The rest may repeat the password, in base64 or otherwise.
    """
    found = re.match(r"\[[A-Z]{1,30}\]", text)
    return found[0] if found else ""


def _connected(question: Mapping[str, Any]) -> Any:
    host, port, tls = question["host"], question["port"], question["tls"]
    if not tls:
        return imaplib.IMAP4(host, port, timeout=PATIENCE)
    context = ssl.create_default_context(cadata=question["ca"] or None)
    if port == IMAPS:
        return imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=PATIENCE)
    imap = imaplib.IMAP4(host, port, timeout=PATIENCE)
    try:
        imap.starttls(context)
    except imaplib.IMAP4.error as error:
        raise Failed("tls", said(error)) from None
    return imap


def _batches(wanted: Mapping[int, OldMessage]) -> Iterator[list[int]]:
    batch: list[int] = []
    size = 0
    for uid in sorted(wanted):
        if batch and (len(batch) == TOGETHER or size + wanted[uid].size > BYTES):
            yield batch
            batch, size = [], 0
        batch.append(uid)
        size += wanted[uid].size
    if batch:
        yield batch
