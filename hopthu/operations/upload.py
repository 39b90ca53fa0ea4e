"""Upload files compressed, and only the new parts of large files.

A table of 60,000 addresses has megabytes, and a new person is one line of it. The host is asked for
the digests of the pieces of its file, and only the other pieces are sent: this works with any
content on the host (hopthu/remote/host/delta.py), so nothing has to be remembered between runs. The
host verifies the digest of the result before the file is replaced.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from hopthu.remote.host import delta
from hopthu.render.files import Files

_LARGE = 64 * 1024


def large(files: Files) -> list[str]:
    """Return the paths of files of which only new parts should be sent."""
    return sorted(path for path, file in files.items() if len(file.content) >= _LARGE)


def _recipes(files: Files, pieces: Mapping[str, Sequence[str]]) -> Files:
    """Return `files`, with recipes in place of the content of those in `pieces`."""
    made = {path: _recipe(files[path].content, tuple(known)) for path, known in pieces.items()}
    return {**files, **{path: replace(files[path], content=text) for path, text in made.items()}}


@lru_cache(maxsize=16)
def _recipe(wanted: bytes, known: tuple[str, ...]) -> bytes:
    """Return `delta.recipe`, cached because all hosts of a province have the same tables."""
    return delta.recipe(wanted, known)


def archive(files: Files, pieces: Mapping[str, Sequence[str]]) -> io.BytesIO:
    """Pack `files` with their ownership, those in `pieces` as recipes; the result is reproducible.

    The same files always give the same bytes.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, file in sorted(_recipes(files, pieces).items()):
            info = tarfile.TarInfo(path.lstrip("/"))
            info.size, info.mode = len(file.content), file.mode
            info.uname, info.gname = file.owner, file.group
            tar.addfile(info, io.BytesIO(file.content))
    return io.BytesIO(gzip.compress(buffer.getvalue(), 6, mtime=0))
