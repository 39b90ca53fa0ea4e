"""Large files travel as what is new in them: both ends cut a file into the same pieces, by lines.

The operator imports this; a host runs the very same text, `python3 -IS -c TEXT`:

    cut PATH…                    write a line for each PATH: the digests of its pieces
    join STAGE PATH DIGEST …     make STAGE/PATH, which holds a recipe, what the recipe says of PATH

A piece ends with any line whose check sum says so. A new line changes the piece it is in and no
other, wherever it stands: the idea of rsync with cuts by content (Tridgell's thesis, 1999, 3.2;
LBFS, SOSP 2001).
"""

from __future__ import annotations

import hashlib
import json
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

MEAN = 128
"""Lines of a piece, on average: digests to ask for against lines to send again."""


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
    """Return the digest of each piece; a clash would be seen when the file is joined."""
    return [_digest(piece) for piece in cut(content)]


def _digest(piece: bytes) -> str:
    return hashlib.blake2b(piece, digest_size=8).hexdigest()


def recipe(wanted: bytes, held: Sequence[str]) -> bytes:
    """Return how `wanted` is made from a file whose pieces have the digests `held`.

    A line of JSON, then all that is new. The line lists steps: the number of bytes to take from
    what is new, or two numbers: from which of the held pieces on to take how many.
    """
    places = {digest: place for place, digest in enumerate(held)}
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


def join(recipe: bytes, held: bytes) -> bytes:
    """Return what `recipe` makes of `held`."""
    line, _, new = recipe.partition(b"\n")
    pieces = cut(held)
    made: list[bytes] = []
    for step in json.loads(line):
        if isinstance(step, int):
            made.append(new[:step])
            new = new[step:]
        else:
            made += pieces[step[0] : sum(step)]
    return b"".join(made)


def _on_host(command: str, arguments: list[str]) -> None:
    if command == "cut":
        for path in arguments:
            sys.stdout.write((" ".join(digests(Path(path).read_bytes())) or "-") + "\n")
        return
    stage, *rest = arguments
    for path, digest in zip(rest[::2], rest[1::2], strict=True):
        staged = Path(stage + path)
        made = join(staged.read_bytes(), Path(path).read_bytes())
        if hashlib.sha256(made).hexdigest() != digest:
            sys.exit(f"{path} is not what it was a moment ago; apply again")
        # Written into the file that is there, which has its owner and mode.
        staged.write_bytes(made)


if __name__ == "__main__":
    _on_host(sys.argv[1], sys.argv[2:])
