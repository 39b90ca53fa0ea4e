"""Folders of an old IMAP server: how they are listed, and which of ours each becomes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hopthu.remote.utf7 import decode

INBOX = "INBOX"
SHARED = "Đơn vị"
"""The folder in which heads and delegates see unit mailboxes: nobody else's may be called so."""

OURS = {
    "Drafts": "drafts|draft|nháp|thư nháp|bản nháp|bản thảo",
    "Sent": "sent|sent items|sent messages|sent mail|sent-mail|đã gửi|thư đã gửi|mục đã gửi",
    "Junk": "junk|junk e-mail|junk email|junk mail|spam|bulk mail|thư rác|email rác",
    "Trash": "trash|deleted items|deleted messages|deleted mail|đã xóa|thư đã xóa|mục đã xóa"
    "|đã xoá|thư đã xoá|mục đã xoá|thùng rác",
}
"""Our folders for special uses, each with names that other servers and programs give theirs."""

_NAMED = {name: ours for ours, names in OURS.items() for name in names.split("|")}
_FLAGGED = {f"\\{ours.casefold()}": ours for ours in OURS}
_VIRTUAL = {"\\all", "\\flagged", "\\important"}
"""Views that show messages of other folders once more (RFC 6154, RFC 8457)."""
_EMPTY = {"\\noselect", "\\nonexistent"}

_LISTED = re.compile(rb'\(([^)]*)\) (NIL|"(?:\\.|[^"\\])*") ?(.*)', re.DOTALL)
_QUOTED = re.compile(rb'"((?:\\.|[^"\\])*)"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as the server lists it: its name on the wire, separator, and attributes."""

    wire: bytes
    separator: str
    attributes: frozenset[str]

    @property
    def name(self) -> str:
        """Return the name as people see it; one that is not modified UTF-7 stays as it is."""
        text = self.wire.decode("utf-8", "replace")
        try:
            return unicodedata.normalize("NFC", decode(text))
        except ValueError:
            return text

    @property
    def has_mail(self) -> bool:
        """Tell whether messages are kept here, and not in a folder below or elsewhere."""
        return self.attributes.isdisjoint(_VIRTUAL | _EMPTY)

    @property
    def is_view(self) -> bool:
        """Tell whether this shows messages of other folders once more."""
        return not self.attributes.isdisjoint(_VIRTUAL)


def listed(answer: Iterable[bytes | tuple[bytes, bytes] | None]) -> list[Folder]:
    """Return the folders in the answer to LIST (RFC 3501, 7.2.2) as imaplib gives it.

    Each is returned once, although some servers list INBOX twice.
    """
    folders: dict[bytes, Folder] = {}
    for line in answer:
        head, literal = line if isinstance(line, tuple) else (line or b"", None)
        if found := _LISTED.match(head):
            attributes, separator, rest = found.groups()
            wire = _first(rest) if literal is None else literal
            if wire.upper() == INBOX.encode():  # in any case it is one (RFC 3501, 5.1)
                wire = INBOX.encode()
            folders[wire] = Folder(
                wire,
                "" if separator == b"NIL" else _first(separator).decode("ascii", "replace"),
                frozenset(attributes.decode("ascii", "replace").casefold().split()),
            )
    return list(folders.values())


def _first(text: bytes) -> bytes:
    """Return the first word of `text`, without its quotes."""
    if found := _QUOTED.match(text):
        return re.sub(rb"\\(.)", rb"\1", found.group(1), flags=re.DOTALL)
    return text.split(b" ")[0]


def namespaces(answer: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the prefix of people's own folders, and those of other people's and public ones.

    `answer` is that to NAMESPACE (RFC 2342).
    """
    own: list[str] = []
    others: list[str] = []
    depth, kind = 0, 0
    for token in re.findall(rb'\(|\)|NIL|"(?:\\.|[^"\\])*"', answer):
        if token == b"(":
            depth += 1
            first = depth == 2
        elif token == b")":
            depth -= 1
            kind += depth == 0
        elif token == b"NIL":
            kind += depth == 0
        elif depth == 2 and first:
            (own if kind == 0 else others).append(_first(token).decode("utf-8", "replace"))
            first = False
    return (decode(own[0]) if own else ""), tuple(decode(each) for each in others if each)


def targets(folders: Sequence[Folder], prefix: str, others: tuple[str, ...]) -> Mapping[bytes, str]:
    """Return by name on the wire the folder of ours that each folder with mail becomes.

    Folders below one of the prefixes `others` are left out.
    """
    paths = {
        each.wire: _path(each, prefix)
        for each in folders
        if not any(f"{each.name}{each.separator}".startswith(other) for other in others)
    }
    special: dict[tuple[str, ...], str] = {}
    for path in paths.values():
        if ours := _NAMED.get(path[0].casefold()):
            special[path[:1]] = ours
    for each in folders:
        for flag, ours in _FLAGGED.items():
            if flag in each.attributes and each.wire in paths:
                special[paths[each.wire]] = ours
    return {
        each.wire: _ours(paths[each.wire], special)
        for each in folders
        if each.wire in paths and each.has_mail
    }


def _path(folder: Folder, prefix: str) -> tuple[str, ...]:
    """Return the parts of a name; those of folders below INBOX without INBOX."""
    name = folder.name
    if name.upper() == INBOX:
        return (INBOX,)
    name = name.removeprefix(prefix)
    parts = [
        part for part in (name.split(folder.separator) if folder.separator else [name]) if part
    ]
    if len(parts) > 1 and parts[0].upper() == INBOX:
        parts = parts[1:]
    return tuple(parts) or ("_",)


def _ours(path: tuple[str, ...], special: Mapping[tuple[str, ...], str]) -> str:
    for length in range(len(path), 0, -1):
        if ours := special.get(path[:length]):
            return "/".join((ours, *map(_clean, path[length:])))
    first, *rest = map(_clean, path)
    return "/".join((f"{first} (cũ)" if first == SHARED else first, *rest))


def _clean(part: str) -> str:
    """Return a part of a name without what our stores refuse."""
    part = re.sub(r"[/*%\x00-\x1f\x7f]", "-", part).strip() or "_"
    if part.startswith((".", "~")):
        return f"_{part[1:]}"
    return f"{part}_" if part in {"cur", "new", "tmp"} else part
