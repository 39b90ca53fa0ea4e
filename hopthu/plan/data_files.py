"""Data files that differ by more than the records in them, which a plan has to name as files.

A line at the margin begins a part of a file, be it a record, a key of the policy or a comment. What
an edit writes explains a file if the parts that differ are those records and keys, as many on each
side, with nothing in them that may be a comment. Where the records of a kind are in several files,
a file that gains or loses one is named: an edit does not say in which it stands.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Set
from itertools import chain

from hopthu.plan.edits import written_in
from hopthu.source.records import Source

_MARGIN = re.compile(rb"^(?=[^ \n])", re.MULTILINE)


def explained(before: Source | None, after: Source | None) -> Iterator[str]:
    """Yield the names of the files that differ by nothing but the records that an edit writes."""
    if before is None or after is None:
        return
    gone, written = written_in(before, after)
    held, holds = _held(before), _held(after)
    for name in before.files.keys() | after.files.keys():
        old, new = (side.files.get(name, b"") for side in (before, after))
        if old == new or held[name] != holds[name]:
            continue
        if _by_records(_parts(old), _parts(new), gone[name], written[name]):
            yield name


def _held(source: Source) -> Mapping[str, Set[str]]:
    """Return the records, or keys of the policy, in each of several files of a kind."""
    found: dict[str, set[str]] = defaultdict(set)
    for record in chain(*source.records.values()):
        if record.file.count("/") > 1:
            found[record.file] |= {*record.data} if record.kind == "policy" else {record.id}
    return found


def _by_records(was: list[bytes], now: list[bytes], gone: int, written: int) -> bool:
    """Return whether as many parts differ as records do, and nothing else does."""
    left, come = _without(was, {*now}), _without(now, {*was})
    return (
        (len(left), len(come)) == (gone, written) != (0, 0)
        and _without(was, {*left}) == _without(now, {*come})
        and not any(b"#" in part for part in (*left, *come))
    )


def _parts(text: bytes) -> list[bytes]:
    """Return the parts of a file without empty lines; an empty list has none."""
    parts = (part.rstrip() for part in _MARGIN.split(text))
    return [part for part in parts if part not in (b"", b"[]")]


def _without(parts: Collection[bytes], others: Collection[bytes]) -> list[bytes]:
    return [part for part in parts if part not in others]
