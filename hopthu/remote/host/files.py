"""Files that hopthu manages on this host."""

from __future__ import annotations

import grp
import hashlib
import os
import pwd
import stat
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from hopthu.remote.host.state import read, state


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


def write(path: Path, text: str) -> None:
    """Write a file of hopthu's own so that it is there completely or not at all."""
    new = path.with_name(f"{path.name}.new")
    with new.open("w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def digest(path: str, algorithm: str = "sha256") -> str:
    """Return the digest of the content of a file."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def owner(path: str) -> str:
    """Return mode, owner and group of a file, a link's its own."""
    found = Path(path).lstat()
    return f"{stat.S_IMODE(found.st_mode):o} {_user(found.st_uid)} {_group(found.st_gid)}"


def facts(path: str) -> str:
    """Return digest, mode, owner and group of a file; a link's digest is that of its target."""
    return f"{digest(path)} {owner(path)}"


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
