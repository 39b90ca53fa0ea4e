"""Move this process into the lab's network, where nothing but the lab can be reached."""

from __future__ import annotations

import ctypes
import os
import threading
from functools import cache

from hopthu.errors import LabError
from hopthu.lab.state import LabState

_CLONE_NEWNET = 0x40000000


def join(state: LabState) -> None:
    """Move this process into the network of the lab `state`; harmless when it is there already.

    Call it from the main thread: threads started afterwards follow, those running before stay
    where they were (setns(2) moves one thread). Raises `LabError` when the lab is gone or this
    user may not enter.
    """
    if threading.current_thread() is not threading.main_thread():
        raise LabError("the lab's network can only be joined from the main thread")
    if not state.alive:
        raise LabError("the lab is not up", fix="run: hopthu lab up")
    _outside()
    descriptor = os.open(f"/proc/{state.holder}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _setns(descriptor)
    finally:
        os.close(descriptor)


def leave() -> None:
    """Move this process back to the network it was started in; harmless when it is there."""
    _setns(_outside())


@cache
def _outside() -> int:
    return os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _setns(descriptor: int) -> None:
    # os.setns came with Python 3.12; this works on 3.11 too.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise LabError(f"cannot enter the lab's network: {reason}", fix="run as root")
