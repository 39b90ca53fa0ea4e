"""What the rules across records look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from hopthu.policy import Policy
from hopthu.problems import Problem
from hopthu.schemas import EACH
from hopthu.source import Record, Source
from hopthu.values import Value


@dataclass(frozen=True, slots=True)
class Facts:
    """The records as written, the policy as far as it could be read, and the day asked about.

    A record may be of the wrong shape: that is reported elsewhere, and a rule looks only at what
    it can read, so that one slip does not hide another.
    """

    source: Source
    policy: Policy
    on: date


Check = Callable[[Facts], Iterator[Problem]]


def texts(record: Record, path: tuple[str, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every text at `path` in `record`, with the steps that lead to it."""
    yield from _texts(record.data, path, ())


def _texts(
    value: Value, path: tuple[str, ...], above: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if not path:
        if isinstance(value, str):
            yield above, value
    elif path[0] == EACH:
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from _texts(item, path[1:], (*above, index))
    elif isinstance(value, dict) and path[0] in value:
        yield from _texts(value[path[0]], path[1:], (*above, path[0]))
