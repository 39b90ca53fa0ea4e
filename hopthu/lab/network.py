"""Move this process into the lab's network, from which only the lab can be reached."""

from __future__ import annotations

import ctypes
import os
import threading
from functools import cache

from hopthu.errors import LabError
from hopthu.i18n.message import Message
from hopthu.lab.state import LabState

_CLONE_NEWNET = 0x40000000


def join(state: LabState) -> None:
    """Move this process into the network of the lab `state`; do nothing if it is there already.

    On the operator's host of the lab it is. Call it from the main thread: setns(2) moves one
    thread; threads started afterwards follow, but running ones stay where they are. Raises
    `LabError` if the lab is down or this user may not enter its network.
    """
    if state.within:
        return
    if threading.current_thread() is not threading.main_thread():
        raise LabError(Message("the lab's network can only be joined from the main thread"))
    if not state.alive:
        raise LabError(Message("the lab is not running"), fix=Message("run: hopthu lab up"))
    _outside()
    descriptor = os.open(f"/proc/{state.holder}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _setns(descriptor)
    finally:
        os.close(descriptor)


def leave() -> None:
    """Move this process back to the network it was started in; do nothing if it is there."""
    _setns(_outside())


@cache
def _outside() -> int:
    return os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _setns(descriptor: int) -> None:
    # os.setns needs Python 3.12; this works on 3.11 too.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise LabError(
            Message("cannot enter the lab's network: {reason}", reason=reason),
            fix=Message("run it as root"),
        )
