"""YAML files → records whose values know their file, line and column.

Reading never raises on bad data: every error becomes a problem of the source.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import yaml

from hopthu.diagnostics.file_rules import FILE
from hopthu.diagnostics.problem import Mark, Problem
from hopthu.i18n.message import Message
from hopthu.model.record_local import is_clean
from hopthu.schema.fast_path import matches_schema
from hopthu.schema.registry import bounded
from hopthu.source import cache, chunks, document, files, parallel, shapes
from hopthu.source.cache import Cache
from hopthu.source.chunks import Chunk
from hopthu.source.positions import Positions, compose, no_garbage_collection
from hopthu.source.records import Places, Record, Source
from hopthu.source.values import HIDDEN, Value, Values

# Less data than this is read faster than it is looked up in the cache or than a process is forked.
_WORTH_CACHING = 2**18
_SIGNS = re.compile("[&*!%]")
_BATCH = 32
"""So many chunks are read at first, and twice as many each time while hardly any is wrong."""
MOST_WRONG = 20_000
"""With more records of the wrong shape, nothing else is read: they have one cause."""
_SHAPES = Message("more than {number} records have the wrong shape", number=MOST_WRONG)
_VALUES = Message("the records before it have too many errors to list")
_WORTH_JUDGING = 2**25
"""While more bytes are to be read, which takes longer than to check what has been."""
_ORDER = ("policy", "units", "documents", "people", "expectations")
"""The kinds as they are read: each after those it refers to."""
Judge: TypeAlias = Callable[[Source], bool]


@dataclass(frozen=True, slots=True)
class _File:
    """A file to be read: its text, and the chunks it is split into."""

    kind: str
    name: str
    text: bytes
    chunks: Sequence[Chunk]


def load(
    root: Path,
    *,
    every: bool = False,
    hopeless: Judge = lambda _source: False,
    kinds: Collection[str] = files.KINDS,
) -> Source:
    """Read every kind of record, or only some `kinds`, from the files below `root/data`.

    With very many records of the wrong shape the rest is not read, which is a problem, unless
    `every` record is asked for, as of an earlier revision, which had other schemas. Of very much
    data `hopeless` is asked now and then whether what has been read makes the rest needless.
    """
    found, problems = files.listing(root)
    raw: dict[str, bytes] = {}
    opened: list[_File] = []
    with no_garbage_collection():
        for kind in kinds:
            for path in found[kind]:
                name = files.name_of(root, path)
                try:
                    raw[name] = files.read_bytes(path, name)
                except files.FileProblem as unusable:
                    problems.append(unusable.problem)
                    continue
                text = files.normal(raw[name])
                opened.append(_File(kind, name, text, chunks.split(kind, name, text)))
        opened.sort(key=lambda file: _ORDER.index(file.kind))

        def source(contents: Sequence[bytes], why: Message) -> Source:
            records, others = _records_of(opened, contents, why)
            if not every:
                records = {kind: tuple(map(_bounded, listed)) for kind, listed in records.items()}
            return Source(root, records, tuple(sorted([*problems, *others])), raw)

        contents, why = _contents(
            [chunk for file in opened for chunk in file.chunks],
            sys.maxsize if every else MOST_WRONG,
            lambda contents: hopeless(source(contents, _VALUES)),
        )
        return source(contents, why)


def _records_of(
    opened: Sequence[_File], contents: Iterable[bytes], why: Message
) -> tuple[dict[str, tuple[Record, ...]], list[Problem]]:
    """Return the records of files, and problems; `why` is said of chunks without contents."""
    records: dict[str, list[Record]] = {kind: [] for kind in files.KINDS}
    problems: list[Problem] = []
    unread: dict[str, Problem] = {}
    contents = iter(contents)
    for file in opened:
        read = list(zip(file.chunks, contents, strict=False))
        if len(read) < len(file.chunks):
            unread.setdefault(file.kind, _unread(file, file.chunks[len(read)], why))
        if read or not file.chunks:
            records[file.kind] += _file(file, read, problems)
    return {kind: tuple(each) for kind, each in records.items()}, [*problems, *unread.values()]


def replaced(source: Source, changed: Mapping[str, bytes]) -> Source:
    """Return `source` with these files in place of what it has, or beside it, by their names.

    Nothing is read from disk: it is how an edit is judged before it is written.
    """
    problems = [problem for problem in source.problems if problem.file not in changed]
    records: dict[str, tuple[Record, ...]] = dict(source.records)
    with no_garbage_collection():
        for name, raw in changed.items():
            kind, text = files.kind_of(name), files.normal(raw)
            file = _File(kind, name, text, chunks.split(kind, name, text))
            contents, _ = _contents(file.chunks, sys.maxsize, lambda _contents: False)
            read = list(zip(file.chunks, contents, strict=True))
            by_file: dict[str, list[Record]] = {}
            for record in records[kind]:
                by_file.setdefault(record.file, []).append(record)
            by_file[name] = [*map(_bounded, _file(file, read, problems))]
            records[kind] = tuple(record for each in by_file.values() for record in each)
    found = {**source.files, **changed}
    return Source(source.root, records, tuple(sorted(problems)), found)


def _bounded(record: Record) -> Record:
    """Return a record with lists and texts as long as its schema allows, or just too long."""
    if record.fits:
        return record
    data = bounded(record.kind, record.data)
    return record._replace(data=data) if isinstance(data, dict) else record


def _contents(
    todo: Sequence[Chunk], most: int, hopeless: Callable[[Sequence[bytes]], bool]
) -> tuple[list[bytes], Message]:
    """Read chunks from the cache, and those it lacks on all cores.

    The last ones are missing, for the reason that is returned too, if `most` records of the wrong
    shape are exceeded before them, or what comes before them is `hopeless`.
    """
    left = sum(len(chunk.text) for chunk in todo)
    if left < _WORTH_CACHING:
        return [_kept(chunk.kind, chunk.text, len(chunk.starts)) for chunk in todo], _SHAPES
    stored = Cache(cache.folder())
    done: list[bytes] = []
    size, wrong, why = _BATCH, 0, _SHAPES
    while len(done) < len(todo) and wrong <= most:
        batch = todo[len(done) : len(done) + size]
        contents, parsed = _batch(stored, batch)
        found = sum(map(_unfit, batch, contents))
        size = _BATCH if found > len(batch) else 2 * size
        wrong += found
        done += contents
        left -= sum(len(chunk.text) for chunk in batch)
        if parsed and left > _WORTH_JUDGING and hopeless(done):
            why = _VALUES
            break
    stored.prune()
    return done, why


def _batch(stored: Cache, batch: Sequence[Chunk]) -> tuple[list[bytes], int]:
    """Return what is read of chunks, and how many of them the cache lacked."""
    keys = [cache.key(chunk.kind, chunk.text) for chunk in batch]
    found = [stored.get(key) for key in keys]
    missing = [n for n, content in enumerate(found) if content is None]
    new = parallel.fork_map([batch[n] for n in missing], read_chunk)
    for n, content in zip(missing, new, strict=True):
        stored.put(keys[n], content)
    made = iter(new)
    return [next(made) if content is None else content for content in found], len(missing)


def _unfit(chunk: Chunk, content: bytes) -> int:
    """Return how many records of a chunk may be of the wrong shape; all, if it cannot be read."""
    if not content:
        return len(chunk.starts)
    listed = content[2 : content.index(b"]")]
    return listed.count(b",") + 1 if listed else 0


def _unread(file: _File, first: Chunk, why: Message) -> Problem:
    """Report that a file was not read from this chunk on."""
    return FILE.violation(
        Mark(file.name),
        Message("nothing is read from line {line} on: {why}", line=first.line, why=why),
        fix=Message("correct what the first ones have in common, then check again"),
    )


def read_chunk(chunk: Chunk) -> bytes:
    """Return the records of a chunk as JSON.

    Before the records stand the numbers of those that may not match their schema, and of those that
    may break a record-local rule. The result is empty if there is any problem to report: the chunk
    is then read again for its problems.
    """
    return _content(chunk.kind, chunk.text, len(chunk.starts))


def _content(kind: str, raw: bytes, number: int) -> bytes:
    """Return what is read of a text that should have so many records."""
    try:
        text = raw.decode()
        if HIDDEN.search(text) or (_SIGNS.search(text) and not _plain(text)):
            return b""
        root = compose(text)
    except (UnicodeDecodeError, yaml.YAMLError):
        return b""
    values = Values("")
    records = values.of(root) if root else None
    if values.problems or not isinstance(records, list) or len(records) != number:
        return b""
    fit = matches_schema(kind)
    unfit, unclean = [], []
    for at, record in enumerate(records):
        if not isinstance(record, dict):
            return b""
        if not fit(record):
            unfit.append(at)
        if not is_clean(kind, record):
            unclean.append(at)
    content = [unfit, unclean, records]
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


_kept = lru_cache(maxsize=64)(_content)
"""Of little data: an earlier revision, or the data before an edit, has nearly the same text."""


def _plain(text: str) -> bool:
    """Return whether a text with `&`, `*`, `!` or `%` has no anchors, aliases and tags."""
    return not any(
        getattr(event, "anchor", None) or getattr(event, "tag", None)
        for event in yaml.parse(text, Loader=yaml.CSafeLoader)
    )


def _file(
    file: _File, read: Sequence[tuple[Chunk, bytes]], problems: list[Problem]
) -> list[Record]:
    """Return the records of a file; read it as a whole if a chunk cannot be read by itself."""
    records: list[Record] = []
    new_problems: list[Problem] = []
    for chunk, content in read:
        if content:
            *marked, values = json.loads(content)
            unfit, unclean = map(set, marked)
            records += [
                Record.of(
                    file.kind, file.name, (n,), value, chunk, n not in unfit, n not in unclean
                )
                for n, value in enumerate(values)
            ]
            continue
        value, found = document.read(chunk.text, file.name, chunk.line)
        if not isinstance(value, list) or len(value) != len(chunk.starts):
            return _whole(file, problems)
        new_problems += found
        records += _records(file.kind, file.name, value, chunk, new_problems)
    if not read:
        return _whole(file, problems)
    problems += new_problems
    return records


def _whole(file: _File, problems: list[Problem]) -> list[Record]:
    value, found = document.read(file.text, file.name)
    problems += found
    if value is None:
        return []
    marks = Positions(file.name, file.text.decode())
    return list(_records(file.kind, file.name, value, marks, problems))


def _records(
    kind: str, name: str, value: Value, marks: Places, problems: list[Problem]
) -> Iterator[Record]:
    if value is None:
        return
    if kind == "policy":
        if isinstance(value, dict):
            yield Record.of(kind, name, (), value, marks, matches_schema(kind)(value))
        else:
            problems.append(shapes.no_settings(marks.at(())))
        return
    if not isinstance(value, list):
        problems.append(shapes.no_list(kind, marks.at(())))
        return
    for index, item in enumerate(value):
        if isinstance(item, dict):
            yield Record.of(kind, name, (index,), item, marks, matches_schema(kind)(item))
        else:
            problems.append(shapes.no_record(kind, marks.at((index,))))
