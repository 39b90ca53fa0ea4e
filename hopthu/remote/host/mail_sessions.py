"""SMTP and IMAP over a connection that the caller makes: to an address, or from another host.

The certificate is for a name all the same, which is not looked up. Python's clients connect to the
name that they check, so each has here, once, what it calls to connect replaced.
"""

from __future__ import annotations

import imaplib
import smtplib
import socket
import ssl
from collections.abc import Callable

Connect = Callable[[], socket.socket]


def over_tls(connect: Connect, name: str, trust: ssl.SSLContext) -> Connect:
    """Return what connects with TLS from the first byte, to who has a certificate for `name`."""
    return lambda: trust.wrap_socket(connect(), server_hostname=name)


class Smtp(smtplib.SMTP):
    """SMTP; after STARTTLS the certificate must be for `name`."""

    def __init__(self, name: str, port: int, connect: Connect, greet_as: str) -> None:
        """Connect and read the greeting."""
        self._dial = connect
        super().__init__(name, port, local_hostname=greet_as)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002
        return self._dial()


class Imap(imaplib.IMAP4):
    """IMAP."""

    def __init__(self, name: str, port: int, connect: Connect) -> None:
        """Connect and read the greeting."""
        self._dial = connect
        super().__init__(name, port)

    def _create_socket(self, timeout: float | None) -> socket.socket:  # noqa: ARG002
        return self._dial()
