"""postfix: arrives in the next commits."""

from __future__ import annotations

from pyinfra.api import deploy


@deploy("postfix")
def postfix() -> None:
    """Install, configure and activate postfix."""
