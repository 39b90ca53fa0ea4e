"""Count the people without a password; the directory counts, so no hash leaves it."""

from __future__ import annotations

from hopthu.remote.host.passwords import without
from hopthu.ssh import OnHost, Ssh, Target


def without_password(ssh: Ssh, provider: Target) -> int:
    """Return the number of people who may sign in but have no password yet.

    Raises `HostFailed` if the directory cannot be read.
    """
    return OnHost(ssh, provider)(without)
