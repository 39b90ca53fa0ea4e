"""Tells Postfix whether the mailbox of a recipient is full, before mail is accepted (Art. 5.1).

The store says it: Dovecot's quota-status, behind a door for hosts of the centre. Only its word that
the mailbox is full refuses a letter; whatever else comes of the question lets the letter in, and
into the queue. https://www.postfix.org/SMTPD_POLICY_README.html
"""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import ssl
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

PORT = int(sys.argv[1])
TABLES = Path("/etc/postfix/hopthu")
TLS = "/etc/hopthu/tls"
FULL = "552 5.2.2 Mailbox is full / Hop thu da day"
# Seconds that a question may take, whatever the store does; that a store which gave no answer is
# not asked again; and that a session is kept without a question. Each is a process of the store.
ANSWER, PAUSE, KEPT = 2.0, 10.0, 30.0
SESSIONS = 8
# Octets of an answer: a line and an empty one.
LONGEST = 1024


def left(deadline: float) -> float:
    """Return the seconds until a moment; raise `TimeoutError` if it is over."""
    if (seconds := deadline - time.monotonic()) <= 0:
        raise TimeoutError("no answer in time")
    return seconds


class Session:
    """A session with quota-status of a store, by certificate on both sides."""

    def __init__(self, store: str, deadline: float) -> None:
        context = ssl.create_default_context(cafile=f"{TLS}/ca.pem")
        context.load_cert_chain(f"{TLS}/host.pem", f"{TLS}/host.key")
        connection = socket.create_connection((store, PORT), timeout=left(deadline))
        connection.settimeout(left(deadline))
        self._socket = context.wrap_socket(connection, server_hostname=store)
        self.used = time.monotonic()

    def says_full(self, address: str, deadline: float) -> bool:
        """Return what the store says; one letter may exceed the space, whatever its size."""
        self._socket.settimeout(left(deadline))
        self._socket.sendall(f"recipient={address}\n\n".encode())
        answer = b""
        while not answer.endswith(b"\n\n"):
            self._socket.settimeout(left(deadline))
            more = self._socket.recv(LONGEST)
            if not more or len(answer) > LONGEST:
                raise ConnectionError("the session has ended")
            answer += more
        self.used = time.monotonic()
        return answer.startswith(b"action=554 5.2.2 ")

    def close(self) -> None:
        """End the session."""
        self._socket.close()


class Store:
    """The sessions with a store."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._idle: list[Session] = []
        self._room = threading.BoundedSemaphore(SESSIONS)
        self._away_until = 0.0

    def says_full(self, address: str) -> bool:
        """Return whether the store says that a mailbox is full; without an answer, false."""
        deadline = time.monotonic() + ANSWER
        if time.monotonic() < self._away_until or not self._room.acquire(timeout=ANSWER):
            return False
        try:
            return self._ask(address, deadline)
        except OSError as error:
            self._away_until = time.monotonic() + PAUSE
            sys.stderr.write(f"{self._address} does not say who is full: {error}\n")
            return False
        finally:
            self._room.release()

    def _ask(self, address: str, deadline: float) -> bool:
        """Ask in a session that is open, or in a new one: the store may have ended it meanwhile."""
        with contextlib.suppress(IndexError, OSError):
            session = self._idle.pop()
            if time.monotonic() - session.used < KEPT:
                return self._asked(session, address, deadline)
            session.close()
        return self._asked(Session(self._address, deadline), address, deadline)

    def _asked(self, session: Session, address: str, deadline: float) -> bool:
        try:
            answer = session.says_full(address, deadline)
        except BaseException:
            session.close()
            raise
        self._idle.append(session)
        return answer


class Table:
    """A table of Postfix, read again when an apply has changed it."""

    def __init__(self, path: Path) -> None:
        self._path, self._version = path, (0, 0)
        self._rows: Mapping[str, str] = {}

    def __getitem__(self, key: str) -> str:
        """Return the value of a row, or an empty text."""
        status = self._path.stat()
        if self._version != (version := (status.st_ino, status.st_mtime_ns)):
            lines = self._path.read_text(encoding="ascii").splitlines()
            self._rows = dict(line.split("\t", 1) for line in lines)
            self._version = version
        return self._rows.get(key, "")


ALIASES, ROUTES = Table(TABLES / "aliases"), Table(TABLES / "transport")
STORES: dict[str, Store] = {}


def action(recipient: str) -> str:
    """Return what Postfix does with a recipient, access(5)."""
    address = ALIASES[recipient.lower()] or recipient.lower()
    route = re.fullmatch(r"lmtp:inet:\[([0-9.]+)\]:24", ROUTES[address])
    if not route:
        return "DUNNO"
    store = STORES.setdefault(route[1], Store(route[1]))
    return FULL if store.says_full(address) else "DUNNO"


class Questions(socketserver.StreamRequestHandler):
    """The questions of one process of Postfix, one after another."""

    def handle(self) -> None:
        """Answer each until Postfix hangs up."""
        recipient = ""
        for line in self.rfile:
            name, separator, value = line.decode(errors="replace").rstrip("\n").partition("=")
            if name == "recipient":
                recipient = value
            if separator:
                continue
            self.wfile.write(f"action={action(recipient)}\n\n".encode())


class Server(socketserver.ThreadingUnixStreamServer):
    """Answers all processes of Postfix, on the socket of systemd (sd_listen_fds(3))."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__("", Questions, bind_and_activate=False)
        self.socket = socket.socket(fileno=3)


if __name__ == "__main__":
    Server().serve_forever()
