"""What hosts say of copies and archives, as it must be: one that was taken over can say anything.

What cannot be is that host's failure, so that it hides nothing of what others have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from hopthu.diagnostics.problem import printable
from hopthu.errors import HostFailed
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Host
from hopthu.remote.host.kept_copies import Arrival, Kept

_T = TypeVar("_T")
_SHOWN = 200
"""Letters of what cannot be that a sentence has room for."""
_LATEST = 4_102_444_800.0
"""Seconds since 1970 at the end of the century: a calendar has room for them."""


def as_told(host: Host, answer: object, parsed: Callable[[object], _T]) -> _T:
    """Return what a host has said, as it must be; raise `HostFailed` if it is not."""
    try:
        return parsed(answer)
    except ValueError as error:
        raise HostFailed(
            Message(
                "{host}: what it says it has cannot be: {what}",
                host=host.name, what=printable(str(error))[:_SHOWN],
            )
        ) from error  # fmt: skip


def texts(answer: object) -> Sequence[str]:
    """Return texts, as a host says them; raise `ValueError` if it cannot be."""
    return [text(each) for each in _listed(answer)]


def text(answer: object) -> str:
    """Return a text, as a host says it; raise `ValueError` if it is none."""
    if not isinstance(answer, str):
        raise ValueError(str(answer))
    return answer


def arrivals(answer: object) -> list[Arrival]:
    """Return when copies arrived, as a host says it; raise `ValueError` if it cannot be."""
    return [_arrival(each) for each in _listed(answer)]


def kept(answer: object) -> Mapping[str, Kept]:
    """Return what a host says that it keeps, by name; raise `ValueError` if it cannot be."""
    if not (isinstance(answer, dict) and all(isinstance(e, dict) for e in answer.values())):
        raise ValueError(str(answer))
    return {
        name: {
            "arrivals": arrivals(each.get("arrivals")),
            "size": _number(each.get("size")),
            "free": _number(each.get("free")),
            "now": _moment(each.get("now")),
            "wrong": text(each.get("wrong")),
        }
        for name, each in answer.items()
    }


def _listed(answer: object) -> Sequence[object]:
    if not isinstance(answer, list):
        raise ValueError(str(answer))
    return answer


def _arrival(answer: object) -> Arrival:
    if not (isinstance(answer, list | tuple) and len(answer) == 3):
        raise ValueError(str(answer))
    snapshot, seconds, repository = answer
    return text(snapshot), _moment(seconds), text(repository)


def _moment(answer: object) -> float:
    # What is no number is neither greater nor less.
    if not (isinstance(answer, float | int) and 0 <= answer <= _LATEST):
        raise ValueError(str(answer))
    return float(answer)


def _number(answer: object) -> int:
    if not (isinstance(answer, int) and answer >= 0):
        raise ValueError(str(answer))
    return answer
