"""What people who write YAML by hand trip over, and the sentence that helps.

Each function returns what is wrong and how to mend it, or None where it is something else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hopthu.diagnostics.problem import cut, printable, shown
from hopthu.i18n.message import Message
from hopthu.schema.registry import schema
from hopthu.source.values import Value

Advice = tuple[Message, Message]
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7})(?: .*)?$", re.MULTILINE)
_BEGINS_CONFLICT = re.compile(r"^<{7}(?: .*)?$", re.MULTILINE)
_KINDS = {
    "units": Message("a unit"),
    "people": Message("a person"),
    "documents": Message("a document"),
}


def conflict(text: str) -> tuple[int, Message, Message] | None:
    """Return the line, counted from 1, at which a merge conflict begins, and the advice."""
    found = _BEGINS_CONFLICT.search(text) or _CONFLICT.search(text)
    if not found:
        return None
    what = Message("a merge conflict of git is not resolved")
    fix = Message("edit both sides into one; delete the lines <<<<<<<, ======= and >>>>>>>")
    return text.count("\n", 0, found.start()) + 1, what, fix


def unreadable(text: str, line: int, column: int) -> Advice | None:
    """Advise on the place, counted from 0, at which a text ceases to be YAML."""
    lines = text.split("\n")
    here = lines[line] if line < len(lines) else ""
    if "\t" in here[: column + 1] and not here[:column].strip(" \t-"):
        return Message("a tab is used for indentation"), Message("replace it with spaces")
    if here[column : column + 1] in ("@", "`"):
        what = Message("a text cannot begin with {sign}", sign=here[column])
        return what, Message("put it in quotes")
    return _colon(here, column)


def _colon(line: str, column: int) -> Advice | None:
    """Advise quotes where a text has a colon in it."""
    if not re.match(r":( |$)", line[column:]):
        return None
    before, after = line[:column], line[column:]
    if "{" in before or "[" in before:
        begin = max(before.rfind(sign) for sign in "{[,") + 1
        after = re.split(r"[,}\]]", after, maxsplit=1)[0]
    else:
        begin = len(before) - len(before.lstrip(" -"))
    field, colon, value = (before[begin:] + after).strip().partition(": ")
    if not colon or not field.isidentifier() or ": " not in before[begin:]:
        return None
    quoted = Message('put it in quotes: {field}: "{value}"', field=field, value=_quotable(value))
    return Message("the text of `{field}` has a colon in it", field=field), quoted


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
    value = _quotable(f"{held[before]}, {rest}")
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


def _quotable(text: str) -> str:
    return printable(cut(text.strip(), 60)).replace("\\", "\\\\").replace('"', '\\"')
