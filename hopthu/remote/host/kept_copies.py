"""What the backup host keeps, seen from its own disk: no repository has to be opened for it.

A host dates its snapshots as it likes. What counts is when one arrived here.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import TypedDict

from hopthu.remote.host.backup import last
from hopthu.remote.host.state import output

Arrival = tuple[str, float, str]
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
    size: int
    free: int
    now: float
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
        (each.name, each.stat().st_mtime, str(repository.relative_to(top)))
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
    so that the server can read them and add nothing.
    """
    live = Path(top, repository)
    until = (live / "snapshots" / snapshot).stat().st_mtime_ns
    for left in live.parent.glob(f"{_VIEW}*"):
        if time.time() - left.stat().st_mtime > LONGEST:
            shutil.rmtree(left)
    made = Path(tempfile.mkdtemp(prefix=_VIEW, dir=live.parent))
    made.chmod(0o755)
    (made / "config").hardlink_to(live / "config")
    for path, _, names in (each for part in _PARTS for each in os.walk(live / part)):
        folder = made / Path(path).relative_to(live)
        folder.mkdir()
        folder.chmod(0o755)
        for file in (Path(path, name) for name in names if _NAME.fullmatch(name)):
            if file.stat().st_mtime_ns <= until:
                (folder / file.name).hardlink_to(file)
    return f"{live.parent.name}/{made.name}"


def remove_view(top: str, name: str) -> None:
    """Remove a view; what it showed stays."""
    shutil.rmtree(Path(top, name))


def _kept(top: str, kind: str) -> Kept:
    found = repositories(top, kind)
    # As many as whoever took a host over likes: more than a command line has room for.
    size = output(
        "du", "--block-size=1", "--summarize", "--total", "--files0-from=-",
        stdin="\0".join(map(str, found)),
    )  # fmt: skip
    return {
        "arrivals": arrivals(top, kind),
        "size": int(size.splitlines()[-1].split()[0]),
        "free": shutil.disk_usage(found[0]).free,
        "now": time.time(),
        "wrong": "; ".join(last("prune")["failed"]),
    }
