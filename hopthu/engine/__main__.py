"""`python -m hopthu.engine FILE`: take orders from a pipe, with a request in an open file.

Whoever started it holds the leases: before each step it asks for leave, and it ends with the pipe.
Reports are JSON lines. Nothing else may read or write the pipes: standard input is empty here, and
what programs print goes to standard error.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
from pathlib import Path
from typing import IO, NoReturn

import gevent
from gevent.fileobject import FileObject
from gevent.queue import Queue

from hopthu.engine.driver import Driver, connected
from hopthu.engine.wire import Line, Request, answers_of, as_bytes, of_error, of_event, of_steps
from hopthu.errors import HopthuError
from hopthu.source.positions import no_garbage_collection


class Operator:
    """The operator's process, at the other end of the pipes."""

    def __init__(self, orders: IO[bytes], reports: int) -> None:
        """Take orders from one pipe, and report to the other."""
        self._reports = reports
        self._orders: Queue[Line] = Queue()
        gevent.spawn(self._listen, orders)

    def report(self, line: Line) -> None:
        """Send a line."""
        rest = memoryview(as_bytes(line))
        while rest:
            rest = rest[os.write(self._reports, rest) :]

    def order(self) -> Line:
        """Wait for the next order."""
        order: Line = self._orders.get()
        return order

    def ask_leave(self) -> None:
        """Wait until the next step may begin."""
        self.report({"asks": "step"})
        self.order()

    def _listen(self, orders: IO[bytes]) -> NoReturn:
        """Receive orders; end this process, whatever it is doing, when nobody can give any."""
        for line in orders:
            self._orders.put(json.loads(line))
        os._exit(1)


def main() -> None:
    """Serve one request."""
    pipe, reports = os.dup(0), os.dup(1)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    operator = Operator(FileObject(pipe, "rb"), reports)
    try:
        operator.order()
        request = _read(int(sys.argv[1]))
        with connected(
            request, lambda e: operator.report(of_event(e)), operator.ask_leave
        ) as driver:
            while True:
                _obey(driver, operator, operator.order())
    except HopthuError as error:
        operator.report(of_error(error))
    except BrokenPipeError:  # whoever started this is gone
        sys.exit(1)


def _read(descriptor: int) -> Request:
    """Read a request; nobody else can write to the file, which has no name."""
    with os.fdopen(descriptor, "rb") as file, no_garbage_collection():
        file.seek(0)
        found: Request = pickle.load(file)  # noqa: S301
    return found


def _obey(driver: Driver, operator: Operator, order: Line) -> None:
    if order["do"] == "prepare":
        found = driver.prepare(order["shell"], answers_of(order["answers"]))
        operator.report(of_steps(found, driver.operations, driver.files))
    else:
        driver.change(order["hosts"])
        operator.report({"done": order["do"]})


if __name__ == "__main__":
    main()
