"""Common mistakes in the shape of records, and advice for each."""

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

_NOT_BUILT = {
    "retention.header_days": Message(
        "`retention.header_days` has become `retention.mail_log_days`"
    ),
    "passwords.first_valid_days": Message(
        "`passwords.first_valid_days` has become `passwords.first_days`"
    ),
    "limits.attachment": Message(
        "`limits.attachment` is not a setting: `limits.message` bounds attachments as well"
    ),
    "naming.profile": Message(
        "`naming.profile` is not a setting: the patterns in `naming` are the naming profile"
    ),
}
"""Keys of the policy that nothing would read, and why."""


def comma(record: Mapping[str, Any], steps: tuple[str | int, ...]) -> Advice | None:
    """Return advice for an unknown field without a value: the rest of a text after a comma."""
    mapping: Any = record
    for step in steps[:-1]:
        mapping = mapping[step]
    fields = list(mapping)
    at = fields.index(steps[-1])
    rest = fields[at]
    if not at or mapping[rest] is not None or str(rest).isidentifier():
        return None
    before = fields[at - 1]
    if not isinstance(mapping[before], str):
        return None
    what = Message("{rest} is not a field: it looks like the end of `{field}`, after a comma",
                rest=shown(rest), field=before)  # fmt: skip
    value = quotable(f"{mapping[before]}, {rest}")
    return what, Message('put it in quotes: {field}: "{value}"', field=before, value=value)


def withdrawn(kind: str, steps: tuple[str | int, ...]) -> Advice | None:
    """Return advice for a field of earlier versions, or a key that would have no effect."""
    if (kind, steps) == ("units", ("delegate",)):
        renamed = Message("`delegate` has become `delegates`, a history")
        return renamed, Message("write the row into a list: {example}", example="delegates: [{…}]")
    what = _NOT_BUILT.get(".".join(map(str, steps))) if kind == "policy" else None
    return (what, Message("remove it")) if what else None


def misplaced(kind: str, record: Mapping[str, Value]) -> Advice | None:
    """Return advice for a record with the fields of another kind than that of its file."""
    if kind not in _KINDS or record.keys() <= schema(kind).fields.keys():
        return None
    for other, what in _KINDS.items():
        if other != kind and "id" in record and record.keys() <= schema(other).fields.keys():
            looks = Message("this looks like {what}, not {other}", what=what, other=_KINDS[kind])
            fix = Message("move it to data/{kind}.yaml, or to a file in data/{kind}/", kind=other)
            return looks, fix
    return None
