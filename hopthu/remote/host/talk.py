"""Talk with the operator while a call goes on, in JSON: a list on each line, both ways."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from types import FrameType


def requests(patience: float) -> Iterator[list[str]]:
    """Yield requests until the input ends, or nothing comes for so many seconds."""
    signal.signal(signal.SIGALRM, _give_up)
    try:
        while True:
            signal.setitimer(signal.ITIMER_REAL, patience)
            line = sys.stdin.buffer.readline()
            signal.setitimer(signal.ITIMER_REAL, 0)
            if not line.endswith(b"\n"):
                return
            yield json.loads(line)
    except TimeoutError:
        return


def say(*words: str) -> None:
    """Answer, or tell how far the call is."""
    with suppress(OSError):  # the operator may be gone
        os.write(1, f"{json.dumps(words)}\n".encode())


def _give_up(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError
