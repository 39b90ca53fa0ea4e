"""Check that a lab can run on this machine."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from hopthu.errors import LabError
from hopthu.events.event import Emit, Warned
from hopthu.i18n.message import Message
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
"""The programs that the lab runs, and their Debian packages."""


def check() -> None:
    """Raise `LabError` with what is missing on this machine, and how to install it."""
    if sys.platform != "linux":
        raise LabError(
            Message("the lab needs Linux; this is {platform}", platform=sys.platform),
            fix=Message("use a Linux machine"),
        )
    if os.geteuid() != 0:
        raise LabError(
            Message("the lab needs root: it makes namespaces and mounts"), fix=Message("use sudo")
        )
    missing = sorted({package for tool, package in _TOOLS.items() if not shutil.which(tool)})
    if missing:
        install = "sh lab/install-packages" if checkout() else "apt-get install"
        raise LabError(
            Message("the lab needs Debian packages: {names}", names=", ".join(missing)),
            fix=Message("run: {command}", command=" ".join([install, *missing])),
        )


_WATCHERS = Path("/proc/sys/fs/inotify/max_user_instances")
_ENOUGH = 1024


def make_room(events: Emit, limit: Path = _WATCHERS) -> None:
    """Raise the kernel's limit of inotify instances if it is too low for the hosts of a lab.

    All hosts count as one user, root, and each needs about thirty; the default limit is 128
    (inotify(7)). A host that reaches the limit hangs in its boot. Raises `LabError` if the limit
    cannot be changed.
    """
    try:
        if int(limit.read_text()) < _ENOUGH:
            limit.write_text(str(_ENOUGH))
            raised = Message(
                "raised fs.inotify.max_user_instances to {number} until the next boot",
                number=_ENOUGH,
            )
            events(Warned(raised))
    except OSError as error:
        raise LabError(
            Message("cannot raise fs.inotify.max_user_instances: {reason}", reason=error),
            fix=Message(
                "run on the machine itself: {command}",
                command=f"sysctl fs.inotify.max_user_instances={_ENOUGH}",
            ),
        ) from error
