"""Lists of records in other styles of YAML, written as `hopthu.source.chunks` can take them apart.

Only blanks, dashes and ends of documents are moved, line by line: comments stay, and what would
change a value is not done.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml

from hopthu.source import chunks, document
from hopthu.source.positions import compose
from hopthu.source.records import Record

_FIRST_DASH = re.compile(rb"^( *)-(?=[ \t\n])", re.MULTILINE)
_DASH_ALONE = re.compile(rb"-[ \t]*\n(?:[ \t]*\n)* (?= )")
_DASHES_ALONE = re.compile(rb"^" + _DASH_ALONE.pattern, re.MULTILINE)
_END_OF_DOCUMENT = re.compile(rb"^\.\.\.[ \t]*(?:\n|(?=#)|\Z)", re.MULTILINE)
_BLOCK_HEADER = re.compile(r"([|>][1-9]?)[+-]?([1-9]?)")


def restyled(text: bytes, records: Sequence[Record]) -> tuple[bytes, Sequence[Record]]:
    """Return `text` with each record at the margin, and where they stand then; nothing if unsafe.

    It is unsafe where a record would not be the same, or not be seen to begin.
    """
    changed = _DASHES_ALONE.sub(b"-", _END_OF_DOCUMENT.sub(b"", _at_margin(text)))
    todo, found = list(records), []
    for piece in chunks.split(records[0].kind, records[0].file, changed):
        here, todo = todo[: len(piece.starts)], todo[len(piece.starts) :]
        if document.read(piece.text, "") != ([record.data for record in here], []):
            return b"", ()
        found += [Record.of(r.kind, r.file, (n,), r.data, piece) for n, r in enumerate(here)]
    return (b"", ()) if todo else (changed, found)


def joined(record: bytes) -> bytes:
    """Return the text of a record with its first field, or a comment, on the line of its dash."""
    found = _DASH_ALONE.match(record)
    return b"-" + record[found.end() :] if found else record


def complete(record: bytes) -> bytes:
    """Return the text of a record with the end of its last line, which the last of a file may lack.

    Without it only where no end can be put without a change of what the record says.
    """
    if record.endswith(b"\n"):
        return record
    unended = _unended_value(record.decode()).encode()
    for ending in (record.rstrip(b" \t"), record + b"\n", unended):
        if ending.endswith(b"\n") and document.alike(ending, record):
            return ending
    return record


def _unended_value(record: str) -> str:
    """Return a record whose last value, in block style, ends without the line that it is on."""
    node = compose(record)
    while isinstance(node, yaml.CollectionNode) and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    at = node.start_mark.index if node else 0
    header = _BLOCK_HEADER.match(record, at)
    if header is None:
        return record
    return f"{record[:at]}{header[1]}{header[2]}-{record[header.end() :]}\n"


def _at_margin(text: bytes) -> bytes:
    """Return a list that stands some blanks off the margin without these."""
    first = _FIRST_DASH.search(text)
    if first is None or not first[1]:
        return text
    return re.sub(rb"^ {1,%d}" % len(first[1]), b"", text, flags=re.MULTILINE)
