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
        discard(recorded(state.directory) or state)


def discard(state: LabState) -> None:
    """End a lab's processes, remove its cgroups and its directory. The caller holds the lock."""
    with _undisturbed():
        holder.end(state)
        shutil.rmtree(state.directory)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the state directory `folder` against another `up` or `down`; make it if need be.

    Raises `LabError` when the folder holds something else: `down` removes it whole.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    strangers = [] if (folder / _LOCK).exists() else sorted(p.name for p in folder.iterdir())
    if strangers:
        raise LabError(
            f"{folder} is not a lab's directory: it holds {', '.join(strangers[:3])}",
            fix="name an empty or new folder in HOPTHU_LAB",
        )
    descriptor = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
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
