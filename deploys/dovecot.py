"""dovecot: arrives in the next commits."""

from __future__ import annotations

from pyinfra.api import deploy


@deploy("dovecot")
def dovecot() -> None:
    """Install, configure and activate dovecot."""
