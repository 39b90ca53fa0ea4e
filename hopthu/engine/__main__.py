"""`python -m hopthu.engine FILE`: take orders from a pipe, with a request in an open file.

Whoever started it holds the leases: before each step it asks for leave, and it ends with the pipe.
Nothing else may read or write the pipes: standard input is empty here, and what programs print goes
to standard error.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, NoReturn

import gevent
from gevent.fileobject import FileObject
from gevent.queue import Queue

from hopthu.engine import wire
from hopthu.engine.driver import connected
from hopthu.engine.wire import Order
from hopthu.errors import HopthuError
from hopthu.source.positions import no_garbage_collection


class Operator:
    """The operator's process, at the other end of the pipes."""

    def __init__(self, orders: IO[bytes], reports: int) -> None:
        """Take orders from one pipe, and report to the other."""
        self._reports = reports
        self._orders: Queue[Order] = Queue()
        gevent.spawn(self._listen, orders)

    def report(self, what: wire.Report) -> None:
        """Send a report."""
        rest = memoryview(wire.as_bytes(what))
        while rest:
            rest = rest[os.write(self._reports, rest) :]

    def order(self) -> Order:
        """Wait for the next order."""
        order: Order = self._orders.get()
        return order

    def ask_leave(self) -> None:
        """Wait until the next step may begin."""
        self.report(wire.Asks())
        self.order()

    def _listen(self, orders: IO[bytes]) -> NoReturn:
        """Receive orders; end this process, whatever it is doing, when nobody can give any."""
        with suppress(*wire.GONE):
            while True:
                self._orders.put(wire.read(orders))
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
        with os.fdopen(int(sys.argv[1]), "rb") as file, no_garbage_collection():
            file.seek(0)
            request = wire.read(file)  # nobody else can write to the file, which has no name
        with connected(request, operator.report, operator.ask_leave) as driver:
            while order := operator.order():
                method, arguments = order
                operator.report(wire.Done(getattr(driver, method)(*arguments)))
    except HopthuError as error:
        # The error of a deploy has what cannot be sent, such as where it came from.
        operator.report(type(error)(error.what, fix=error.fix))
    except BrokenPipeError:  # whoever started this is gone
        sys.exit(1)


if __name__ == "__main__":
    main()
