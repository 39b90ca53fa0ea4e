"""Whether this host's replica has everything that the provider has."""

from __future__ import annotations

import time

from hopthu.remote.host.entries import position
from hopthu.remote.host.state import Failed

_PAUSE = 0.2


def positions(base: str, provider: str) -> tuple[str, str]:
    """Return the positions of the provider and of this replica, empty if one does not answer."""
    return position(base, provider), position(base)


def catch_up(base: str, provider: str, unanswered: float, behind: float) -> None:
    """Wait until both positions are equal.

    Raises `Failed` if the provider does not answer for `unanswered` seconds, or if the replica is
    still `behind` after as many.
    """
    began = time.monotonic()
    while True:
        theirs, ours = positions(base, provider)
        if theirs and ours == theirs:
            return
        if time.monotonic() - began >= (behind if theirs else unanswered):
            theirs, ours = theirs or "(no answer)", ours or "(no answer)"
            raise Failed(f"the provider is at {theirs}, this replica at {ours}")
        time.sleep(_PAUSE)
