"""Split a file of records into chunks, at lines on which records begin.

In a file that is a plain list, a line that begins with a dash and a space begins a record. In a
value of several lines YAML allows such a line only inside quotes or brackets; if these do not end
in the same chunk, the chunk is not valid YAML by itself, and the file is read as a whole.

Chunks can be read on all cores and cached one by one, and the position of a value can be found
without reading the rest of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from zlib import crc32

from hopthu.diagnostics.problem import Mark
from hopthu.source.positions import Steps, Tree

_COMMENTS = rb"(?: *(?:#[^\n]*)?\n)*"
_HEAD = re.compile(_COMMENTS + rb"(?:--- *\n" + _COMMENTS + rb")?")
# Signs of the begin or end of a document, or of a dash on a line of its own.
_NOT_PLAIN = (b"\r", b"\n...", b"\n%", b"\n-\n", b"\n-\t")
# A hash of the record decides where a chunk ends, not a count: an added or removed record changes
# one chunk, not all that follow.
_ONE_IN, _MOST = 256, 1024


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Consecutive records of a file, with the comments above and between them.

    `line` is its first line in the file, from 1; `starts` are the offsets of the records in `text`.
    """

    kind: str
    file: str
    text: bytes
    line: int
    starts: tuple[int, ...]

    def record(self, number: int) -> bytes:
        """Return the text of a record, up to the next one."""
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        return self.text[self.starts[number] : end]

    def line_of(self, number: int) -> int:
        """Return the line of the file on which a record begins."""
        return self.line + self.text.count(b"\n", 0, self.starts[number])

    def at(self, steps: Steps, *, key: bool = False) -> Mark:
        """Return the position of the value (or `key`) at `steps`; the first step is a record."""
        number = int(steps[0])
        return _tree(self, number).at((0, *steps[1:]), key=key)


# A record with many problems is looked up many times in a row, sometimes alternating with others.
@lru_cache(maxsize=4)
def _tree(piece: Chunk, number: int) -> Tree:
    return Tree(piece.file, piece.record(number).decode(), piece.line_of(number))


def split(kind: str, file: str, raw: bytes) -> list[Chunk]:
    """Split a file into chunks; return none if it is not a plain list of records."""
    if kind == "policy" or any(sign in raw for sign in _NOT_PLAIN):
        return []
    starts = list(_starts(raw))
    if not starts or not _HEAD.fullmatch(raw, 0, starts[0]) or raw.find(b"\n---", starts[0]) >= 0:
        return []
    return list(_pieces(Chunk(kind, file, raw, 1, ()), starts))


def _starts(raw: bytes) -> Iterator[int]:
    """Yield the offsets of lines that begin with a dash and a space."""
    if raw.startswith(b"- "):
        yield 0
    # Three times as fast as a regular expression.
    at = raw.find(b"\n- ")
    while at >= 0:
        yield at + 1
        at = raw.find(b"\n- ", at + 3)


def _pieces(whole: Chunk, starts: list[int]) -> Iterator[Chunk]:
    raw, line, begin, first = whole.text, 1, 0, 0
    for number, start in enumerate(starts):
        count = number - first
        # CRC-32 is fast and evenly distributed; it need not be secure.
        if count and (count == _MOST or crc32(raw[start : start + 80]) % _ONE_IN == 0):
            yield _piece(whole, begin, start, line, starts[first:number])
            line += raw.count(b"\n", begin, start)
            begin, first = start, number
    yield _piece(whole, begin, len(raw), line, starts[first:])


def _piece(whole: Chunk, begin: int, end: int, line: int, starts: list[int]) -> Chunk:
    inside = tuple(start - begin for start in starts)
    return replace(whole, text=whole.text[begin:end], line=line, starts=inside)
