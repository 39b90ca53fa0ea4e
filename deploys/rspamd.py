"""rspamd: arrives in the next commits."""

from __future__ import annotations

from pyinfra.api import deploy


@deploy("rspamd")
def rspamd() -> None:
    """Install, configure and activate rspamd."""
