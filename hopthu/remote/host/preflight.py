"""Facts that are checked before anything is changed on any host."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from hopthu.remote.host import ldap
from hopthu.remote.host.files import paths_in
from hopthu.remote.host.state import deployed, read, record_text, run, state

QUEUES = ("maildrop", "incoming", "active", "deferred", "hold")
"""The folders in which Postfix has what it must still deliver (qmgr(8))."""


class Facts(TypedDict):
    """The facts of a host.

    `came_from` is the address of this run as the host sees it, empty if the run is on the host
    itself. `free` has bytes and inodes of some places, `packages` version and status by name.
    `serving`: hopthu has configured the host before; `written`: its directory is one that is
    written to. `queued` is the number of messages that wait in a queue that hopthu has configured.
    `applying` and `deployed` are records, or empty.
    """

    clock: float
    came_from: str
    system: str
    free: dict[str, tuple[int, int]]
    packages: dict[str, tuple[str, str]]
    audit: str
    serving: bool
    written: bool
    queued: int
    applying: str
    deployed: str


def facts(packages: Sequence[str]) -> Facts:
    """Return the facts of this host, with the state of some packages."""
    client, _, server, _ = os.environ["SSH_CONNECTION"].split()
    system = platform.freedesktop_os_release()
    newest = deployed()
    return {
        "clock": time.time(),
        "came_from": "" if client == server else client,
        "system": f"{system['ID']} {system.get('VERSION_ID', '')}".strip(),
        "free": {place: _free(place) for place in ("/", "/var", "/tmp")},  # noqa: S108
        "packages": _packages(packages),
        "audit": run("dpkg", "--audit", fine=(0, 1)).stdout,
        "serving": (state() / "managed").is_dir(),
        "written": ldap.written(),
        "queued": _queued() if paths_in(state() / "managed" / "postfix") else 0,
        "applying": read(state() / "applying"),
        "deployed": record_text(newest) if newest else "",
    }


def _free(place: str) -> tuple[int, int]:
    """Return the free bytes and inodes; -1 inodes if the file system does not count them."""
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize, found.f_favail if found.f_files else -1


def _queued() -> int:
    folders = [Path("/var/spool/postfix", name) for name in QUEUES]
    return sum(path.is_file() for folder in folders for path in folder.rglob("*"))


def _packages(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    # It exits with 1 if it does not know one of them.
    form = "${Package}\t${Version}\t${db:Status-Abbrev}\n"
    known = run("dpkg-query", "-W", "-f", form, *names, fine=(0, 1)).stdout
    return {
        name: (version, status.strip())
        for name, version, status in (line.split("\t") for line in known.splitlines())
    }
