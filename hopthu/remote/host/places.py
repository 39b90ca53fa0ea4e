"""Folders, and files that are empty at first: what there is, and making them."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from hopthu.remote.host.files import FOLDER, is_folder, opened, owner
from hopthu.remote.host.state import Failed

_FILE = os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
_KINDS = {True: "folder", False: "file"}


def seen_as(user: str, group: str, mode: int, *, folder: bool) -> str:
    """Return what `found` has of a folder or file with this owner, group and mode."""
    return f"{_KINDS[folder]} {mode:o} {user} {group}"


def found(paths: Sequence[str]) -> dict[str, str]:
    """Return kind, mode, owner and group of what is at some paths, empty if there is nothing.

    What cannot be looked at is another kind of thing, which concerns those alone who need it.
    """
    return {path: _found(Path(path)) for path in paths}


def _found(path: Path) -> str:
    try:
        plain = path.is_file() and not path.is_symlink()
        kind = "folder" if is_folder(path) else "file" if plain else "other"
        return f"{kind} {owner(str(path))}"
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError:
        return "other"


def make(places: Mapping[str, str]) -> None:
    """Have folders and files as `found` would return them; what is in them is kept.

    They are made in the given order. Raises `OSError` or `Failed` if there is something else, or a
    link anywhere on the way below a folder that is not root's.
    """
    for path, wanted in places.items():
        kind, mode, user, group = wanted.split(" ")
        _make(Path(path), kind == "folder", int(mode, 8), user, group)


def _make(path: Path, folder: bool, mode: int, user: str, group: str) -> None:
    with opened(_of_root(path), path.parent) as parent:
        if folder:
            with suppress(FileExistsError):
                os.mkdir(path.name, 0o700, dir_fd=parent)
        descriptor = os.open(path.name, FOLDER if folder else _FILE, 0o600, dir_fd=parent)
    try:
        if not folder and not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Failed(f"{path} is no file")
        shutil.chown(descriptor, user, group)
        os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)


def _of_root(path: Path) -> Path:
    """Return the last folder on the way to a path before those in which others may put links."""
    top = Path("/")
    for name in path.parent.parts[1:]:
        if (top / name).lstat().st_uid != 0:
            break
        top /= name
    return top
