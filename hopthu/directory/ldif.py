"""LDIF, the directory as text (RFC 2849), and the changes that lead from one state to another.

Entries are kept as `{DN: {attribute: values}}`, parents before children. Only text is handled: the
directory holds nothing else that is ours.
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
from hopthu.memoize import memoize_by_identity
from hopthu.source.positions import no_garbage_collection

Attributes = Mapping[str, tuple[str, ...]]
Entries = Mapping[str, Attributes]

# Narrower than RFC 2849's SAFE-STRING: printable ASCII, no blank at either end.
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
    change where the attribute has such a value, or any value if only one is allowed.
    """

    dn: str
    attributes: Attributes
    how: Literal["replace", "add"] = "replace"


@dataclass(frozen=True, slots=True)
class Delete:
    """An entry taken away: only ever one that was added a moment ago."""

    dn: str


Change = Add | Modify


@memoize_by_identity(2)
def differing(held: Entries, wanted: Entries) -> Entries:
    """Return what is `wanted` and not held just so: of 61,000 entries few, and those once."""
    return {dn: attributes for dn, attributes in wanted.items() if held.get(dn) != attributes}


def changes(held: Entries, wanted: Entries, unique: Collection[str] = ()) -> tuple[Change, ...]:
    """Return what makes `wanted` of `held`, in an order the directory accepts.

    Of very many entries, hand over those `differing`: it is the same, sooner.

    An attribute that neither names is not touched. Entries only held are left alone: to take one
    away is a decision of its own. A value of a `unique` attribute is first taken from the entry
    that had it, then given to the next.
    """
    # Whoever gives a value to an entry that differs, differs as well.
    there = {dn: held[dn] for dn in wanted if dn in held}
    released = _released(there, wanted, unique)
    taken = {change.dn: {**held[change.dn], **change.attributes} for change in released}
    return (*released, *_differences({**there, **taken}, wanted))


def undo(
    todo: Sequence[Change], held: Entries, unique: Collection[str] = ()
) -> tuple[Change | Delete, ...]:
    """Return what takes `todo` back from entries that were `held`.

    Values that were added beside others stay: passwords are the directory's own.
    """
    before = {c.dn: held[c.dn] for c in todo if isinstance(c, Modify) and c.how == "replace"}
    after = dict(before)
    for change in todo:
        if change.dn in after:
            after[change.dn] = {**after[change.dn], **change.attributes}
    added = (Delete(change.dn) for change in todo if isinstance(change, Add))
    return (*added, *changes(after, before, unique))


def _differences(held: Entries, wanted: Entries) -> Iterator[Change]:
    for dn, attributes in wanted.items():
        if dn not in held:
            yield Add(dn, attributes)
        elif attributes != held[dn] and (new := _new_values(held[dn], attributes)):
            yield Modify(dn, new)


def _new_values(held: Attributes, wanted: Attributes) -> Attributes:
    names = sorted(held.keys() | wanted.keys())
    pairs = ((name, held.get(name, ()), wanted.get(name, ())) for name in names)
    # The directory keeps values as a set: their order says nothing.
    return {name: new for name, old, new in pairs if set(old) != set(new)}


def _released(held: Entries, wanted: Entries, unique: Collection[str]) -> tuple[Modify, ...]:
    """Take from each entry the unique values that another one is to have."""
    owner = {
        (name, value): dn
        for dn, attributes in wanted.items()
        for name in unique
        for value in attributes.get(name, ())
    }
    released = []
    for dn, attributes in held.items():
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
    """Return `changes` as `ldapmodify` reads them; raise `HopthuError` on a NUL in a value."""
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
        raise HopthuError(f"a value of {name} has a NUL character, which no directory text may")
    return f"{name}:: {base64.b64encode(value.encode()).decode()}"


def parse(text: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Read LDIF content: comments are skipped, folded lines joined, base64 decoded.

    Raise `HopthuError` on anything that is not content: a value by URL, a change, bytes that are
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
            raise HopthuError(f"LDIF: expected the dn of an entry, found {name!r}")
        entry = entries.setdefault(dn, {})
        for line in lines[1:]:
            name, blank, value = line.partition(": ")
            # There are a million lines; few need to be looked at closely.
            if not blank or ":" in name or value[:1] == " ":
                name, value = _pair(line)
            entry[name] = (*entry[name], value) if name in entry else (value,)
    return entries


def _pair(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or value[:1] == "<":
        raise HopthuError(f"LDIF: cannot read the line {line[:60]!r}")
    if value[:1] != ":":
        return name, value.lstrip(" ")
    try:
        return name, _decoded(value[1:].strip(" "))
    except (binascii.Error, UnicodeDecodeError) as error:
        raise HopthuError(f"LDIF: {name} is not base64 of UTF-8 text: {error}") from error


@lru_cache(maxsize=4096)
def _decoded(value: str) -> str:
    # Many share a family name, a post, a unit.
    return base64.b64decode(value, validate=True).decode()
