"""Copy mailboxes of this host as they are at one moment; run by the owner of all mail.

Messages are linked: Dovecot never changes a file once it is there, and a link takes no space. It
renames one when a flag changes, and a folder may be read just then without it. Therefore a mailbox
is read until three readings in a row are the same. Had anything changed while the second was made,
the third would have other times: it is far enough from a change that the first may have met. So the
second is all of it, messages that were moved from folder to folder included. No time is compared
with the clock: whoever owns a mailbox can give folders any.
"""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from hopthu.remote.host.files import unless_gone
from hopthu.remote.host.state import Failed

LEFT_OUT = ("index", "readers")
"""The folders of a mailbox that Dovecot makes anew from the rest; no \\Seen is in them alone."""

_MESSAGES = ("cur", "new")
_PATIENCE = 5.0
"""Seconds after the first reading within which a mailbox must be quiet."""
_TICK = 0.02
"""Seconds within which two changes of a folder may have the same time."""
_QUIET = 2
"""How often in a row a reading must be the same as the one before."""


class NeverQuiet(Failed):
    """A mailbox changes again and again while it is read."""


class _Folder(NamedTuple):
    """What a folder has: when its messages changed, messages by path, and other files' states."""

    changed: tuple[int, ...]
    messages: frozenset[str]
    files: Mapping[str, tuple[int, ...]]


Reading = Mapping[Path, _Folder]
"""What all folders of a mailbox have, by their paths in it."""


def copy(home: Path, target: Path) -> Reading:
    """Copy a mailbox to `target`, which does not exist; return what was read of it.

    Raises `NeverQuiet`, and `OSError` if a folder cannot be read.
    """
    before, quiet = read(home), 0
    until = time.monotonic() + _PATIENCE
    _follow(home, target, {}, before)
    while quiet < _QUIET:
        time.sleep(_TICK)
        now = read(home)
        quiet = quiet + 1 if now == before else 0
        if not quiet and time.monotonic() > until:
            raise NeverQuiet(f"{home} is never quiet for as long as it takes to read it")
        _follow(home, target, before, now)
        before = now
    return before


def read(home: Path) -> Reading:
    """Return what every folder has. The times come first, and tell whether the rest is complete."""
    found = {}
    for path in _folders(home):
        parts = [path / part for part in _MESSAGES if (path / part).is_dir()]
        with suppress(FileNotFoundError):  # the folder was just removed, or renamed
            changed = tuple(part.stat().st_mtime_ns for part in parts)
            messages = (f"{part.name}/{name}" for part in parts for name in os.listdir(part))  # noqa: PTH208
            files = dict(_files(path))
            found[path.relative_to(home)] = _Folder(changed, frozenset(messages), files)
    return found


def _folders(home: Path) -> Iterator[Path]:
    """Yield the home and all folders below it, but for those of messages."""
    for path, names, _ in os.walk(home, onerror=unless_gone):
        top = Path(path) == home
        names[:] = [
            name for name in names
            if name not in (*_MESSAGES, "tmp") and not (top and name in LEFT_OUT)
        ]  # fmt: skip
        yield Path(path)


def _files(folder: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    for entry in os.scandir(folder):
        with suppress(FileNotFoundError):
            found = entry.stat(follow_symlinks=False)
            kind = stat.S_IFMT(found.st_mode)
            # A lock in the copy would keep others waiting, and nobody would ever open it.
            if kind in (stat.S_IFREG, stat.S_IFLNK) and not entry.name.endswith(".lock"):
                yield entry.name, (found.st_ino, found.st_size, found.st_mtime_ns)


def _follow(home: Path, target: Path, before: Reading, now: Reading) -> None:
    """Give the copy what was read now, after what was read before."""
    for gone in sorted(before.keys() - now.keys(), reverse=True):
        shutil.rmtree(target / gone)
    for path, folder in now.items():
        old = before.get(path, _Folder((), frozenset(), {}))
        for part in ("", *((*_MESSAGES, "tmp") if folder.changed else ())):
            (target / path / part).mkdir(parents=True, exist_ok=True)
        for name in (*(old.messages - folder.messages), *(old.files.keys() - folder.files)):
            (target / path / name).unlink(missing_ok=True)
        for name in folder.messages - old.messages:
            with suppress(FileNotFoundError):  # the next reading has its new name
                _link(home / path / name, target / path / name)
        for name, state in folder.files.items():
            if old.files.get(name) != state:
                _copy_file(home / path / name, target / path / name)


def _link(source: Path, target: Path) -> None:
    """Link a message; what is no file is none, and who opened it might wait for ever."""
    target.hardlink_to(source)
    if not stat.S_ISREG(target.lstat().st_mode):
        target.unlink()


def _copy_file(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        shutil.copy2(source, target, follow_symlinks=False)
