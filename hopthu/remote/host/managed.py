"""The files that hopthu manages on this host, in sets that are named after daemons."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from hopthu.remote.host.files import facts, managed_paths, paths_in
from hopthu.remote.host.state import state
from hopthu.remote.host.units import UNITS


class Managed(TypedDict):
    """What there is of each set, and the units that hopthu keeps running.

    `files` has digest, mode, owner and group of every existing file by path, `link` for a link;
    `managed` the paths of each set, existing or not. `pending` are the sets that their daemon has
    not loaded yet; `activate` has the digest of the command that loads each set. `units` is None if
    the host was last changed by a version that did not note them.
    """

    files: dict[str, str]
    managed: dict[str, list[str]]
    pending: list[str]
    activate: dict[str, str]
    units: list[str] | None


def managed(paths: Sequence[str] = ()) -> Managed:
    """Return the managed files, and those at `paths` whether they are managed or not."""
    known = {path: _found(path) for path in sorted({*managed_paths(), *paths})}
    return {
        "files": {path: found for path, found in known.items() if found},
        "managed": {each.name: paths_in(each) for each in _in("managed")},
        "pending": [each.name for each in _in("pending")],
        "activate": {
            each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in _in("activate")
        },
        "units": paths_in(state() / UNITS) if (state() / UNITS).exists() else None,
    }


def _found(path: str) -> str:
    """Return what is at a path; a link is not one of our files: it is replaced."""
    try:
        mode = Path(path).lstat().st_mode
        if stat.S_ISLNK(mode):
            return "link"
        return facts(path) if stat.S_ISREG(mode) else ""
    except (FileNotFoundError, NotADirectoryError):
        return ""


def _in(folder: str) -> list[Path]:
    return sorted((state() / folder).glob("*"))
