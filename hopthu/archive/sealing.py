"""Encrypt what goes to the archive, and decrypt what comes from it, as it passes by.

https://age-encryption.org/v1
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

import pyrage

from hopthu.errors import HostFailed
from hopthu.i18n.message import Message


class Measured:
    """What is read of a stream, with the digest and the number of bytes so far."""

    def __init__(self, stream: IO[bytes]) -> None:
        """Begin with nothing."""
        self._stream, self._digest = stream, hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, none at the end."""
        found = self._stream.read(size)
        self._digest.update(found)
        self.size += len(found)
        return found

    @property
    def sha256(self) -> str:
        """Return the digest of all that was read."""
        return self._digest.hexdigest()


def seal(plain: IO[bytes], sealed: IO[bytes], key: pyrage.x25519.Identity) -> None:
    """Encrypt a stream, so that whoever has the key can read it; raise `OSError`."""
    worker = _Worker(lambda: pyrage.encrypt_io(plain, sealed, [key.to_public()]))
    worker.join()
    if worker.failed:
        raise OSError(str(worker.failed)) from worker.failed


@contextmanager
def opened(sealed: IO[bytes] | Measured, key: pyrage.x25519.Identity) -> Iterator[IO[bytes]]:
    """Yield what was encrypted, to be read to its end; raise `HostFailed` if it is damaged.

    Whatever was read before counts for nothing then.
    """
    reads, writes = os.pipe()

    def decrypt() -> None:
        with os.fdopen(writes, "wb") as plain:
            pyrage.decrypt_io(sealed, plain, [key])

    worker = _Worker(decrypt)
    try:
        with os.fdopen(reads, "rb") as plain:
            yield plain
    except HostFailed:
        worker.join()
        if not worker.failed:
            raise
    finally:
        worker.join()
    if worker.failed:
        raise HostFailed(
            Message("the archive cannot be decrypted: {reason}", reason=str(worker.failed))
        ) from worker.failed


class _Worker(threading.Thread):
    """A thread with something of pyrage, which would take Ctrl-C for an error of the stream."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__()
        self._work = work
        self.failed: Exception | None = None
        self.start()

    def run(self) -> None:
        """Do it, and keep why it failed."""
        try:
            self._work()
        except (pyrage.EncryptError, pyrage.DecryptError, OSError, ValueError) as error:
            self.failed = error
