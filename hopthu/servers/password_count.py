"""Count the people without a password; the directory counts, so no hash leaves it."""

from __future__ import annotations

import shlex

from hopthu.remote import script
from hopthu.ssh import Ssh, Target


def without_password(ssh: Ssh, provider: Target) -> int:
    """Return the number of people who may sign in but have no password yet.

    Raises `HostFailed` if the directory cannot be read.
    """
    return int(ssh.output(provider, f"bash -c {shlex.quote(script('without-password.sh'))}"))
