"""What the data takes away of an earlier revision and must not: ids, addresses, what is past.

`check` and `plan` ask the revision they compare with, and an apply what the hosts were given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from hopthu.diagnostics.problem import Problem
from hopthu.git import read_at
from hopthu.history import checkout
from hopthu.history.record import UNKNOWN
from hopthu.rules.registry import BETWEEN
from hopthu.rules.revision_pairs import Between
from hopthu.rules.revisions import CHECKS
from hopthu.source.records import Record, Source
from hopthu.validate import between

PERMANENT = CHECKS
"""The checks that hold between any two revisions, whatever the day.

What is past is not among them: a row that was changed while it lay ahead is over by the time
another is compared with it (docs/plan.md).
"""


@dataclass(frozen=True, slots=True)
class Since:
    """What was found against a revision; `unread` names what of that could not be read."""

    problems: tuple[Problem, ...]
    unread: Problem | None = None


def since_head(root: Path, source: Source, on: date, checks: Iterable[Between]) -> Since | None:
    """Compare `source` with the commit checked out in `root`; None where that has no data.

    Raises `UsageError` where git does not say.
    """
    if checkout.head(root) == UNKNOWN:
        return None
    return since(root, "HEAD", source, on, checks)


def since(
    root: Path, revision: str, source: Source, on: date, checks: Iterable[Between] = BETWEEN
) -> Since:
    """Compare `source` with a revision; files that are the same there are not even read.

    Raises `UsageError` where git does not know the revision, or where it has no data.
    """
    differing, whole, _ = read_at(root, revision, source)
    if not differing.files:
        return Since(())
    read = {record.file for records in differing.records.values() for record in records}
    unread = (p for p in differing.problems if p.file in differing.files and p.file not in read)
    return Since(tuple(taken_away(whole, source, on, checks)), next(unread, None))


def taken_away(
    before: Source, after: Source, on: date, checks: Iterable[Between] = PERMANENT
) -> list[Problem]:
    """Return what `after` takes away of `before`, sorted; look only at records that differ."""
    old, new = _differing(before, after)
    if not any(old.records.values()):
        return []
    documents = {record.id for record in new.documents}
    if any(record.id not in documents for record in old.documents):
        old, new = before, after  # who rested on a document is to be found anywhere
    return between(old, new, on, tuple(checks))


def _differing(before: Source, after: Source) -> tuple[Source, Source]:
    """Return both without the units and people that are in both just so.

    Delegates stay: when they worked where tells how long they were any.
    """
    same: dict[str, set[str]] = {}
    for kind in ("units", "people"):
        here = {record.id: record for record in after.records[kind]}
        same[kind] = {old.id for old in before.records[kind] if _is_same(old, here.get(old.id))}
    old, new = _without(before, same), _without(after, same)
    named = {_delegate(unit) for unit in old.units}
    kept = (r for r in after.people if r.id in named and r.id in same["people"])
    people = (*new.people, *kept)
    return old, replace(new, records={**new.records, "people": people})


def _without(source: Source, same: dict[str, set[str]]) -> Source:
    left = {k: tuple(r for r in source.records[k] if r.id not in ids) for k, ids in same.items()}
    return replace(source, records={**source.records, **left})


def _is_same(old: Record, new: Record | None) -> bool:
    # What was taken over from the other revision is the very same object.
    return old is new or (new is not None and old.data == new.data)


def _delegate(unit: Record) -> object:
    delegate = unit.data.get("delegate")
    return delegate.get("person") if isinstance(delegate, dict) else None
