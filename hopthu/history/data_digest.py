"""A digest of the data that servers follow: all records and the policy.

It is independent of date and formatting. Expectations are left out: they change no server.
"""

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
"""Computing the digest of fewer records is faster than looking it up in the cache."""


@memoize_by_identity(4)
def digest(source: Source) -> str:
    """Return the SHA-256 of the sorted digests of all records and keys of the policy.

    Comments, the order of records and keys, and the file they are in do not matter. Digests of
    chunks are cached with the chunks: 61,000 people take 0.1 s instead of 0.6.
    """
    many = sum(map(len, source.records.values())) >= _WORTH_KEEPING
    kept = Cache(cache.folder() if many else None)
    found: list[bytes] = []
    for kind, records in source.records.items():
        if kind == "expectations":
            continue
        for marks, same in groupby(records, key=_marks):
            found += _cut(_of_chunk(kind, marks, same, kept))
    return hashlib.sha256(b"".join(sorted(found))).hexdigest()


def _marks(record: Record) -> Places:
    return record.marks


def _of_chunk(kind: str, marks: Places, records: Iterable[Record], kept: Cache) -> bytes:
    """Return the digests of records that were read from one chunk, or from one file."""
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
        # A policy file is one record; without this, moving keys between files would matter.
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
