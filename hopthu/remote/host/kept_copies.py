"""What the backup host keeps, seen from its own disk: no repository has to be opened for it.

A host dates its snapshots as it likes. What counts is when one arrived here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from hopthu.remote.host.state import output

Arrival = tuple[str, float]
"""The id of a snapshot, and when it arrived, in seconds since 1970."""


class Kept(TypedDict):
    """The snapshots of a repository, oldest first, and the bytes that it takes."""

    arrivals: list[Arrival]
    size: int


def kept(top: str, repositories: list[str]) -> dict[str, Kept]:
    """Return what there is of each repository `HOST/KIND` below `top`, as far as it is there."""
    return {name: _kept(Path(top, name)) for name in repositories if Path(top, name).is_dir()}


def arrivals(top: str, repository: str) -> list[Arrival]:
    """Return the snapshots of a repository, oldest first."""
    files = Path(top, repository, "snapshots").glob("*")
    return sorted(((each.name, each.stat().st_mtime) for each in files), key=lambda each: each[1])


def _kept(repository: Path) -> Kept:
    size = output("du", "--block-size=1", "--summarize", repository).split()[0]
    return {"arrivals": arrivals(str(repository.parent), repository.name), "size": int(size)}
