"""What was worked out before, kept by the content it was worked out from.

In `$XDG_CACHE_HOME/hopthu` (`~/.cache/hopthu`); safe to delete at any time. The key holds the
content and the code, so nothing in it can be out of date; what is damaged is not used. Entries are
JSON, never pickles: reading one cannot run anything.
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
"""How long an entry is kept after it was last of use."""
_LARGEST = 2**29
"""How much is kept at most, twice what a province of 600,000 people takes."""


class Cache:
    """A folder of entries; one that cannot be made or written is as good as empty."""

    def __init__(self, folder: Path | None) -> None:
        """Keep entries in `folder`; with None nothing is kept."""
        self._folder = folder
        if folder:
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError:
                self._folder = None

    def get(self, key: str) -> bytes | None:
        """Return the entry under `key`, None where there is none or it is damaged."""
        if self._folder is None:
            return None
        path = self._folder / key
        try:
            held = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        content = held[_SIZE:]
        return content if held[:_SIZE] == _digest(content) else None

    def put(self, key: str, content: bytes) -> None:
        """Keep `content` under `key`; a reader sees the whole entry or none."""
        if self._folder is None:
            return
        with contextlib.suppress(OSError):
            handle, name = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(handle, "wb") as file:
                file.write(_digest(content) + content)
            Path(name).replace(self._folder / key)

    def prune(self) -> None:
        """Take out what has been of no use for a while; looks once a day."""
        if self._folder is None:
            return
        now, stamp = time.time(), self._folder / "pruned"
        with contextlib.suppress(OSError):
            if stamp.exists() and now - stamp.stat().st_mtime < _DAY:
                return
            stamp.touch()
            held = ((path.stat(), path) for path in self._folder.iterdir() if path != stamp)
            total = 0
            for status, path in sorted(held, key=lambda each: each[0].st_mtime, reverse=True):
                total += status.st_size
                if now - status.st_mtime > _KEPT or total > _LARGEST:
                    path.unlink(missing_ok=True)


def folder() -> Path | None:
    """Return where the cache is (XDG Base Directory Specification), None without a home."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    if Path(named).is_absolute():
        return Path(named) / "hopthu" / "records"
    try:
        return Path.home() / ".cache" / "hopthu" / "records"
    except RuntimeError:
        return None


def key(kind: str, text: bytes) -> str:
    """Return the key of what this version of the code makes of `text`."""
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
