"""openldap: arrives in the next commits."""

from __future__ import annotations

from pyinfra.api import deploy


@deploy("openldap")
def openldap() -> None:
    """Install, configure and activate openldap."""
