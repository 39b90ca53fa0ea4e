"""Run jobs on all cores of the machine."""

from __future__ import annotations

import os
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import IO, TypeVar

Job = TypeVar("Job")
_FRAME = struct.Struct("=II")
_MOST_CHILDREN = 3
# All numbers are written to a pipe beforehand; Linux buffers 64 KiB.
_MOST_TICKETS = 4096


def fork_map(
    jobs: Sequence[Job],
    work: Callable[[Job], bytes],
    *,
    meanwhile: Callable[[], object] = lambda: None,
) -> list[bytes]:
    """Return the results of `work` for all jobs, in order; `work` must not depend on the order.

    This process and forked ones take jobs one by one, so that none waits for another. Jobs that a
    child has not done, because it ended early, are done here. This process calls `meanwhile`
    before it takes any.
    """
    children = min(_MOST_CHILDREN, (os.cpu_count() or 1) - 1)
    # A fork copies only the calling thread: locks of others would stay locked. Threads that the
    # threading module did not start count as well.
    alone = len(sys._current_frames()) == 1
    if children < 1 or not 1 < len(jobs) <= _MOST_TICKETS or not alone:
        meanwhile()
        return [work(job) for job in jobs]
    done: dict[int, bytes] = {}
    tickets, writer = os.pipe()
    with os.fdopen(tickets, "rb", buffering=0) as drawn:
        with os.fdopen(writer, "wb", buffering=0) as file:
            file.write(b"".join(number.to_bytes(4, "little") for number in range(len(jobs))))
        started = [_start(drawn, jobs, work) for _ in range(children)]
        try:
            meanwhile()
            done.update(_drawn(drawn, jobs, work))
        finally:
            for child, results in started:
                os.waitpid(child, 0)
                with results:
                    done.update(_read(results))
    return [done[n] if n in done else work(job) for n, job in enumerate(jobs)]


def _start(
    tickets: IO[bytes], jobs: Sequence[Job], work: Callable[[Job], bytes]
) -> tuple[int, IO[bytes]]:
    """Fork a process that takes jobs; return its pid and the file of its results."""
    results = tempfile.TemporaryFile()  # noqa: SIM115 - the caller reads and closes it
    child = os.fork()
    if child:
        return child, results
    try:
        for number, result in _drawn(tickets, jobs, work):
            results.write(_FRAME.pack(number, len(result)) + result)
        results.flush()
    finally:
        # The child must run neither the caller's code nor its exit handlers.
        os._exit(0)


def _drawn(
    tickets: IO[bytes], jobs: Sequence[Job], work: Callable[[Job], bytes]
) -> Iterator[tuple[int, bytes]]:
    while ticket := tickets.read(4):
        number = int.from_bytes(ticket, "little")
        yield number, work(jobs[number])


def _read(results: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the complete results in the file of a child."""
    results.seek(0)
    while len(head := results.read(_FRAME.size)) == _FRAME.size:
        number, size = _FRAME.unpack(head)
        result = results.read(size)
        if len(result) == size:
            yield number, result
