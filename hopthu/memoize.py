"""Memoize pure functions of large objects, by the identity of their arguments."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import TypeVar, TypeVarTuple, Unpack

from hopthu.inventory.topology import Centre, Host

Given = TypeVarTuple("Given")
Result = TypeVar("Result")

_COMPARED = (date, str, Centre, Host, frozenset)


def memoize_by_identity(
    size: int,
) -> Callable[[Callable[[Unpack[Given]], Result]], Callable[[Unpack[Given]], Result]]:
    """Return a decorator that makes a function of immutable arguments keep its last `size` results.

    Guards, deploys and probes of one run need the same results, which take a second each for a
    province. Hashing or comparing 61,000 people would take as long; comparing their identity takes
    no time. Dates, names, centres, hosts and sets are compared by value. Arguments have no names:
    one that is left out, or given by name, would be the same call in another form.
    """

    def decorated(
        function: Callable[[Unpack[Given]], Result],
    ) -> Callable[[Unpack[Given]], Result]:
        known: deque[tuple[tuple[object, ...], Result]] = deque(maxlen=size)

        @wraps(function)
        def memoized(*given: *Given) -> Result:
            for earlier, result in known:
                if len(earlier) == len(given) and all(map(_same, earlier, given)):
                    return result
            found = function(*given)
            known.append((given, found))
            return found

        return memoized

    return decorated


def _same(one: object, other: object) -> bool:
    return one is other or (isinstance(one, _COMPARED) and one == other)
