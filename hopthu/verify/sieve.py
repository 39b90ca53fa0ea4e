"""The ManageSieve client of the probes (RFC 5804), which has mail filtered for a moment."""

from __future__ import annotations

import base64
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from hopthu.i18n.message import Message
from hopthu.verify.failure import ProbeFailed
from hopthu.verify.smtp import sentence

_NAME = "hopthu"
"""What the filter of a probe is called."""
_LONGEST = 1 << 20
"""Bytes of an answer: far more than Dovecot has to say."""
_LITERAL = re.compile(rb"\{(\d+)\}\r\n$")


class ManageSieve(AbstractContextManager["ManageSieve"]):
    """A session over TLS with a server whose certificate must be for `name`."""

    def __init__(
        self, name: str, connect: Callable[[], socket.socket], context: ssl.SSLContext
    ) -> None:
        """Connect, check the certificate, read the greeting; raise `ProbeFailed` if that fails."""
        try:
            self._connection = connect()
            self._lines = self._connection.makefile("rb")
            self._answer()
            self.ask("STARTTLS")
            self._connection = context.wrap_socket(self._connection, server_hostname=name)
            self._lines = self._connection.makefile("rb")
            self._answer()
        except OSError as error:
            expected = Message("{server} to greet", server=f"{name}:4190")
            raise ProbeFailed(expected=expected, got=sentence(error)) from error

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._connection.close()

    def sign_in(self, user: str, password: str) -> None:
        """Sign in; raise `ProbeFailed` if that is refused."""
        expected = Message("{address} to sign in", address=user)
        self.expect(_authenticate(user, password), expected)

    def denies(self, user: str, password: str, mailbox: str) -> None:
        """Sign in for another mailbox's filters; raise `ProbeFailed` unless that is refused."""
        expected = Message("no filters of {mailbox} for {address}", mailbox=mailbox, address=user)
        self.expect(_authenticate(user, password, mailbox), expected, outcome="NO")

    def extensions(self) -> list[str]:
        """Return the extensions of Sieve that filters may use, in order."""
        found = re.search(r'^"SIEVE" "([^"]*)"', self.ask("CAPABILITY"), re.MULTILINE)
        return sorted(found[1].split()) if found else []

    @contextmanager
    def active(self, script: str) -> Iterator[None]:
        """Have mail filtered by a script, of no use before and deleted afterwards."""
        accepted = Message("the filter {script} to be accepted", script=script)
        self.expect(f'PUTSCRIPT "{_NAME}" {_literal(script)}', accepted)
        try:
            self.expect(f'SETACTIVE "{_NAME}"', accepted)
            yield
        finally:
            self.ask('SETACTIVE ""')
            self.ask(f'DELETESCRIPT "{_NAME}"')

    def refuses(self, script: str, extension: str) -> None:
        """Have a script looked at; raise `ProbeFailed` unless it is refused for an extension."""
        expected = Message("a filter with {extension} to be refused", extension=extension)
        answer = self.expect(f"CHECKSCRIPT {_literal(script)}", expected, outcome="NO")
        if extension not in answer:
            raise ProbeFailed(expected=expected, got=answer.strip())

    def expect(self, command: str, expected: str, *, outcome: str = "OK") -> str:
        """Send a command and return the answer; raise `ProbeFailed` unless its outcome is this."""
        answer = self.ask(command)
        if not answer.startswith(outcome):
            raise ProbeFailed(expected=expected, got=answer.strip())
        return answer

    def ask(self, command: str) -> str:
        """Send a command; return all of the answer, from its outcome on if there is nothing before.

        Raises `OSError` if the server ends the session.
        """
        self._connection.sendall(f"{command}\r\n".encode())
        return self._answer()

    def _answer(self) -> str:
        """Read up to the line that says OK, NO or BYE, with the text that it announces."""
        told = b""
        while True:
            line = self._lines.readline(_LONGEST)
            if not line or len(told) > _LONGEST:
                raise ConnectionResetError
            told += line
            if literal := _LITERAL.search(line):
                told += self._lines.read(min(int(literal[1]), _LONGEST))
                told += self._lines.readline(_LONGEST)
            if line.startswith((b"OK", b"NO", b"BYE")):
                return told.decode(errors="replace")


def _authenticate(user: str, password: str, mailbox: str = "") -> str:
    token = base64.b64encode(f"{mailbox}\0{user}\0{password}".encode()).decode()
    return f'AUTHENTICATE "PLAIN" "{token}"'


def _literal(script: str) -> str:
    return f"{{{len(script.encode())}+}}\r\n{script}"
