"""How many people have no password yet: asked of the directory, which keeps what it counts."""

from __future__ import annotations

import shlex

from hopthu.remote import script
from hopthu.ssh import Ssh, Target


def without_password(ssh: Ssh, provider: Target) -> int:
    """Return how many who may sign in cannot, having no password; no hash leaves the host.

    Raises `HostFailed` where the directory does not say.
    """
    said = ssh.output(provider, f"bash -c {shlex.quote(script('without-password.sh'))}")
    return int(said)
