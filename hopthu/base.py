"""The side of a plan that git has: what was accepted in its day, whatever rules came since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from hopthu import schema
from hopthu.build import build
from hopthu.errors import UsageError
from hopthu.load import load
from hopthu.marks import no_garbage_collection
from hopthu.organisation import Organisation
from hopthu.plan import Side
from hopthu.problems import Problem
from hopthu.revision import checked_out
from hopthu.rules.facts import Facts
from hopthu.rules.files import DUPLICATE_KEY
from hopthu.rules.identity import unit_circle
from hopthu.source import Record, Source
from hopthu.validate import Loaded, policy_of

_KINDS = ("units", "people", "documents")


def at_revision(root: Path, revision: str, head: Loaded) -> tuple[Side, str]:
    """Return what git's `revision` of `root` says, and its commit.

    Only the form is looked at. What is the same in `head` is taken over from there, as the very
    same objects. Raises `UsageError` when git does not know the revision, or when its data cannot
    be understood.
    """
    with checked_out(root, revision) as (folder, commit), no_garbage_collection():
        source = load(folder)
    new = _new(source, head.source)
    if problem := next(_malformed(source, new), None):
        raise UsageError(
            f"the data of {revision} cannot be read: {problem.file}:{problem.line}: {problem.what}",
            fix="name a revision with well-formed data as --base",
        )
    organisation = _built(source, new, head.organisation)
    for holder, named in _nowhere(organisation):
        raise UsageError(
            f"the data of {revision} is not whole: {holder} names {named}, which is not there",
            fix="name a revision with whole data as --base",
        )
    return Side(organisation, policy_of(source)), commit


def _new(source: Source, head: Source) -> dict[str, tuple[Record, ...]]:
    """Return the records that `head` does not have, or not as they are here."""
    found: dict[str, tuple[Record, ...]] = {"policy": ()}
    for kind in _KINDS:
        there = {record.id: record.data for record in head.records[kind]}
        found[kind] = tuple(r for r in source.records[kind] if there.get(r.id) != r.data)
    return found


def _malformed(source: Source, new: dict[str, tuple[Record, ...]]) -> Iterator[Problem]:
    """Yield what keeps records from being built. A policy key amiss has its default instead."""
    yield from (p for p in source.problems if p.rule != DUPLICATE_KEY.id)
    for records in new.values():
        for record in records:
            yield from schema.problems(record)
    yield from unit_circle(Facts(source, policy_of(source), date.min))


def _built(source: Source, new: dict[str, tuple[Record, ...]], head: Organisation) -> Organisation:
    fresh = build(replace(source, records=new))

    def whole(kind: str) -> dict[str, object]:
        made, held = getattr(fresh, kind), getattr(head, kind)
        return {r.id: made.get(r.id) or held[r.id] for r in source.records[kind]}

    return Organisation(**{kind: whole(kind) for kind in _KINDS})  # type: ignore[arg-type]


def _nowhere(organisation: Organisation) -> Iterator[tuple[str, str]]:
    """Yield who names a unit that is not there, and which."""
    for unit in organisation.units.values():
        ended = unit.ended.into if unit.ended else ()
        for named in (*filter(None, [unit.parent]), *ended):
            if named not in organisation.units:
                yield unit.id, named
    for person in organisation.people.values():
        for post in person.posts:
            if post.unit not in organisation.units:
                yield person.id, post.unit
