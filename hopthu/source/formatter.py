"""How a file of data is laid out: records sorted by id, no stray blanks (DESIGN §3).

A file is taken apart at its records and put together again; no text is written anew, so what its
authors wrote, comments too, stays as it is. Records off the margin are moved there first. A comment
at the margin belongs to the record below it; one in front of the first record heads the file, up to
the last empty line; one behind the last record stays at the end.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hopthu.source import document, files, reindent
from hopthu.source.chunks import Chunk
from hopthu.source.records import Record, Source

_EMPTY_LINES = re.compile(rb"\n{3,}")
_KEEPS = re.compile(rb"[|>][1-9]?\+")
# Without any of these a file has no stray blank; looked for first, for it is quick.
_STRAY = (b" \n", b"\t\n", b"\n\n\n")
_STRAY_IN_RECORD = (b"\n\n", b"\n#", b" \n", b"\t\n")


@dataclass(frozen=True, slots=True)
class Layout:
    """A file that was read without a fault, and the records that make it up, if they do.

    `text` is its text; line ends of another system, and a byte order mark, are no part of it.
    """

    name: str
    text: bytes
    records: Sequence[Record]

    @property
    def odd(self) -> bool:
        """Tell whether the records, each with an id, were not seen to begin line by line."""
        return (
            bool(self.records)
            and not isinstance(self.records[0].marks, Chunk)
            and self.records[0].kind != "policy"
            and all(record.id for record in self.records)
        )

    @property
    def sortable(self) -> bool:
        """Tell whether the file is nothing but these records, each with an id."""
        pieces = {id(r.marks): r.marks for r in self.records if isinstance(r.marks, Chunk)}
        count = sum(len(piece.starts) for piece in pieces.values())
        return 0 < count == len(self.records) and all(record.id for record in self.records)

    def misplaced(self) -> tuple[Record, Record] | None:
        """Return the first record that stands below one it should stand above, and that one."""
        pairs = itertools.pairwise(self.records)
        return next(((here, above) for above, here in pairs if here.id < above.id), None)

    def tidy(self) -> bool:
        """Tell whether the file surely is as it should be."""
        ends = not self.text or (self.text[-1:] == b"\n" and self.text[-2:] not in (b"\n", b"\n\n"))
        begins = self.text[:1] not in (b"\n", b" ", b"\t")
        return ends and begins and not any(sign in self.text for sign in _STRAY)


class _Block(NamedTuple):
    """A record: its id, the comments and the empty line above it, and its own lines."""

    id: str
    above: bytes
    body: bytes


def layouts(source: Source) -> Iterator[Layout]:
    """Yield the files of `source` in which nothing was wrong."""
    amiss = {problem.file for problem in source.problems if problem.severity == "error"}
    held: dict[str, list[Record]] = {name: [] for name in source.files}
    for kind in source.records.values():
        for record in kind:
            held[record.file].append(record)
    for name, records in held.items():
        if name not in amiss:
            yield Layout(name, files.normal(source.files[name]), records)


def tidied(layout: Layout) -> bytes:
    """Return the file as it should be; what it says stays the same."""
    if layout.odd:
        layout = at_margin(layout) or layout
    elif layout.tidy() and not (layout.sortable and layout.misplaced()):
        return layout.text
    if layout.sortable:
        return _sorted(layout)
    changed = _line(_short(_stripped(layout.text)).strip(b"\n"))
    return changed if document.alike(layout.text, changed) else layout.text


def at_margin(layout: Layout) -> Layout | None:
    """Return an odd file in the usual style, None where that is not safe."""
    text, records = reindent.restyled(layout.text, layout.records)
    return Layout(layout.name, text, records) if records else None


def first_difference(layout: Layout) -> int:
    """Return the first line that is not as it should be, from 1; 0 where all are."""
    should = tidied(layout)
    if should == layout.text:
        return 0
    lines = zip(layout.text.split(b"\n"), should.split(b"\n"), strict=False)
    return next(
        (n for n, (is_, should_be) in enumerate(lines, 1) if is_ != should_be),
        min(layout.text.count(b"\n"), should.count(b"\n")) + 1,
    )


def _sorted(layout: Layout) -> bytes:
    head, blocks, foot = _parts(layout.records)
    ordered = sorted(blocks, key=lambda block: block.id)
    if head and not head.endswith(b"\n\n") and ordered[0].above.startswith(b"#"):
        head += b"\n"  # or the comment on the record would become one on the file
    parts = [head]
    for block in ordered:
        parts += (_below(parts[-1], block.above), block.body)
    parts.append(_line(_below(parts[-1], foot).rstrip(b"\n")))
    # A value may last to the end of the file, where no line ends: it can have nothing below it.
    complete = all(block.body.endswith(b"\n") for block in blocks)
    return b"".join(parts) if complete else layout.text


def _below(part: bytes, text: bytes) -> bytes:
    """Return `text` as it may follow: one empty line is enough, and at the top none is needed.

    Below a value that keeps the empty lines at its end, none may be added to it.
    """
    if not part or part.endswith(b"\n\n") or _KEEPS.search(part):
        return text.lstrip(b"\n")
    return text


def _parts(records: Sequence[Record]) -> tuple[bytes, list[_Block], bytes]:
    """Return the head of the file, each record with what is above it, and the foot."""
    begin = records[0].marks
    above = begin.text[: begin.starts[0]] if isinstance(begin, Chunk) else b""
    head, above = _head(_short(_stripped(above)).lstrip(b"\n"))
    blocks = []
    for record in records:
        if isinstance(record.marks, Chunk):
            body, below = _body(record.marks.record(int(record.steps[0])))
            blocks.append(_Block(record.id, above, body))
            above = below
    return head, blocks, above


def _head(above: bytes) -> tuple[bytes, bytes]:
    """Part what is above the first record into the head of the file and what is the record's."""
    end = above.rfind(b"\n\n") + 2
    if end < 2 or b"---" in above[end:]:
        end = len(above)
    return above[:end], above[end:]


def _body(block: bytes) -> tuple[bytes, bytes]:
    """Part the text of a record from what is between it and the next one, and strip both."""
    block = reindent.joined(reindent.complete(block))
    body, below = block, b""
    if not block.endswith(b"\n") or any(sign in block for sign in _STRAY_IN_RECORD):
        lines = block.splitlines(keepends=True)
        end = len(lines)
        while end > 1 and (lines[end - 1].startswith(b"#") or not lines[end - 1].strip()):
            end -= 1
        body, below = _line(_stripped(b"".join(lines[:end]))), b"".join(lines[end:])
        if body != block and not document.alike(body, block):
            body, below = block, b""  # it was no comment, or no stray blank: part of a value
    return body, _between(_short(_stripped(below)))


def _between(text: bytes) -> bytes:
    """Return what stands between two records with one empty line at most at its beginning."""
    return b"\n" + text.lstrip(b"\n") if text.startswith(b"\n") else text


def _stripped(text: bytes) -> bytes:
    return b"\n".join(line.rstrip(b" \t") for line in text.split(b"\n"))


def _short(text: bytes) -> bytes:
    return _EMPTY_LINES.sub(b"\n\n", text)


def _line(text: bytes) -> bytes:
    return text if not text or text.endswith(b"\n") else text + b"\n"
