"""Connections to hosts that are quick and do not hang; pyinfra gets them as it documents."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paramiko import SSHConfig

_WITHIN = 10.0
"""Seconds within which a host must take a connection."""
_SILENT_MS = 20_000
"""A connection without an answer for so long is closed; a cut cable would hang a run for hours."""


def arguments(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return pyinfra's `ssh_paramiko_connect_kwargs` for a host; raise `OSError`.

    A host behind another one, according to the user's ssh_config, is left to pyinfra.
    """
    found = _in_ssh_config(str(data.get("ssh_hostname", name)))
    if {"proxyjump", "proxycommand"} & found.keys():
        return {}
    port = int(data.get("ssh_port") or found.get("port") or 22)
    return {"sock": opened(found["hostname"], port)}


def opened(hostname: str, port: int) -> socket.socket:
    """Connect, without Nagle's algorithm: a command takes 5 ms, not 44. Raise `OSError`."""
    sock = socket.create_connection((hostname, port), timeout=_WITHIN)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL):
        sock.setsockopt(socket.IPPROTO_TCP, option, _SILENT_MS // 4000)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_MS)
    return sock


def _in_ssh_config(hostname: str) -> Mapping[str, str]:
    path = Path.home() / ".ssh" / "config"
    known = SSHConfig.from_path(str(path)) if path.exists() else SSHConfig()
    return known.lookup(hostname)
