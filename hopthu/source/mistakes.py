"""Common mistakes in hand-written YAML, and advice for each."""

from __future__ import annotations

import re

from hopthu.diagnostics.problem import cut, printable
from hopthu.i18n.message import Message

Advice = tuple[Message, Message]
"""What is wrong, and the fix."""
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7})(?: .*)?$", re.MULTILINE)
_NO_RECORDS = re.compile(r"\[\s*\]\s*(#.*)?\Z")
_BEGINS_CONFLICT = re.compile(r"^<{7}(?: .*)?$", re.MULTILINE)


def conflict(text: str) -> tuple[int, Message, Message] | None:
    """Return the line, counted from 1, on which a merge conflict begins, and the advice."""
    found = _BEGINS_CONFLICT.search(text) or _CONFLICT.search(text)
    if not found:
        return None
    what = Message("a merge conflict of git is not resolved")
    fix = Message("merge the two sides; delete the lines <<<<<<<, ======= and >>>>>>>")
    return text.count("\n", 0, found.start()) + 1, what, fix


def unreadable(text: str, line: int, column: int) -> Advice | None:
    """Return advice for the position, counted from 0, at which parsing failed."""
    lines = text.split("\n")
    here = lines[line] if line < len(lines) else ""
    if "\t" in here[: column + 1] and not here[:column].strip(" \t-"):
        return Message("a tab is used for indentation"), Message("replace it with spaces")
    if here.startswith("- ") and any(map(_NO_RECORDS.match, lines[:line])):
        what = Message("a record stands below [], which says that there is none")
        return what, Message("delete the line with []")
    if here[column : column + 1] in ("@", "`"):
        what = Message("a text cannot begin with {sign}", sign=here[column])
        return what, Message("put it in quotes")
    return _colon(here, column)


def _colon(line: str, column: int) -> Advice | None:
    """Advise quotes for a text with a colon in it."""
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
    quoted = Message('put it in quotes: {field}: "{value}"', field=field, value=quotable(value))
    return Message("the text of `{field}` has a colon in it", field=field), quoted


def quotable(text: str) -> str:
    """Return `text`, shortened and escaped, for use between double quotes in YAML."""
    return printable(cut(text.strip(), 60)).replace("\\", "\\\\").replace('"', '\\"')
