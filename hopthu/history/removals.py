"""Judge the data by the rules between revisions: what it removes, rewrites, or changes on no basis.

Where servers are named, it is compared with what is deployed (`hopthu.history.lineage`); else with
the base that `hopthu.git.repository` finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from hopthu.diagnostics.problem import Problem
from hopthu.git.repository import HEAD, UNKNOWN, Base, Repository
from hopthu.git.revision import read_at
from hopthu.model.timeline import text, texts
from hopthu.rules.edit import CheckEdit
from hopthu.rules.edits.mistaken import of_new_names
from hopthu.rules.registry import BETWEEN
from hopthu.source.records import Record, Source
from hopthu.validate import between


@dataclass(frozen=True, slots=True)
class Since:
    """The problems found against a revision; `unread` is one if part of it cannot be read.

    `base` is the revision if it was not named.
    """

    problems: tuple[Problem, ...]
    unread: Problem | None = None
    base: Base = HEAD


def since_base(
    repository: Repository, source: Source, on: date, checks: Iterable[CheckEdit] = BETWEEN
) -> Since | None:
    """Compare `source` with the `base` of the checkout; return None if nothing is committed.

    Raises `UsageError` if git fails.
    """
    if repository.head() == UNKNOWN:
        return None
    chosen = repository.base()
    return replace(since(repository, chosen.revision, source, on, checks), base=chosen)


def since(
    repository: Repository,
    revision: str,
    source: Source,
    on: date,
    checks: Iterable[CheckEdit] = BETWEEN,
) -> Since:
    """Compare `source` with a revision; files that are identical there are not even read.

    Raises `UsageError` if git does not have the revision, or if it has no data.
    """
    differing, whole, _ = read_at(repository, revision, source)
    read = {record.file for records in differing.records.values() for record in records}
    unread = (p for p in differing.problems if p.file in differing.files and p.file not in read)
    return Since(tuple(compared(whole, source, on, checks)), next(unread, None))


def compared(
    before: Source, after: Source, on: date, checks: Iterable[CheckEdit] = BETWEEN
) -> list[Problem]:
    """Return the problems of `after` against `before`, sorted; compare only what differs."""
    if before.files == after.files:
        return []
    old, new = _differing(before, after)
    if not any(old.records.values()):
        return []
    if _concern_all(before, after):
        old, new = before, after
    return between(old, new, on, tuple(checks))


def _concern_all(before: Source, after: Source) -> bool:
    """Tell whether the revisions differ in what records rest on that are the same in both.

    Any record may cite a removed document, or one whose record now names what it is for; policy
    judges all of them; and a list is adopted for units with nobody on record.
    """
    documents = {record.id: record for record in after.documents}
    adoptions = {key for key, each in documents.items() if text(each.data, "kind") == "adoption"}
    if adoptions and any(_adopts(adoptions, *pair) for pair in _people(before, after)):
        return True
    if any(not _is_same(old, documents.get(old.id)) for old in before.documents):
        return True
    policies = [[record.data for record in each.policy] for each in (before, after)]
    return policies[0] != policies[1]


def _people(before: Source, after: Source) -> Iterator[tuple[Record | None, Record]]:
    there = {record.id: record for record in before.people}
    for new in after.people:
        if not _is_same(new, there.get(new.id)):
            yield there.get(new.id), new


def _adopts(adoptions: set[str], old: Record | None, new: Record) -> bool:
    """Tell whether somebody is in post by the adoption of a list, and was not before."""
    was, now = (
        {named for _, named in texts(each, ("posts", "*", "decision"))} if each else set()
        for each in (old, new)
    )
    return not adoptions.isdisjoint(now - was)


def _differing(before: Source, after: Source) -> tuple[Source, Source]:
    """Return both without the people that are identical in both.

    Units are kept, because the documents of all records are theirs. Heads and delegates are,
    because their posts limit how long they were in office, and have the titles of heads, and so is
    whoever has the name of a record that is new.
    """
    same: dict[str, set[str]] = {}
    for kind in ("units", "people"):
        here = {record.id: record for record in after.records[kind]}
        ids = {old.id for old in before.records[kind] if _is_same(old, here.get(old.id))}
        same[kind] = ids - of_new_names(before.records[kind], after.records[kind])
    # In both: in one of them alone everything that they rest on would be new.
    units = (*before.records["units"], *after.records["units"])
    same["people"] -= {person for unit in units for person in _officers(unit)}
    del same["units"]
    return _without(before, same), _without(after, same)


def _without(source: Source, same: dict[str, set[str]]) -> Source:
    left = {k: tuple(r for r in source.records[k] if r.id not in ids) for k, ids in same.items()}
    return replace(source, records={**source.records, **left})


def _is_same(old: Record, new: Record | None) -> bool:
    # Records shared with the other revision are the same object.
    return old is new or (new is not None and old.data == new.data)


def _officers(unit: Record) -> list[str]:
    lists = (unit.data.get(field) for field in ("heads", "delegates"))
    rows = [row for listed in lists if isinstance(listed, list) for row in listed]
    return [text(row, "person") for row in rows if isinstance(row, dict)]
