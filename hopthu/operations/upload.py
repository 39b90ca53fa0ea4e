"""Upload files compressed, and only the new parts of large files.

A table of 60,000 addresses has megabytes, and a new person is one line of it. The host is asked for
the digests of the pieces of its file, and only the other pieces are sent (hopthu/remote/delta.py).
This works with any content on the host, so nothing has to be remembered between runs. The host
verifies the digest of the result before the file is replaced.
"""

from __future__ import annotations

import gzip
import io
import shlex
import tarfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from pyinfra.api import FactBase

from hopthu.remote import delta, script
from hopthu.render.files import Files

_LARGE = 64 * 1024


def large(files: Files) -> list[str]:
    """Return the paths of files of which only new parts should be sent."""
    return sorted(path for path, file in files.items() if len(file.content) >= _LARGE)


class Pieces(FactBase[dict[str, list[str]]]):
    """The digests of the pieces of files, by path."""

    def command(self, paths: list[str]) -> str:
        """Compute the digests on the host."""
        argv = ["python3", "-IS", "-c", script("delta.py"), "cut", *paths]
        return f"printf '%s\\n' {shlex.join(paths)}; {shlex.join(argv)}"

    def process(self, output: list[str]) -> dict[str, list[str]]:
        """Parse the paths, then a line for each."""
        paths = output[: len(output) // 2]
        return {path: line.split() for path, line in zip(paths, output[len(paths) :], strict=True)}

    @staticmethod
    def default() -> dict[str, list[str]]:
        """Return the result for a host without Python."""
        return {}


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


def joined(stage: str, files: Files, paths: Collection[str]) -> str:
    """Return the command that builds the files at `paths` from their recipes."""
    if not paths:
        return ""
    known = [word for path in sorted(paths) for word in (path, files[path].digest)]
    return shlex.join(["python3", "-IS", "-c", script("delta.py"), "join", stage, *known])
