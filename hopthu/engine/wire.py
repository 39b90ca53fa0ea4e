"""What the operator's process and the engine say to each other, over two pipes.

The operator's process gives orders, the first with a `Request` in a file; the engine reports. Both
are hopthu's own, of one user, so values are pickled. A sentence passes with its template and
values, for the language is known to the operator's process alone.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from hopthu.daemons.site import Site
from hopthu.errors import HopthuError
from hopthu.events.event import Event
from hopthu.events.step import Step

GONE = (EOFError, pickle.UnpicklingError)
"""What `read` raises at the end of a pipe, and if that is within a value."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a run needs: the repository, the inventory file, what is wanted, and on which hosts."""

    root: Path
    inventory: Path
    site: Site
    hosts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a check of hosts comes to: the steps that would change them, by host.

    So many `operations` were checked; `files` are the facts of the files that each host is meant to
    have, by path.
    """

    steps: Mapping[str, Sequence[Step]]
    operations: int
    files: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Asks:
    """The report that the next step may begin as soon as there is leave."""


@dataclass(frozen=True, slots=True)
class Done:
    """The report that an order is carried out, with what it comes to."""

    foreseen: Foreseen | None


Order = tuple[str, Sequence[object]] | None
"""A method of `hopthu.engine.driver.Driver` with its arguments; None lets the engine go on."""
Report = Event | HopthuError | Asks | Done


def as_bytes(value: Order | Report | Request) -> bytes:
    """Return a value as it is sent."""
    return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)


def read(pipe: IO[bytes]) -> Any:
    """Wait for the next value of a pipe or file that the other process alone writes to."""
    return pickle.load(pipe)  # noqa: S301
