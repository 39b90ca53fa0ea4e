"""What may be in a mailbox that comes from elsewhere: from another store, or from a copy."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from hopthu.remote.host.files import is_folder, unless_gone
from hopthu.remote.host.state import Failed

_FILTER = ".dovecot.sieve"


def require_mailbox(home: Path, owner: int) -> None:
    """Raise `Failed` if there is anything but files and folders of a user, and the filter's link.

    Through a link to another mailbox that one would be changed.
    """
    if not is_folder(home):
        raise Failed(f"{home} is no folder")
    for path in (home, *_below(home)):
        found = path.lstat()
        kind = stat.S_IFMT(found.st_mode)
        is_filter = path == home / _FILTER and kind == stat.S_IFLNK
        if found.st_uid != owner or not (is_filter or kind in (stat.S_IFREG, stat.S_IFDIR)):
            raise Failed(f"{path} does not belong in a mailbox")
        if is_filter and not re.fullmatch("sieve/[^/]+", str(path.readlink())):
            raise Failed(f"{path} points outside the mailbox")


def _below(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder, onerror=unless_gone):
        yield from (Path(parent, name) for name in (*folders, *files))
