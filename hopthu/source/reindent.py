"""Rewrite lists of records in other YAML styles so that `hopthu.source.chunks` can split them.

Only spaces, dashes and document ends are moved, line by line: comments stay, and values never
change.
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
    """Return `text` with each record at the margin, and the records with their new positions.

    Both are empty if a record would change, or if its start would not be recognised.
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
    """Return the text of a record with a final line end, which the last of a file may lack.

    It is omitted only if it would change the value of the record.
    """
    if record.endswith(b"\n"):
        return record
    unended = _unended_value(record.decode()).encode()
    for ending in (record.rstrip(b" \t"), record + b"\n", unended):
        if ending.endswith(b"\n") and document.alike(ending, record):
            return ending
    return record


def _unended_value(record: str) -> str:
    """Return a record with strip chomping (`-`) for its last value, if that is in block style."""
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
    """Return an indented list without its indentation."""
    first = _FIRST_DASH.search(text)
    if first is None or not first[1]:
        return text
    return re.sub(rb"^ {1,%d}" % len(first[1]), b"", text, flags=re.MULTILINE)
