"""What the backup host keeps, seen from its own disk: no repository has to be opened for it.

A host dates its snapshots as it likes. What counts is when one arrived here.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

from hopthu.remote.host.backup import last
from hopthu.remote.host.files import FOLDER, opened
from hopthu.remote.host.kinds import Count, Digest, Moment
from hopthu.remote.host.state import Failed, output

Arrival = tuple[Digest, Moment, str]
"""The id of a snapshot, when it arrived, in seconds since 1970, and in which repository."""

_REPOSITORY = re.compile("([a-z]+)(-[0-9-]+)?")
"""The name of a kind's repository, with the moment at which its host began it."""
_NAME = re.compile("[0-9a-f]{64}")
"""The name of a file that has arrived; that of one which still arrives is longer."""
_PARTS = ("data", "index", "keys", "snapshots")
"""The folders of a repository that a reader needs: no locks."""
_VIEW = "past-"
"""How the names of views begin."""
LONGEST = 7 * 86_400.0
"""Seconds that a restore may take: nobody reads a view that is older."""


class Kept(TypedDict):
    """The snapshots of a kind, oldest first, and the bytes that they take, and that are free.

    `now` is by the same clock as the arrivals; `wrong` says why old ones are not removed.
    """

    arrivals: list[Arrival]
    size: Count
    free: Count
    now: Moment
    wrong: str


def kept(top: str, kinds: list[str]) -> dict[str, Kept]:
    """Return what there is of each `HOST/KIND` below `top`, as far as it is there."""
    return {kind: _kept(top, kind) for kind in kinds if repositories(top, kind)}


def kinds(host: Path) -> list[str]:
    """Return of what a folder with repositories has copies."""
    found = (_REPOSITORY.fullmatch(each.name) for each in host.iterdir())
    return sorted({each[1] for each in found if each})


def arrivals(top: str, kind: str) -> list[Arrival]:
    """Return the snapshots of `HOST/KIND`, oldest first."""
    found = [
        (Digest(each.name), Moment(each.stat().st_mtime), str(repository.relative_to(top)))
        for repository in repositories(top, kind)
        for each in (repository / "snapshots").glob("*")
        if _NAME.fullmatch(each.name)
    ]
    return sorted(found, key=lambda each: each[1])


def repositories(top: str, kind: str) -> list[Path]:
    """Return the repositories of `HOST/KIND`."""
    host, _, name = kind.partition("/")
    found = ((each, _REPOSITORY.fullmatch(each.name)) for each in Path(top, host).glob("*"))
    return [each for each, matched in found if matched and matched[1] == name]


def view(top: str, repository: str, snapshot: str) -> str:
    """Make a view of a repository as it was when a snapshot arrived; return its name.

    Nothing that came later is in it, whatever it is. The files are links; the folders are root's,
    so that the server can read them and add nothing, nor lead root elsewhere.
    """
    live = Path(top, repository)
    with opened(Path(top), live.parent) as host, opened(Path(top), live) as source:
        arrived = os.stat(f"snapshots/{snapshot}", dir_fd=source, follow_symlinks=False)
        with os.scandir(host) as entries:
            for each in entries:
                age = time.time() - each.stat(follow_symlinks=False).st_mtime
                if each.name.startswith(_VIEW) and age > LONGEST:
                    shutil.rmtree(each.name, dir_fd=host)
        name = f"{_VIEW}{secrets.token_hex(4)}"
        with _made(host, name) as target:
            os.link("config", "config", src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
            for part in _PARTS:
                _show(part, source, target, arrived.st_mtime_ns)
    return f"{live.parent.name}/{name}"


def _show(name: str, source: int, target: int, until: int) -> None:
    """Make a folder in a view, with the files that the live one had until a moment, and its own."""
    descriptor = os.open(name, FOLDER, dir_fd=source)
    try:
        with _made(target, name) as made, os.scandir(descriptor) as entries:
            for each in entries:
                if each.is_dir(follow_symlinks=False):
                    _show(each.name, descriptor, made, until)
                elif _NAME.fullmatch(each.name) and _is_of(each, until):
                    os.link(
                        each.name, each.name, src_dir_fd=descriptor, dst_dir_fd=made,
                        follow_symlinks=False,
                    )  # fmt: skip
    finally:
        os.close(descriptor)


def _is_of(entry: os.DirEntry[str], until: int) -> bool:
    found = entry.stat(follow_symlinks=False)
    return stat.S_ISREG(found.st_mode) and found.st_mtime_ns <= until


@contextmanager
def _made(folder: int, name: str) -> Iterator[int]:
    """Make a folder in one that is the server's, and yield it open; `Failed` if it is another."""
    os.mkdir(name, 0o700, dir_fd=folder)
    made = os.open(name, FOLDER, dir_fd=folder)
    try:
        if os.fstat(made).st_uid != os.geteuid():
            raise Failed(f"somebody has put a folder in place of {name}")
        os.fchmod(made, 0o755)
        yield made
    finally:
        os.close(made)


def remove_view(top: str, name: str) -> None:
    """Remove a view; what it showed stays."""
    path = Path(top, name)
    with opened(Path(top), path.parent) as host:
        shutil.rmtree(path.name, dir_fd=host)


def _kept(top: str, kind: str) -> Kept:
    found = repositories(top, kind)
    # As many as whoever took a host over likes: more than a command line has room for.
    size = output(
        "du", "--block-size=1", "--summarize", "--total", "--files0-from=-",
        stdin="\0".join(map(str, found)),
    )  # fmt: skip
    return {
        "arrivals": arrivals(top, kind),
        "size": Count(int(size.splitlines()[-1].split()[0])),
        "free": Count(shutil.disk_usage(found[0]).free),
        "now": Moment(time.time()),
        "wrong": "; ".join(last("prune")["failed"]),
    }
