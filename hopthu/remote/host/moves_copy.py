"""Copy mailboxes to another store by rsync over TLS; both hosts authenticate by certificate."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

from hopthu.remote.host import moves
from hopthu.remote.host.files import is_folder, lines
from hopthu.remote.host.state import Failed, comes, run, state, try_lock

_PATIENCE = 120.0
"""Seconds within which the calls of a run that died end: no listener, or no time left to leave."""

_TLS = "/etc/hopthu/tls"
_VANISHED = 24
"""The exit code of rsync(1) if somebody has read or moved a message meanwhile: not an error."""
_CUT = (5, 10, 12, 30, 35)
"""Those of a start of the protocol, of sockets, of the data stream, and of timeouts.

As these have other causes too, the error messages are checked.
"""
_LASTING = re.compile(
    "verify error|alert|@ERROR|No space left|quota|denied|Read-only|code 11", re.IGNORECASE
)


class Store(TypedDict):
    """The store that receives mailboxes: the name in its certificate, and where it listens."""

    name: str
    address: str
    port: int


class Cut(Failed):
    """The connection to the other store failed or was lost; it may be tried again."""


def copy(mailboxes: Sequence[str], target: Store) -> str:
    """Copy mailboxes while they are in use; return why there was no connection, empty if none.

    What changes meanwhile is copied by the next call, and finally by `moves_leave.leave` when
    nothing can change. What a run that died has left here ends before.
    """
    with alone(_PATIENCE):
        try:
            push(target, moves.MAIL, [each for each in mailboxes if is_folder(moves.at(each))])
        except Cut as error:
            return str(error)
    return ""


@contextmanager
def alone(patience: float = 0) -> Iterator[None]:
    """Keep out other moves from this host, and restores: no two write into the same mailbox.

    Raises `Failed` if another has not ended within `patience` seconds.
    """
    with (state() / "moves.lock").open("w") as lock:
        if not comes(lambda: try_lock(lock), patience):
            raise Failed("mailboxes of this host are being moved or restored")
        yield


def push(
    target: Store, source: Path, paths: Sequence[str], *options: str, longest: float = 0
) -> list[str]:
    """Update the copies of paths below `source`; return what --itemize-changes prints.

    0 seconds mean no limit. Raises `Cut` or `Failed`.
    """
    if not paths:
        return []
    done = run(
        *("timeout", f"{longest:.1f}", "rsync", "-rlptH", "--delete", "--timeout=60"),
        *("--files-from=-", *options, f"{source}/", "rsync://store/arriving/"),
        stdin=lines(paths),
        fine=None,
        env={"RSYNC_CONNECT_PROG": _connection(target)},
    )
    if done.returncode in (0, _VANISHED):
        return done.stdout.split("\n")[:-1]
    errors = [e for e in done.stderr.splitlines() if not e.startswith("Connecting to ")]
    reason = "; ".join(errors[:5]) or f"rsync ended with exit code {done.returncode}"
    cut = is_cut(done.returncode, done.stderr)
    raise (Cut if cut else Failed)(f"the copy is incomplete: {reason}")


def is_cut(code: int, errors: str) -> bool:
    """Return whether rsync failed because of the connection."""
    return code in _CUT and not _LASTING.search(errors)


def _connection(target: Store) -> str:
    """Return the command line by which rsync connects to the other store."""
    return shlex.join(
        [
            *("openssl", "s_client", "-quiet", "-verify_quiet", "-verify_return_error"),
            *("-noservername", "-CAfile", f"{_TLS}/ca.pem", "-cert", f"{_TLS}/host.pem"),
            *("-key", f"{_TLS}/host.key", "-verify_hostname", target["name"]),
            *("-connect", f"{target['address']}:{target['port']}"),
        ]
    )
