"""Compare directory entries with those that were last applied. Pure.

Only attributes that an apply manages are compared, not passwords, nor what the directory stores
about sign-ins.
"""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import printable
from hopthu.directory.ldif import Attributes, Entries
from hopthu.drift.model import Drift
from hopthu.drift.sentences import sentence


def compare_entries(host: str, applied: Entries, found: Entries) -> list[Drift]:
    """Return each attribute that differs, and each entry that is unknown or missing."""
    return sorted(_differences(host, applied, found))


def _differences(host: str, applied: Entries, found: Entries) -> Iterator[Drift]:
    for dn in applied.keys() | found.keys():
        was, now = applied.get(dn), found.get(dn)
        if was is None:
            yield _drift(host, "entry", printable(dn), None, "")
        elif now is None:
            yield _drift(host, "entry", printable(dn), "", None)
        elif was != now:
            for name in was.keys() | now.keys():
                # Values are a set: their order does not matter.
                if set(was.get(name, ())) != set(now.get(name, ())):
                    item = f"{printable(dn)} {name}"
                    yield _drift(host, "attribute", item, _values(was, name), _values(now, name))


def _drift(host: str, kind: str, item: str, was: str | None, now: str | None) -> Drift:
    return Drift(host, kind, item, was, now, sentence(kind, item, was, now))


def _values(entry: Attributes, name: str) -> str | None:
    values = sorted(entry.get(name, ()))
    return printable(", ".join(values)) if values else None
