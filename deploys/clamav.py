"""clamav: arrives in the next commits."""

from __future__ import annotations

from pyinfra.api import deploy


@deploy("clamav")
def clamav() -> None:
    """Install, configure and activate clamav."""
