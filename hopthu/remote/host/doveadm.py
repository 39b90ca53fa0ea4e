"""Commands for Dovecot's own administration server, one after another over one connection.

A `doveadm` of its own for each command takes longer to start than most commands take.
https://doc.dovecot.org/2.4.1/core/developers/design/doveadm_protocol.html
"""

from __future__ import annotations

import socket
from contextlib import AbstractContextManager

from hopthu.remote.host.state import Failed

SOCKET = "/run/dovecot/doveadm-server"
_PATIENCE = 300.0
"""Seconds to wait for the answer to one command."""
_ESCAPED = str.maketrans(
    {"\x01": "\x011", "\t": "\x01t", "\r": "\x01r", "\n": "\x01n", "\0": "\x010"}
)


class Doveadm(AbstractContextManager["Doveadm"]):
    """A connection, which is closed at the end of a `with` block."""

    def __init__(self) -> None:
        """Connect as root, who needs no password; raise `OSError` or `Failed`."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_PATIENCE)
        self._socket.connect(SOCKET)
        self._lines = self._socket.makefile("rwb")
        if self._asked("VERSION", "doveadm-server", "1", "0") != "+":
            raise Failed("doveadm: the server asks for a password")

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._lines.close()
        self._socket.close()

    def run(self, user: str, command: str, *arguments: str) -> None:
        """Run a command on the mailbox of `user`; raise `Failed` with its code if it fails."""
        words = [word.translate(_ESCAPED) for word in (user, command, *arguments)]
        self._send("", *words)
        self._answer()  # what it prints
        if (code := self._answer()) != "+":
            raise Failed(f"doveadm {command} for {user}: {code.lstrip('-') or 'failed'}")

    def _asked(self, *words: str) -> str:
        self._send(*words)
        return self._answer()

    def _send(self, *words: str) -> None:
        self._lines.write("\t".join(words).encode(errors="surrogateescape") + b"\n")
        self._lines.flush()

    def _answer(self) -> str:
        line = self._lines.readline()
        if not line.endswith(b"\n"):
            raise Failed("doveadm: the server has closed the connection")
        return line[:-1].decode(errors="surrogateescape")
