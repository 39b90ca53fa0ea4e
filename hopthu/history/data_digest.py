"""A digest of the data: of every record and of the policy, whatever the day and the layout."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from itertools import groupby

from hopthu.memoize import memoize_by_identity
from hopthu.source import cache
from hopthu.source.cache import Cache
from hopthu.source.chunks import Chunk
from hopthu.source.records import Places, Record, Source
from hopthu.source.values import Map

_SIZE = 32
_WORTH_KEEPING = 1_000
"""Fewer records are digested faster than looked up."""


@memoize_by_identity(4)
def digest(source: Source) -> str:
    """Return SHA-256 over the digests of all records and keys of the policy, sorted.

    Comments, the order of records and keys, and which file they are in do not matter. Digests of
    pieces are kept in the cache beside the pieces: 61,000 people take 0.1 s instead of 0.6.
    """
    many = sum(map(len, source.records.values())) >= _WORTH_KEEPING
    kept = Cache(cache.folder() if many else None)
    found: list[bytes] = []
    for kind, records in source.records.items():
        for marks, same in groupby(records, key=_marks):
            found += _cut(_of_piece(kind, marks, same, kept))
    return hashlib.sha256(b"".join(sorted(found))).hexdigest()


def _marks(record: Record) -> Places:
    return record.marks


def _of_piece(kind: str, marks: Places, records: Iterable[Record], kept: Cache) -> bytes:
    """Return the digests of records that were read from one piece, or from one file."""
    if not isinstance(marks, Chunk):
        return b"".join(_each(kind, records))
    key = cache.key(f"sum {kind}", marks.text)
    content = kept.get(key)
    if content is None:
        content = b"".join(_each(kind, records))
        kept.put(key, content)
    return content


def _each(kind: str, records: Iterable[Record]) -> Iterator[bytes]:
    for record in records:
        # Policy is one record a file, so which keys stand in which file would matter.
        parts: list[Map] = (
            [{key: value} for key, value in record.data.items()]
            if kind == "policy"
            else [record.data]
        )
        for part in parts:
            text = json.dumps([kind, part], sort_keys=True, separators=(",", ":"))
            yield hashlib.sha256(text.encode()).digest()


def _cut(content: bytes) -> Iterator[bytes]:
    return (content[at : at + _SIZE] for at in range(0, len(content), _SIZE))
