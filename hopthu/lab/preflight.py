"""What a machine must have before a lab can be started on it."""

from __future__ import annotations

import os
import shutil
import sys

from hopthu.errors import LabError

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
        raise LabError(
            f"the lab needs tools that are not here: {', '.join(missing)}",
            fix=f"sh lab/install-packages {' '.join(missing)}",
        )
