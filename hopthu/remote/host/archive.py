"""The managed files in a record: an archive of tar(1), compressed if the host has zstd(1)."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from hopthu.remote.host.state import Failed

_PLAIN, _PACKED = "files.tar", "files.tar.zst"


def pack(record: Path, paths: Collection[str]) -> None:
    """Add the files with these paths to a record."""
    with _packing(record) as stream, tarfile.open(fileobj=stream, mode="w|") as packed:
        for path in paths:
            packed.add(path, path.lstrip("/"), recursive=False)


def unpacked(
    record: Path, paths: Collection[str]
) -> Iterator[tuple[str, tarfile.TarInfo, IO[bytes] | None]]:
    """Yield path, facts and content of files of a record; raise `Failed` if it lacks one.

    The content must be read before the next file; a symbolic link has none.
    """
    missing = set(paths)
    with _unpacking(record) as stream, tarfile.open(fileobj=stream, mode="r|") as packed:
        for member in packed:
            path = f"/{member.name}"
            if path in missing:
                missing.remove(path)
                yield path, member, packed.extractfile(member) if member.isreg() else None
    if missing:
        raise Failed(f"the record lacks {min(missing)}")


@contextmanager
def _packing(record: Path) -> Iterator[IO[bytes]]:
    if not shutil.which("zstd"):
        with (record / _PLAIN).open("wb") as file:
            yield file
        return
    argv = ["zstd", "-q", "-o", str(record / _PACKED)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as zstd:
        yield _pipe(zstd.stdin)
    if zstd.returncode:
        raise Failed("zstd could not compress the files")


@contextmanager
def _unpacking(record: Path) -> Iterator[IO[bytes]]:
    if not (record / _PACKED).exists():
        with (record / _PLAIN).open("rb") as file:
            yield file
        return
    argv = ["zstd", "-qdc", str(record / _PACKED)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as zstd:
        stream = _pipe(zstd.stdout)
        yield stream
        while stream.read(65536):  # tar ends before what fills its last block
            pass
    if zstd.returncode:
        raise Failed("zstd could not read the files of the record")


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise TypeError("a program without a pipe")
    return pipe
