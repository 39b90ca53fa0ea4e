"""Where the records of two revisions differ as written: field by field, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from hopthu.source.records import Record, Source
from hopthu.source.values import Map, Value

Kind = Literal["units", "people", "documents"]
KINDS: tuple[Kind, ...] = ("units", "people", "documents")
ROWS = ("posts", "heads", "delegates", "locked", "hold", "changes")
"""The fields with dated rows, each with its first day under `from`, or its day under `on`.

`hold` has one row at most.
"""
EVENTS = ("created", "ended", "left", "mailbox")
"""The fields with a value of several fields of its own."""
Key = tuple[str, str, int]


class Difference(NamedTuple):
    """One row of a record that differs, or its own fields if `row` is empty.

    `before` and `after` have the fields that differ; None if there is no such row, or record.
    `old` and `new` are the whole row, or the whole record, in each revision. `fresh` tells that the
    record is new: of it follow the whole record and then each of its rows and its own fields.
    """

    kind: Kind
    id: str
    row: str
    before: Map | None
    after: Map | None
    old: Map
    new: Map
    fresh: bool = False


def differences(before: Source, after: Source) -> Iterator[Difference]:
    """Yield every difference of units, people and documents; the order of fields is none."""
    for kind in KINDS:
        old = _not_in(before.records[kind], after.records[kind])
        new = _not_in(after.records[kind], before.records[kind])
        for key in new.keys() - old.keys():
            yield Difference(kind, key, "", None, new[key], {}, new[key], fresh=True)
            yield from _of_new(kind, key, new[key])
        for key, was in old.items():
            now = new.get(key)
            if now is None:
                yield Difference(kind, key, "", was, None, was, {})
            elif now is not was and now != was:
                yield from _of_record(kind, key, was, now)


def _not_in(records: Sequence[Record], others: Sequence[Record]) -> Mapping[str, Map]:
    """Return the records that are not the same objects in the other revision, by id."""
    shared = set(map(id, others))
    return {record.id: record.data for record in records if id(record) not in shared}


def _of_record(kind: Kind, key: str, old: Map, new: Map) -> Iterator[Difference]:
    found = [
        *_fields(kind, key, "", _own(old), _own(new)),
        *(each for row in ROWS for each in _rows(kind, key, row, old.get(row), new.get(row))),
        *(each for row in EVENTS for each in _event(kind, key, row, old.get(row), new.get(row))),
    ]
    yield from found or [Difference(kind, key, "", {}, {}, old, new)]  # only the order of rows


def _of_new(kind: Kind, key: str, record: Map) -> Iterator[Difference]:
    """Yield the fields and rows of a new record; of a mailbox its fields, as it is one address."""
    own = {name: value for name, value in _own(record).items() if name != "id"}
    mailbox = record.get("mailbox")
    found = [
        *_fields(kind, key, "", {}, own),
        *(_fields(kind, key, "mailbox", {}, mailbox) if isinstance(mailbox, dict) else ()),
        *(each for row in ROWS for each in _rows(kind, key, row, None, record.get(row))),
        *(each for row in ("created", "ended", "left")
          for each in _event(kind, key, row, None, record.get(row))),
    ]  # fmt: skip
    yield from (each._replace(fresh=True) for each in found)


def _own(record: Map) -> Map:
    return {name: value for name, value in record.items() if name not in (*ROWS, *EVENTS)}


def _fields(kind: Kind, key: str, row: str, old: Map, new: Map) -> Iterator[Difference]:
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    if names:
        was, now = ({name: side.get(name) for name in names} for side in (old, new))
        yield Difference(kind, key, row, was, now, old, new)


def _event(kind: Kind, key: str, row: str, old: Value, new: Value) -> Iterator[Difference]:
    was, now = (side if isinstance(side, dict) else None for side in (old, new))
    if was is not None and now is not None:
        yield from _fields(kind, key, row, was, now)
    elif was != now:
        yield Difference(kind, key, row, was, now, was or {}, now or {})


def _rows(kind: Kind, key: str, row: str, old: Value, new: Value) -> Iterator[Difference]:
    was, now = _by_start(old), _by_start(new)
    for each in sorted(was.keys() | now.keys()):
        if each in was and each in now:
            yield from _fields(kind, key, row, was[each], now[each])
        else:
            one, other = was.get(each), now.get(each)
            yield Difference(kind, key, row, one, other, one or {}, other or {})


def _by_start(value: Value) -> Mapping[Key, Map]:
    """Return rows by what makes each the same one in another revision."""
    rows = value if isinstance(value, list) else [value]
    found: dict[Key, Map] = {}
    for row in rows:
        if isinstance(row, dict):
            start = str(row.get("from", row.get("on")))
            holder = str(row.get("unit", row.get("person", row.get("facts", ""))))
            number = sum(key[:2] == (start, holder) for key in found)
            found[start, holder, number] = row
    return found


def policy_keys(source: Source) -> Mapping[str, Value]:
    """Return the keys of the policy that are written out, with a dot between levels."""
    found: dict[str, Value] = {}
    pending: list[tuple[str, Value]] = [("", record.data) for record in source.policy]
    while pending:
        name, value = pending.pop()
        if isinstance(value, dict) and value:
            pending += [(f"{name}.{key}" if name else key, each) for key, each in value.items()]
        elif name:
            found[name] = value
    return found
