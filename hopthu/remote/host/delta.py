"""Send only the new parts of large files: both ends cut a file into the same pieces, by lines.

A host says the digests of the pieces that it has, the operator's machine makes a recipe of them,
and the host makes the file of that.

A piece ends at every line whose checksum is a multiple of `MEAN`. Thus a new line, anywhere,
changes only the piece it is in: the idea of rsync, with content-defined cuts (Tridgell's thesis,
1999, 3.2; LBFS, SOSP 2001).
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Sequence
from pathlib import Path

MEAN = 128
"""Average lines of a piece: smaller pieces mean more digests but fewer lines to send again."""


def cut(content: bytes) -> list[bytes]:
    """Return the pieces of `content`."""
    pieces: list[bytes] = []
    lines: list[bytes] = []
    for line in content.splitlines(keepends=True):
        lines.append(line)
        if zlib.crc32(line) % MEAN == 0:
            pieces.append(b"".join(lines))
            lines.clear()
    return [*pieces, b"".join(lines)] if lines else pieces


def digests(content: bytes) -> list[str]:
    """Return the digest of each piece; a collision would be detected when the file is joined."""
    return [_digest(piece) for piece in cut(content)]


def pieces(paths: Sequence[str]) -> dict[str, list[str]]:
    """Return the digests of the pieces of files, by path."""
    return {path: digests(Path(path).read_bytes()) for path in paths}


def _digest(piece: bytes) -> str:
    return hashlib.blake2b(piece, digest_size=8).hexdigest()


def recipe(wanted: bytes, known: Sequence[str]) -> bytes:
    """Return a recipe that makes `wanted` from a file whose pieces have the digests `known`.

    It is a line of JSON followed by all new bytes. The line lists steps: a number of new bytes to
    copy, or a pair: the index of the first known piece and how many pieces to copy.
    """
    places = {digest: place for place, digest in enumerate(known)}
    steps: list[int | list[int]] = []
    new: list[bytes] = []
    pieces = cut(wanted)
    for piece, digest in zip(pieces, map(_digest, pieces), strict=True):
        place = places.get(digest)
        last = steps[-1] if steps else None
        if place is None:
            new.append(piece)
            steps.append(len(piece))
        elif isinstance(last, list) and sum(last) == place:
            last[1] += 1
        else:
            steps.append([place, 1])
    return json.dumps(steps).encode() + b"\n" + b"".join(new)


def join(recipe: bytes, present: bytes) -> bytes:
    """Return the file that `recipe` makes from the `present` content."""
    line, _, new = recipe.partition(b"\n")
    pieces = cut(present)
    made: list[bytes] = []
    for step in json.loads(line):
        if isinstance(step, int):
            made.append(new[:step])
            new = new[step:]
        else:
            made += pieces[step[0] : sum(step)]
    return b"".join(made)
