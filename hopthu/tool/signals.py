"""Signals that end a command."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def put_off() -> Iterator[None]:
    """Put Ctrl-C and SIGTERM off to the end of this block, which then raises `KeyboardInterrupt`.

    For what is short, and of no use if it ends half-way.
    """
    asked: list[int] = []
    with handled(lambda number, _frame: asked.append(number)):
        yield
    if asked:
        raise KeyboardInterrupt


@contextmanager
def ended_by_signals(*more: signal.Signals) -> Iterator[None]:
    """Raise `KeyboardInterrupt` in this block on Ctrl-C, SIGTERM and `more`, so that it cleans up.

    A host returns, a stopped service starts again.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with handled(end, *more):
        yield


@contextmanager
def handled(
    handler: Callable[[int, FrameType | None], None], *more: signal.Signals
) -> Iterator[None]:
    """Call `handler` in this block on Ctrl-C, SIGTERM and `more`."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, *more)}
    # What a shell starts in the background ignores Ctrl-C, and is to go on doing so.
    taken = [number for number, known in before.items() if known != signal.SIG_IGN]
    for number in taken:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, before[number])
