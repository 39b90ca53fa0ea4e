"""LDIF, the directory as text (RFC 2849), and the changes that lead from one state to another.

Entries are `{DN: {attribute: values}}`, parents before children. Values are text only: hopthu
writes no others to the directory.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from hopthu.errors import HopthuError
from hopthu.i18n.message import Message
from hopthu.memoize import memoize_by_identity
from hopthu.source.positions import no_garbage_collection

Attributes = Mapping[str, tuple[str, ...]]
Entries = Mapping[str, Attributes]

# Narrower than RFC 2849's SAFE-STRING: printable ASCII without spaces at either end.
_SAFE = re.compile(r"[!-9;=-~]([ -~]*[!-~])?")


@dataclass(frozen=True, slots=True)
class Add:
    """A new entry."""

    dn: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Modify:
    """New values of some attributes; the others stay as they are.

    With `replace` an attribute without values is removed. With `add` the directory refuses the
    change if the attribute already has the value, or any value where only one is allowed.
    """

    dn: str
    attributes: Attributes
    how: Literal["replace", "add"] = "replace"


@dataclass(frozen=True, slots=True)
class Delete:
    """The removal of an entry; used only for one that was just added."""

    dn: str


Change = Add | Modify


@memoize_by_identity(2)
def differing(current: Entries, wanted: Entries) -> Entries:
    """Return the `wanted` entries that are missing in `current` or differ from it."""
    return {dn: attributes for dn, attributes in wanted.items() if current.get(dn) != attributes}


def changes(current: Entries, wanted: Entries, unique: Collection[str] = ()) -> tuple[Change, ...]:
    """Return the changes from `current` to `wanted`, in an order the directory accepts.

    With very many entries, pass only those `differing`: the result is the same, and faster.

    An attribute that neither state names is not touched, and entries that only `current` has are
    kept: removing one is a separate decision. A value of a `unique` attribute is removed from its
    previous entry before the next one gets it.
    """
    # An entry that gives a value to one that differs, differs as well.
    present = {dn: current[dn] for dn in wanted if dn in current}
    released = _released(present, wanted, unique)
    after = {change.dn: {**current[change.dn], **change.attributes} for change in released}
    return (*released, *_differences({**present, **after}, wanted))


def undo(
    todo: Sequence[Change], original: Entries, unique: Collection[str] = ()
) -> tuple[Change | Delete, ...]:
    """Return the changes that undo `todo`, which was applied to the `original` entries.

    Values that were added beside others stay: passwords belong to the directory.
    """
    before = {c.dn: original[c.dn] for c in todo if isinstance(c, Modify) and c.how == "replace"}
    after = dict(before)
    for change in todo:
        if change.dn in after:
            after[change.dn] = {**after[change.dn], **change.attributes}
    # What is below an entry was added after it, and has to go before it.
    added = (Delete(change.dn) for change in reversed(todo) if isinstance(change, Add))
    return (*added, *changes(after, before, unique))


def _differences(current: Entries, wanted: Entries) -> Iterator[Change]:
    for dn, attributes in wanted.items():
        if dn not in current:
            yield Add(dn, attributes)
        elif attributes != current[dn] and (new := _new_values(current[dn], attributes)):
            yield Modify(dn, new)


def _new_values(current: Attributes, wanted: Attributes) -> Attributes:
    names = sorted(current.keys() | wanted.keys())
    pairs = ((name, current.get(name, ()), wanted.get(name, ())) for name in names)
    # The directory stores values as a set: their order has no meaning.
    return {name: new for name, old, new in pairs if set(old) != set(new)}


def _released(current: Entries, wanted: Entries, unique: Collection[str]) -> tuple[Modify, ...]:
    """Return changes that remove unique values from entries whose values others will get."""
    owner = {
        (name, value): dn
        for dn, attributes in wanted.items()
        for name in unique
        for value in attributes.get(name, ())
    }
    released = []
    for dn, attributes in current.items():
        kept: dict[str, tuple[str, ...]] = {}
        for name in unique:
            values = attributes.get(name, ())
            mine = tuple(v for v in values if owner.get((name, v), dn) == dn)
            if mine != values:
                kept[name] = mine
        if kept:
            released.append(Modify(dn, kept))
    return tuple(released)


def write_entries(entries: Entries) -> str:
    """Return `entries` as LDIF content."""
    return "".join(_record(dn, (), attributes) for dn, attributes in entries.items())


def write_changes(changes: Iterable[Change | Delete]) -> str:
    """Return `changes` as input of `ldapmodify`; raise `HopthuError` if a value has a NUL."""
    return "".join(_change(change) for change in changes)


def _change(change: Change | Delete) -> str:
    if isinstance(change, Delete):
        return f"{_line('dn', change.dn)}\nchangetype: delete\n\n"
    if isinstance(change, Add):
        return _record(change.dn, ("changetype: add",), change.attributes)
    lines = [_line("dn", change.dn), "changetype: modify"]
    for name, values in change.attributes.items():
        lines += [f"{change.how}: {name}", *(_line(name, value) for value in values), "-"]
    return "\n".join(lines) + "\n\n"


def _record(dn: str, head: tuple[str, ...], attributes: Attributes) -> str:
    body = (_line(name, value) for name, values in attributes.items() for value in values)
    return "\n".join((_line("dn", dn), *head, *body)) + "\n\n"


def _line(name: str, value: str) -> str:
    if _SAFE.fullmatch(value):
        return f"{name}: {value}"
    if "\0" in value:
        raise HopthuError(
            Message("a value of {name} has a NUL character, which the directory refuses", name=name)
        )
    return f"{name}:: {base64.b64encode(value.encode()).decode()}"


def parse(text: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Read LDIF content: skip comments, join folded lines, decode base64.

    Raises `HopthuError` on anything else: a value given by URL, a change record, bytes that are
    not UTF-8.
    """
    with no_garbage_collection():
        return _parse(text.replace("\n ", ""))


def _parse(text: str) -> dict[str, dict[str, tuple[str, ...]]]:
    entries: dict[str, dict[str, tuple[str, ...]]] = {}
    for record in text.split("\n\n"):
        lines = [line for line in record.split("\n") if line and line[0] != "#"]
        if lines and lines[0].startswith("version:"):
            del lines[0]
        if not lines:
            continue
        name, dn = _pair(lines[0])
        if name != "dn" or (len(lines) > 1 and lines[1].startswith("changetype:")):
            what = Message("LDIF: expected the dn of an entry, found {name}", name=repr(name))
            raise HopthuError(what)
        entry = entries.setdefault(dn, {})
        for line in lines[1:]:
            name, blank, value = line.partition(": ")
            # There may be a million lines; few need the full parser.
            if not blank or ":" in name or value[:1] == " ":
                name, value = _pair(line)
            entry[name] = (*entry[name], value) if name in entry else (value,)
    return entries


def _pair(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or value[:1] == "<":
        raise HopthuError(Message("LDIF: cannot read the line {line}", line=repr(line[:60])))
    if value[:1] != ":":
        return name, value.lstrip(" ")
    try:
        return name, _decoded(value[1:].strip(" "))
    except (binascii.Error, UnicodeDecodeError) as error:
        what = Message(
            "LDIF: {name} is not base64 of UTF-8 text: {reason}", name=name, reason=error
        )
        raise HopthuError(what) from error


@lru_cache(maxsize=4096)
def _decoded(value: str) -> str:
    # Many entries share a family name, a post or a unit.
    return base64.b64decode(value, validate=True).decode()
