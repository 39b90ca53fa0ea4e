"""A file of records, taken apart at the lines on which records begin.

A line that begins with a dash and a blank begins a record, wherever the file is a plain list: in a
value that spans lines, YAML allows such a line only inside quotes or brackets, and those end in the
piece they began in or that piece is no YAML by itself, whereupon the file is read as a whole.

So records can be read on all cores, kept in a cache piece by piece, and found again for their place
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
# What may begin or end a document, or a record on a line of its own.
_NOT_PLAIN = (b"\r", b"\n...", b"\n%", b"\n-\n", b"\n-\t")
# Where a piece ends is decided by the record there, not by counting: a record more or less changes
# one piece, not all that follow.
_ONE_IN, _MOST = 256, 1024


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Some records of a file, one after another, with the comments above and between them.

    `line` is the line of the file it begins on, from 1; `starts` is where in `text` each record
    begins.
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
        """Return the place of the value (or `key`) at the end of `steps`; the first is a record."""
        number = int(steps[0])
        return _tree(self, number).at((0, *steps[1:]), key=key)


# A record with many problems is asked about many times in a row, now and then with another.
@lru_cache(maxsize=4)
def _tree(piece: Chunk, number: int) -> Tree:
    return Tree(piece.file, piece.record(number).decode(), piece.line_of(number))


def split(kind: str, file: str, raw: bytes) -> list[Chunk]:
    """Take a file apart; return no piece where it is not plainly a list of records."""
    if kind == "policy" or any(sign in raw for sign in _NOT_PLAIN):
        return []
    starts = list(_starts(raw))
    if not starts or not _HEAD.fullmatch(raw, 0, starts[0]) or b"\n---" in raw[starts[0] :]:
        return []
    return list(_pieces(Chunk(kind, file, raw, 1, ()), starts))


def _starts(raw: bytes) -> Iterator[int]:
    """Yield where lines begin that begin with a dash and a blank."""
    if raw.startswith(b"- "):
        yield 0
    # Three times as fast as a regular expression.
    at = raw.find(b"\n- ")
    while at >= 0:
        yield at + 1
        at = raw.find(b"\n- ", at + 3)


def _pieces(whole: Chunk, starts: list[int]) -> Iterator[Chunk]:
    raw, line, begin, held = whole.text, 1, 0, 0
    for number, start in enumerate(starts):
        here = number - held
        # Cheap and well spread; what it says of the content does not matter.
        if here and (here == _MOST or crc32(raw[start : start + 80]) % _ONE_IN == 0):
            yield _piece(whole, begin, start, line, starts[held:number])
            line += raw.count(b"\n", begin, start)
            begin, held = start, number
    yield _piece(whole, begin, len(raw), line, starts[held:])


def _piece(whole: Chunk, begin: int, end: int, line: int, starts: list[int]) -> Chunk:
    inside = tuple(start - begin for start in starts)
    return replace(whole, text=whole.text[begin:end], line=line, starts=inside)
