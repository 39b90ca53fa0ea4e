"""YAML files → plain records, each value with its file, line and column.

Reading never raises on bad data: what is wrong becomes a problem of the source.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from hopthu.diagnostics.problem import Mark, Problem
from hopthu.diagnostics.shape_rule import SHAPE
from hopthu.i18n.message import Message
from hopthu.i18n.terms import RECORDS
from hopthu.rules.record_local import is_clean
from hopthu.schema.fast_path import matches_schema
from hopthu.source import cache, chunks, document, files, parallel
from hopthu.source.cache import Cache
from hopthu.source.chunks import Chunk
from hopthu.source.positions import Positions, compose, no_garbage_collection
from hopthu.source.records import Places, Record, Source
from hopthu.source.values import HIDDEN, Value, Values

# Less than this is read faster than it is looked up, or than a process is forked.
_WORTH_KEEPING = 2**18
_SIGNS = re.compile("[&*!%]")


@dataclass(frozen=True, slots=True)
class _File:
    """A file to be read: its text, and the pieces it comes apart into."""

    kind: str
    name: str
    text: bytes
    pieces: Sequence[Chunk]


def load(root: Path) -> Source:
    """Read policy, units, people and documents from the files below `root/data`."""
    found, problems = files.listing(root)
    raw: dict[str, bytes] = {}
    opened: list[_File] = []
    records: dict[str, list[Record]] = {kind: [] for kind in found}
    with no_garbage_collection():
        for kind, paths in found.items():
            for path in paths:
                name = files.name_of(root, path)
                try:
                    raw[name] = files.read_bytes(path, name)
                except files.FileProblem as unusable:
                    problems.append(unusable.problem)
                    continue
                text = files.normal(raw[name])
                opened.append(_File(kind, name, text, chunks.split(kind, name, text)))
        contents = iter(_contents([piece for file in opened for piece in file.pieces]))
        for file in opened:
            read = [(piece, next(contents)) for piece in file.pieces]
            records[file.kind] += _file(file, read, problems)
    held = {kind: tuple(each) for kind, each in records.items()}
    return Source(root, held, tuple(sorted(problems)), raw)


def _contents(todo: Sequence[Chunk]) -> list[bytes]:
    """Read pieces: from the cache, and else on all cores."""
    if sum(len(piece.text) for piece in todo) < _WORTH_KEEPING:
        return [read_chunk(piece) for piece in todo]
    kept = Cache(cache.folder())
    keys = [cache.key(piece.kind, piece.text) for piece in todo]
    found = [kept.get(key) for key in keys]
    missing = [n for n, content in enumerate(found) if content is None]
    new = parallel.fork_map([todo[n] for n in missing], read_chunk)
    for n, content in zip(missing, new, strict=True):
        kept.put(keys[n], content)
    kept.prune()
    made = iter(new)
    return [next(made) if content is None else content for content in found]


def read_chunk(piece: Chunk) -> bytes:
    """Return the records of a piece, which may not fit their schema, and which are not plain.

    As JSON; empty where anything about the piece is to be reported: it is read for its problems
    then.
    """
    try:
        text = piece.text.decode()
        if HIDDEN.search(text) or (_SIGNS.search(text) and not _plain(text)):
            return b""
        root = compose(text)
    except (UnicodeDecodeError, yaml.YAMLError):
        return b""
    values = Values(piece.file)
    records = values.of(root) if root else None
    if values.problems or not isinstance(records, list) or len(records) != len(piece.starts):
        return b""
    fit = matches_schema(piece.kind)
    unfit, odd = [], []
    for number, record in enumerate(records):
        if not isinstance(record, dict):
            return b""
        if not fit(record):
            unfit.append(number)
        if not is_clean(piece.kind, record):
            odd.append(number)
    return json.dumps([records, unfit, odd], ensure_ascii=False, separators=(",", ":")).encode()


def _plain(text: str) -> bool:
    """Tell whether signs of anchors, aliases and tags are only part of the text."""
    return not any(
        getattr(event, "anchor", None) or getattr(event, "tag", None)
        for event in yaml.parse(text, Loader=yaml.CSafeLoader)
    )


def _file(
    file: _File, read: Sequence[tuple[Chunk, bytes]], problems: list[Problem]
) -> list[Record]:
    """Return the records of a file; where a piece cannot be read by itself, read the whole."""
    records: list[Record] = []
    amiss: list[Problem] = []
    for piece, content in read:
        if content:
            values, *marked = json.loads(content)
            unfit, odd = map(set, marked)
            records += [
                Record.of(file.kind, file.name, (n,), value, piece, n not in unfit, n not in odd)
                for n, value in enumerate(values)
            ]
            continue
        value, found = document.read(piece.text, file.name, piece.line)
        if not isinstance(value, list) or len(value) != len(piece.starts):
            return _whole(file, problems)
        amiss += found
        records += _records(file.kind, file.name, value, piece, amiss)
    if not read:
        return _whole(file, problems)
    problems += amiss
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
            problems.append(_not_a(Message("mapping of settings"), "key: value", marks.at(())))
        return
    if not isinstance(value, list):
        problems.append(
            _not_a(Message("list of {kind}", kind=RECORDS[kind]), "- id: …", marks.at(()))
        )
        return
    for index, item in enumerate(value):
        if isinstance(item, dict):
            yield Record.of(kind, name, (index,), item, marks, matches_schema(kind)(item))
        else:
            problems.append(_not_a(Message("mapping of fields"), "- id: …", marks.at((index,))))


def _not_a(what: str, example: str, at: Mark) -> Problem:
    return SHAPE.violation(
        at,
        Message("a {what} is expected here", what=what),
        fix=Message("write `{example}`", example=example),
    )
