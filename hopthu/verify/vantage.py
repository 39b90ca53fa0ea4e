"""Where probes look from: an official's workstation, a mail server outside, or this machine.

A protocol library runs here and talks to a socket; the connection itself begins at the vantage,
so servers see the address, and packet filters the path, of whoever would really use them.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
from collections.abc import Iterable
from typing import Protocol

from hopthu.ssh import Outcome, Ssh, Target, finished

TIMEOUT = 60.0
"""Seconds a server may take for one answer: the longest is a scanner's own timeout."""


class Vantage(Protocol):
    """A place connections are made from."""

    @property
    def name(self) -> str:
        """What the inventory calls it."""

    def connect(self, address: str, port: int, timeout: float = TIMEOUT) -> socket.socket:
        """Return a socket to `address`; where nobody answers it reads as closed."""

    def run(self, script: str, *, stdin: bytes = b"") -> Outcome:
        """Run a shell script there; secrets go in by `stdin`."""


class LocalVantage:
    """This machine: what production uses unless its inventory names a better place."""

    name = "this machine"

    def connect(self, address: str, port: int, timeout: float = TIMEOUT) -> socket.socket:
        """Connect directly."""
        return socket.create_connection((address, port), timeout)

    def run(self, script: str, *, stdin: bytes = b"") -> Outcome:
        """Run `script` with this user's rights."""
        return finished(["sh", "-c", script], self.name, stdin, TIMEOUT)


class SshVantage:
    """Another machine, reached over SSH: `ssh -W` carries each connection."""

    def __init__(self, ssh: Ssh, target: Target) -> None:
        """Look from `target`."""
        self._ssh, self._target = ssh, target
        self._carriers: list[tuple[socket.socket, subprocess.Popen[bytes]]] = []
        self._lock = threading.Lock()
        self._closed = False

    @property
    def name(self) -> str:
        """What the inventory calls it."""
        return self._target.name

    def connect(self, address: str, port: int, timeout: float = TIMEOUT) -> socket.socket:
        """Connect from there; a refusal shows as a connection that ends at once."""
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
        """End every connection, and those still to come: whoever waits for an answer gives up."""
        with self._lock:
            self._closed = True
            for ours, carrier in self._carriers:
                with contextlib.suppress(OSError):
                    ours.shutdown(socket.SHUT_RDWR)
                carrier.terminate()
                carrier.wait()
            self._carriers.clear()


def open_doors(vantage: Vantage, doors: Iterable[tuple[str, int]]) -> list[str]:
    """Return those `address:port` that answer; a filtered port is taken for closed."""
    # All at once: a filtered port says nothing, and waiting for it takes the whole two seconds.
    tries = " ".join(
        f"(timeout 2 bash -c '</dev/tcp/{address}/{port}' 2>/dev/null && echo {address}:{port}) &"
        for address, port in doors
    )
    return sorted(vantage.run(f"{tries} wait").out.split())


def say(connection: socket.socket, words: bytes) -> bytes:
    """Say something in clear and return all that is heard until the other side falls silent."""
    heard = b""
    with connection, contextlib.suppress(OSError):
        connection.sendall(words)
        while part := connection.recv(4096):
            heard += part
    return heard
