"""Take a lab down, in whatever state it is."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hopthu.errors import LabError
from hopthu.i18n.message import Message
from hopthu.lab import holder
from hopthu.lab.state import LabState, recorded

_LOCK = "lock"


def down(state: LabState) -> None:
    """Stop the lab `state` and remove its directory; do nothing if it is down already."""
    if not state.directory.exists():
        return
    with locked(state.directory):
        discard(state.directory)


def discard(folder: Path) -> None:
    """Stop the lab of `folder` and remove the folder. The caller must have the lock."""
    with _undisturbed():
        clear(folder)
        shutil.rmtree(folder)


def clear(folder: Path) -> None:
    """Stop the lab of `folder`, with its cgroups, and empty the folder except for its lock."""
    state = recorded(folder)
    if state:
        holder.end(state)
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != _LOCK:
            path.unlink()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock the state directory `folder` against another `up` or `down`; create it if missing.

    Raises `LabError` if the folder has other content, because `down` would remove it.
    """
    descriptor = _lock(folder)
    try:
        yield
    finally:
        os.close(descriptor)


def _lock(folder: Path) -> int:
    path = folder / _LOCK
    while True:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        foreign = [] if path.exists() else sorted(p.name for p in folder.iterdir())
        if foreign:
            raise LabError(
                Message(
                    "{folder} is not a lab's directory: it contains {names}",
                    folder=folder,
                    names=", ".join(foreign[:3]),
                ),
                fix=Message("name an empty or new folder in HOPTHU_LAB"),
            )
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # The previous owner may have removed the folder meanwhile: this lock would be useless.
        if path.exists() and path.stat().st_ino == os.fstat(descriptor).st_ino:
            return descriptor
        os.close(descriptor)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ignore a second Ctrl-C, so that it does not stop the clean-up half way."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
