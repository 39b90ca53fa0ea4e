"""Signals that end a command."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def put_off() -> Iterator[None]:
    """Put Ctrl-C and SIGTERM off to the end of this block, which then raises `KeyboardInterrupt`.

    For what is short, and of no use if it ends half-way.
    """
    asked: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {
        number: signal.signal(number, lambda given, _frame: asked.append(given))
        for number in numbers
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if asked:
        raise KeyboardInterrupt


@contextmanager
def ended_by_signals(*more: signal.Signals) -> Iterator[None]:
    """Raise `KeyboardInterrupt` in this block on Ctrl-C, SIGTERM and `more`, so that it cleans up.

    A host returns, a stopped service starts again.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, *more)}
    # What a shell starts in the background ignores Ctrl-C, and is to go on doing so.
    handled = [number for number, handler in before.items() if handler != signal.SIG_IGN]
    for number in handled:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in handled:
            signal.signal(number, before[number])
