"""Files written beside the live ones, then renamed over them: nobody reads half of a change.

Some are in folders of a daemon's account. Whoever has taken that over can put links there, at any
moment: nothing is written or removed through one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

from hopthu.remote.host.files import opened

_CHUNK = 1 << 20


class Owner(NamedTuple):
    """Mode, owner and group of a file, and when it was changed, in seconds since 1970."""

    mode: int
    user: int
    group: int
    changed: float


def write(path: str, content: IO[bytes], owner: Owner) -> None:
    """Write a file beside a live one, and have it on disk; folders that are not there are made."""
    with _beside(path) as (folder, new):
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder)
        with os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(content, file, _CHUNK)
            file.flush()
            os.fchown(descriptor, owner.user, owner.group)
            os.fchmod(descriptor, owner.mode)
            os.utime(descriptor, (owner.changed, owner.changed))
            os.fsync(descriptor)


def link(path: str, target: str) -> None:
    """Make a link beside a live one."""
    with _beside(path) as (folder, new):
        os.symlink(target, new, dir_fd=folder)


def take(path: str) -> None:
    """Rename what was written beside a live file over it."""
    with _folder(path) as folder:
        os.replace(_new(path), Path(path).name, src_dir_fd=folder, dst_dir_fd=folder)


def drop(path: str) -> None:
    """Remove what was written beside a live file and not taken."""
    _remove(path, _new(path))


def remove(path: str) -> None:
    """Remove a live file, if it is there."""
    _remove(path, Path(path).name)


def _remove(path: str, name: str) -> None:
    with suppress(FileNotFoundError), _folder(path) as folder:
        os.unlink(name, dir_fd=folder)


@contextmanager
def _beside(path: str) -> Iterator[tuple[int, str]]:
    with _folder(path, make=True) as folder:
        with suppress(FileNotFoundError):
            os.unlink(_new(path), dir_fd=folder)
        yield folder, _new(path)


@contextmanager
def _folder(path: str, *, make: bool = False) -> Iterator[int]:
    with opened(Path("/"), Path(path).parent, make=make) as folder:
        yield folder


def _new(path: str) -> str:
    return f"{Path(path).name}.hopthu-new"
