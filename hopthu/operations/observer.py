"""Who is told how a run goes, and how pyinfra's callbacks reach them."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Protocol

from pyinfra.api import Host, State
from pyinfra.api.state import BaseStateCallback

_SILENT_MS = 20_000
"""A connection that answers nothing for so long is lost: else a cut cable hangs a run for hours."""


class Observer(Protocol):
    """Who is told how a run goes."""

    def stage(self, text: str) -> None:
        """Say what begins, in a few words."""

    def step(self, operation: str) -> None:
        """Say that an operation begins."""

    def done(self, host: str, operation: str, changed: bool) -> None:
        """Say that an operation ended well on `host`."""

    def failed(self, host: str, operation: str) -> None:
        """Say that an operation failed on `host`."""

    def settled(self, host: str, text: str) -> None:
        """Say what has become of `host`: proven, unchanged, returned."""

    def warned(self, text: str) -> None:
        """Say what somebody should know though nothing failed."""


def name_of(state: State, op_hash: str) -> str:
    """Return the name of an operation."""
    return ", ".join(sorted(state.get_op_meta(op_hash).names))


class Callbacks(BaseStateCallback):
    """Hands pyinfra's callbacks on; pyinfra aborts a run when one raises."""

    def __init__(
        self, observer: Observer, unreachable: dict[str, str], before_each: Callable[[], None]
    ) -> None:
        """Tell `observer`; put hosts that cannot be reached into `unreachable`, with the reason."""
        self._observer, self._unreachable, self._before_each = observer, unreachable, before_each

    def host_connect(self, state: State, host: Host) -> None:  # type: ignore[override]  # noqa: ARG002
        """Set the connection up: paramiko leaves Nagle's algorithm on, 44 ms a command, not 5."""
        client = getattr(host.connector, "client", None)
        if client is not None:
            sock = client.get_transport().sock
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL):
                sock.setsockopt(socket.IPPROTO_TCP, option, _SILENT_MS // 4000)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_MS)

    def host_connect_error(self, state: State, host: Host, error: Exception) -> None:  # type: ignore[override]  # noqa: ARG002
        """Remember why."""
        self._unreachable[host.name] = str(error)

    def operation_start(self, state: State, op_hash: str) -> None:  # type: ignore[override]
        """Tell it, unless the run must end here."""
        self._before_each()
        self._observer.step(name_of(state, op_hash))

    def operation_end(self, state: State, op_hash: str) -> None:  # type: ignore[override]
        """Tell of every host it ended well on."""
        for host in state.active_hosts:
            data = state.ops[host].get(op_hash)
            meta = data.operation_meta if data else None
            if meta is not None and meta.is_complete() and meta.did_succeed():
                self._observer.done(host.name, name_of(state, op_hash), changed=meta.did_change())

    def operation_host_error(  # type: ignore[override]
        self,
        state: State,
        host: Host,
        op_hash: str,
        retry_count: int = 0,  # noqa: ARG002
        max_retries: int = 0,  # noqa: ARG002
    ) -> None:
        """Tell it."""
        self._observer.failed(host.name, name_of(state, op_hash))
