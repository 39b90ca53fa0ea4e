"""Common mistakes in the shape of records, and the advice for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.schema.registry import schema
from hopthu.source.mistakes import Advice, quotable
from hopthu.source.values import Value

_KINDS = {
    "units": Message("a unit"),
    "people": Message("a person"),
    "documents": Message("a document"),
}


def comma(record: Mapping[str, Any], steps: tuple[str | int, ...]) -> Advice | None:
    """Advise on a field nobody knows that has no value: it is what follows a comma in a text."""
    held: Any = record
    for step in steps[:-1]:
        held = held[step]
    fields = list(held)
    at = fields.index(steps[-1])
    rest = fields[at]
    if not at or held[rest] is not None or str(rest).isidentifier():
        return None
    before = fields[at - 1]
    if not isinstance(held[before], str):
        return None
    what = Message("{rest} is no field: it looks like the end of `{field}`, after a comma",
                rest=shown(rest), field=before)  # fmt: skip
    value = quotable(f"{held[before]}, {rest}")
    return what, Message('put it in quotes: {field}: "{value}"', field=before, value=value)


def misplaced(kind: str, record: Mapping[str, Value]) -> Advice | None:
    """Advise on a record that has the fields of another kind than its file holds."""
    if kind not in _KINDS or record.keys() <= schema(kind).fields.keys():
        return None
    for other, what in _KINDS.items():
        if other != kind and "id" in record and record.keys() <= schema(other).fields.keys():
            looks = Message("this looks like {what}, not {other}", what=what, other=_KINDS[kind])
            fix = Message("move it to data/{kind}.yaml, or to a file in data/{kind}/", kind=other)
            return looks, fix
    return None
