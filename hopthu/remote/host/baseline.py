"""The state of this host as lines `KIND NAME…<tab>VALUE…`, listed in docs/drift.md.

Words are separated by one space; spaces, tabs, newlines, backslashes and bytes that are not
printable ASCII are written as in /proc/mounts: a backslash and three octal digits. Nothing is
changed, and nothing that changes by itself is included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from hopthu.remote.host.baseline_access import access
from hopthu.remote.host.baseline_accounts import accounts, keys
from hopthu.remote.host.baseline_files import files
from hopthu.remote.host.baseline_system import listeners, packages, ruleset, services

_PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "services": services,
    "packages": packages,
    "accounts": accounts,
    "keys": keys,
    "listeners": listeners,
    "ruleset": ruleset,
    "access": access,
}
_ADOPTED = ("access ", "file ")
_INDEXES = {".lmdb": "", ".svbin": ".sieve"}


def baseline(parts: Sequence[str] = (), rows: Path | None = None) -> list[str]:
    """Return the lines of some parts, sorted; of all if none is named.

    `rows` is a file that caches digests of tables. Nothing else than an apply has one: drift reads
    every row.
    """
    wanted = parts or ("files", *_PARTS)
    return sorted({line for part in wanted for line in _lines(part, rows)})


def _lines(part: str, rows: Path | None) -> Iterator[str]:
    return files(rows) if part == "files" else _PARTS[part]()


def merged(old: Iterable[str] | None, begin: Iterable[str], end: Iterable[str]) -> list[str]:
    """Return the baseline after an apply, from that of the last record, None if there is none.

    `begin` and `end` are what was found before and after the apply. Only what changed in between is
    adopted: an account that somebody created before the apply must still be reported. Managed files
    and access to unit mailboxes are the exception: the apply checks all of them, so they are as
    intended; and if a file is adopted so is its index.
    """
    if old is None:
        return sorted(end)
    known, was, now = set(old), set(begin), set(end)
    taken = {_name(line) for line in was ^ now}
    taken |= {_name(line) for line in known ^ now if line.startswith(_ADOPTED)}
    taken |= {name for line in now if _text_of(name := _name(line)) in taken}
    kept = {line for line in known if _name(line) not in taken}
    return sorted(kept | {line for line in now if _name(line) in taken})


def _name(line: str) -> str:
    return line.partition("\t")[0]


def _text_of(name: str) -> str | None:
    """Return the name of the file that an index is made from, None if it is no index."""
    kind, _, path = name.partition(" ")
    if kind != "index":
        return None
    for ending, of_text in _INDEXES.items():
        if path.endswith(ending):
            return f"file {path.removesuffix(ending)}{of_text}"
    return None
