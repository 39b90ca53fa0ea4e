"""Folders, and files that are empty at first: what there is, and making them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from hopthu.remote.host.files import FOLDER, is_folder, owner

_FILE = os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK


def seen_as(user: str, group: str, mode: int, *, folder: bool) -> str:
    """Return what `found` has of a folder or file with this owner, group and mode."""
    return f"{'folder' if folder else 'file'} {mode:o} {user} {group}"


def found(paths: Sequence[str]) -> dict[str, str]:
    """Return kind, mode, owner and group of what is at some paths, empty if there is nothing."""
    return {path: _found(Path(path)) for path in paths}


def _found(path: Path) -> str:
    plain = path.is_file() and not path.is_symlink()
    try:
        kind = "folder" if is_folder(path) else "file" if plain else "other"
        return f"{kind} {owner(str(path))}"
    except (FileNotFoundError, NotADirectoryError):
        return ""


def make(path: str, user: str, group: str, mode: int, folder: bool) -> None:
    """Have a folder or file with this owner, group and mode, and whatever it has had in it.

    Raises `OSError` if there is something else, or a link that somebody may have put there.
    """
    if folder and not is_folder(Path(path)):
        Path(path).mkdir(0o700)
    descriptor = os.open(path, FOLDER if folder else _FILE, 0o600)
    try:
        shutil.chown(descriptor, user, group)
        os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)
