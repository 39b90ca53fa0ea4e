"""Files that hopthu manages on this host."""

from __future__ import annotations

import errno
import grp
import hashlib
import os
import pwd
import shutil
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from io import BufferedReader
from pathlib import Path

from hopthu.remote.host.state import Failed, read, state

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
"""How a folder is opened that may have been replaced by a link."""

_LARGEST = 256 << 20
"""Bytes of a file: ten times what the largest of ours has."""


def managed_paths(sets: Sequence[str] | None = None) -> list[str]:
    """Return the paths of some sets, sorted; of all if none are given."""
    folder = state() / "managed"
    lists = sorted(folder.glob("*")) if sets is None else [folder / name for name in sets]
    return sorted({path for each in lists for path in paths_in(each)})


def paths_in(path: Path) -> list[str]:
    """Return the lines of a list; none if there is no list."""
    return [line for line in read(path).split("\n") if line]


def lines(texts: Iterable[str]) -> str:
    """Return texts as the lines of a list."""
    return "".join(f"{each}\n" for each in texts)


def write(path: Path, text: str, group: str = "") -> None:
    """Write a file of hopthu's own so that it is there completely or not at all.

    A group may be given to read it, and nobody else then.
    """
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with new.open("x", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
        if group:
            os.fchmod(file.fileno(), 0o640)
            shutil.chown(file.fileno(), group=group)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def sync(*paths: Path) -> None:
    """Have files and folders on disk."""
    for path in paths:
        file = os.open(path, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def unless_gone(error: OSError) -> None:
    """Raise what `os.walk` would pass over, but for a folder that has just been removed.

    Without it a folder that cannot be read would be one that has nothing.
    """
    if not isinstance(error, FileNotFoundError):
        raise error


def make_in(folder: int, name: str, text: str, owner: str) -> None:
    """Make a file of an owner in a folder that is `opened`; raise `FileExistsError` if there."""
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
        shutil.chown(file.fileno(), owner, owner)


def read_plain(path: Path) -> str:
    """Return the text of a file in a folder where others write, empty if it is no plain file.

    Raises `Failed` if it is larger than any of ours: it could fill the memory of the host.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENXIO):  # none, a link, a socket
            return ""
        raise
    with os.fdopen(descriptor, errors="surrogateescape") as file:
        found = os.fstat(descriptor)
        if found.st_size > _LARGEST:
            raise Failed(f"{path} is larger than any of ours")
        return file.read(_LARGEST) if stat.S_ISREG(found.st_mode) else ""


@contextmanager
def acting_as(name: str) -> Iterator[None]:
    """Act as a user, who may put links anywhere: through them nothing else can be written to."""
    user, before = pwd.getpwnam(name), (os.geteuid(), os.getegid())
    os.setegid(user.pw_gid)
    os.seteuid(user.pw_uid)
    try:
        yield
    finally:
        os.seteuid(before[0])
        os.setegid(before[1])


@contextmanager
def opened(top: Path, folder: Path, *, make: bool = False) -> Iterator[int]:
    """Open a folder below `top`, where others may write, for calls that take `dir_fd`.

    Folders that are not there are made if asked for, and everybody can read in those. Raises
    `Failed` if there is a link, or anything else, instead of a folder on the way.
    """
    with ExitStack() as stack:
        descriptor, reached = os.open(top, os.O_RDONLY | os.O_DIRECTORY), top
        stack.callback(os.close, descriptor)
        for name in folder.relative_to(top).parts:
            reached /= name
            try:
                descriptor = _entered(descriptor, name, make)
            except NotADirectoryError as error:
                raise Failed(f"{reached} is no folder") from error
            except FileNotFoundError as error:
                error.filename = str(reached)
                raise
            stack.callback(os.close, descriptor)
        yield descriptor


def _entered(folder: int, name: str, make: bool) -> int:
    try:
        return os.open(name, FOLDER, dir_fd=folder)
    except FileNotFoundError:
        if not make:
            raise
    os.mkdir(name, 0o700, dir_fd=folder)
    made = os.open(name, FOLDER, dir_fd=folder)
    os.fchmod(made, 0o755)
    return made


def is_folder(path: Path) -> bool:
    """Return whether there is a folder, and not a link to one."""
    return path.is_dir() and not path.is_symlink()


def make_folder(path: Path, owner: str) -> None:
    """Make a folder for its owner alone, who may be able to put a link in its place at once."""
    path.mkdir(0o700)
    with opened(path.parent, path) as made:
        shutil.chown(made, owner, owner)


def digest(path: str, algorithm: str = "sha256") -> str:
    """Return the digest of the content of a file."""
    with Path(path).open("rb") as file:
        return _sum(file, algorithm)


def owner(path: str) -> str:
    """Return mode, owner and group of a file, a link's its own."""
    found = Path(path).lstat()
    return f"{stat.S_IMODE(found.st_mode):o} {_user(found.st_uid)} {_group(found.st_gid)}"


def content(path: str) -> str:
    """Return the digest of a file of ours; a link's is that of its target.

    Some are in folders of daemons: what is no plain file by now, or larger than any of ours, is not
    read, for that might not end.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return "special"
        return "large" if found.st_size > _LARGEST else _sum(file, "sha256")


def _sum(file: BufferedReader, algorithm: str) -> str:
    return hashlib.file_digest(file, algorithm).hexdigest()


def facts(path: str) -> str:
    """Return content, mode, owner and group of a file of ours."""
    return f"{content(path)} {owner(path)}"


@cache
def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


@cache
def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
