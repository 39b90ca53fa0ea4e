"""A cache of parsed data, keyed by the content it was parsed from.

It is in `$XDG_CACHE_HOME/hopthu` (`~/.cache/hopthu`) and may be deleted at any time. The key is
made of the content and the code, so no entry can be out of date; damaged entries are ignored.
Entries are JSON, never pickles: reading one cannot run code.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from functools import cache
from hashlib import blake2b
from pathlib import Path

import yaml

from hopthu.tool.resources import PACKAGE, resource

_SIZE = 20
_DAY = 86_400
_KEPT = 7 * _DAY
"""Seconds for which an entry is kept after its last use."""
_LARGEST = 2**29
"""The largest size of the cache in bytes: twice the need of a province of 600,000 people."""


class Cache:
    """A folder of entries; it acts as empty if it cannot be created or written."""

    def __init__(self, folder: Path | None) -> None:
        """Store entries in `folder`; with None nothing is stored."""
        self._folder = folder
        if folder:
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError:
                self._folder = None

    def get(self, key: str) -> bytes | None:
        """Return the entry of `key`, or None if it is missing or damaged."""
        if self._folder is None:
            return None
        path = self._folder / key
        try:
            entry = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        content = entry[_SIZE:]
        return content if entry[:_SIZE] == _digest(content) else None

    def put(self, key: str, content: bytes) -> None:
        """Store `content` under `key`, atomically."""
        if self._folder is None:
            return
        with contextlib.suppress(OSError):
            handle, name = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(handle, "wb") as file:
                file.write(_digest(content) + content)
            Path(name).replace(self._folder / key)

    def prune(self) -> None:
        """Remove entries that have not been used for a while; runs once a day at most."""
        if self._folder is None:
            return
        now, stamp = time.time(), self._folder / "pruned"
        with contextlib.suppress(OSError):
            if stamp.exists() and now - stamp.stat().st_mtime < _DAY:
                return
            stamp.touch()
            entries = ((path.stat(), path) for path in self._folder.iterdir() if path != stamp)
            total = 0
            for status, path in sorted(entries, key=lambda each: each[0].st_mtime, reverse=True):
                total += status.st_size
                if now - status.st_mtime > _KEPT or total > _LARGEST:
                    path.unlink(missing_ok=True)


def folder() -> Path | None:
    """Return the folder of the cache (XDG Base Directory Specification), None without a home."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    if Path(named).is_absolute():
        return Path(named) / "hopthu" / "records"
    try:
        return Path.home() / ".cache" / "hopthu" / "records"
    except RuntimeError:
        return None


def key(kind: str, text: bytes) -> str:
    """Return the key of the result of parsing `text` with this version of the code."""
    return blake2b(text, digest_size=_SIZE, key=_version(), person=kind.encode()).hexdigest()


@cache
def _version() -> bytes:
    """Return a digest of the code and the schemas: any change of either empties the cache."""
    digest = blake2b(yaml.__version__.encode(), digest_size=_SIZE)
    for path in sorted((*PACKAGE.rglob("*.py"), *resource("schemas").glob("*.yaml"))):
        digest.update(path.read_bytes())
    return digest.digest()


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=_SIZE).digest()
