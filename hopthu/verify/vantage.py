"""The machines that probes connect from: a workstation, a mail server outside, or this machine.

The protocol library runs here and uses a socket; the connection itself starts at the vantage, so
that servers see the same address, and packet filters the same path, as for a real client.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
from collections.abc import Iterable
from typing import Protocol

from hopthu.i18n.message import Message
from hopthu.ssh import Outcome, Ssh, Target, finished

TIMEOUT = 60.0
"""Seconds that a server may take for one reply: the longest is the timeout of a scanner."""


class Vantage(Protocol):
    """A machine that connections are made from."""

    @property
    def name(self) -> str:
        """Its name in the inventory."""

    def connect(self, address: str, port: int, timeout: float = TIMEOUT) -> socket.socket:
        """Return a socket to `address`; it may read as closed if nobody answers."""

    def run(self, script: str, *, stdin: bytes = b"") -> Outcome:
        """Run a shell script there; pass secrets by `stdin`."""


class LocalVantage:
    """This machine, which production uses unless its inventory names another one."""

    name = Message("this machine")

    def connect(self, address: str, port: int, timeout: float = TIMEOUT) -> socket.socket:
        """Connect directly."""
        return socket.create_connection((address, port), timeout)

    def run(self, script: str, *, stdin: bytes = b"") -> Outcome:
        """Run `script` as the current user."""
        return finished(["sh", "-c", script], self.name, stdin, TIMEOUT)


class SshVantage:
    """Another machine, reached over SSH: `ssh -W` carries each connection."""

    def __init__(self, ssh: Ssh, target: Target) -> None:
        """Connect from `target`."""
        self._ssh, self._target = ssh, target
        self._carriers: list[tuple[socket.socket, subprocess.Popen[bytes]]] = []
        self._lock = threading.Lock()
        self._closed = False

    @property
    def name(self) -> str:
        """Its name in the inventory."""
        return self._target.name

    def connect(self, address: str, port: int, timeout: float = TIMEOUT) -> socket.socket:
        """Connect from there; if the server refuses, the socket is closed at once."""
        argv = [*self._ssh.command(self._target), "-W", f"{address}:{port}", self._target.hostname]
        ours, theirs = socket.socketpair()
        with theirs:
            carrier = subprocess.Popen(
                argv,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        ours.settimeout(timeout)
        with self._lock:
            self._carriers = [c for c in self._carriers if c[1].poll() is None]
            self._carriers.append((ours, carrier))
            closed = self._closed
        if closed:
            self.hang_up()
        return ours

    def run(self, script: str, *, stdin: bytes = b"") -> Outcome:
        """Run `script` there as root."""
        return self._ssh.run(self._target, script, stdin=stdin)

    def hang_up(self) -> None:
        """Close all connections, present and future, so that nothing waits for a reply."""
        with self._lock:
            self._closed = True
            for ours, carrier in self._carriers:
                with contextlib.suppress(OSError):
                    ours.shutdown(socket.SHUT_RDWR)
                carrier.terminate()
                carrier.wait()
            self._carriers.clear()


def open_ports(vantage: Vantage, ports: Iterable[tuple[str, int]]) -> list[str]:
    """Return those of `ports` that accept connections, as `address:port`."""
    # All at once: a filtered port does not answer, so each would take the whole two seconds.
    tries = " ".join(
        f"(timeout 2 bash -c '</dev/tcp/{address}/{port}' 2>/dev/null && echo {address}:{port}) &"
        for address, port in ports
    )
    return sorted(vantage.run(f"{tries} wait").out.split())


def send_in_clear(connection: socket.socket, request: bytes) -> bytes:
    """Send a request without TLS; return everything received until the timeout or the end."""
    received = b""
    with connection, contextlib.suppress(OSError):
        connection.sendall(request)
        while part := connection.recv(4096):
            received += part
    return received
