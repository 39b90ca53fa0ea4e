"""What a machine must have before a lab can be started on it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from hopthu.errors import LabError
from hopthu.tool.resources import checkout

_TOOLS = {
    "apt-ftparchive": "apt-utils",
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "nsenter": "util-linux",
    "ssh": "openssh-client",
    "systemd-nspawn": "systemd-container",
    "unshare": "util-linux",
}
"""What is run, and the Debian package that brings it."""


def check() -> None:
    """Raise `LabError` saying what is missing on this machine, and how to get it."""
    if sys.platform != "linux":
        raise LabError(f"the lab needs Linux; this is {sys.platform}", fix="use a Linux machine")
    if os.geteuid() != 0:
        raise LabError("the lab needs root: it makes namespaces and mounts", fix="use sudo")
    missing = sorted({package for tool, package in _TOOLS.items() if not shutil.which(tool)})
    if missing:
        install = "sh lab/install-packages" if checkout() else "apt-get install"
        raise LabError(
            f"the lab needs tools that are not here: {', '.join(missing)}",
            fix=f"{install} {' '.join(missing)}",
        )


_WATCHERS = Path("/proc/sys/fs/inotify/max_user_instances")
_ENOUGH = 1024


def make_room(progress: Callable[[str], None], limit: Path = _WATCHERS) -> None:
    """Raise the kernel's limit on inotify watchers where it is too low for the hosts of a lab.

    All hosts count as one user, root, and each needs some thirty of the 128 that are the kernel's
    default (inotify(7)); a host that finds none left hangs in its boot.
    """
    try:
        if int(limit.read_text()) < _ENOUGH:
            limit.write_text(str(_ENOUGH))
            progress(f"Raised fs.inotify.max_user_instances to {_ENOUGH} until the next boot")
    except OSError as error:
        raise LabError(
            f"cannot raise fs.inotify.max_user_instances: {error}",
            fix=f"run on the machine itself: sysctl fs.inotify.max_user_instances={_ENOUGH}",
        ) from error
