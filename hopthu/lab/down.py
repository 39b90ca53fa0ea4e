"""Take a lab down, whatever state it is in."""

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
from hopthu.lab import holder
from hopthu.lab.state import LabState, recorded

_LOCK = "lock"


def down(state: LabState) -> None:
    """End the lab `state` and remove its directory; harmless when it is down already."""
    if not state.directory.exists():
        return
    with locked(state.directory):
        discard(state.directory)


def discard(folder: Path) -> None:
    """End the lab of `folder` and remove the folder. The caller holds the lock."""
    with _undisturbed():
        clear(folder)
        shutil.rmtree(folder)


def clear(folder: Path) -> None:
    """End the lab of `folder`, with its cgroups, and empty the folder but for the lock in it."""
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
    """Hold the state directory `folder` against another `up` or `down`; make it if need be.

    Raises `LabError` when the folder holds something else: `down` removes it whole.
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
        strangers = [] if path.exists() else sorted(p.name for p in folder.iterdir())
        if strangers:
            raise LabError(
                f"{folder} is not a lab's directory: it holds {', '.join(strangers[:3])}",
                fix="name an empty or new folder in HOPTHU_LAB",
            )
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Who had it may have removed the folder meanwhile: that lock holds nobody off.
        if path.exists() and path.stat().st_ino == os.fstat(descriptor).st_ino:
            return descriptor
        os.close(descriptor)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let no second Ctrl-C stop the clearing up half way."""
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
