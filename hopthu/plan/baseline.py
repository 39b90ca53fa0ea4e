"""The side of a plan that git has: what was accepted in its day, whatever rules came since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from hopthu.diagnostics.file_rules import DUPLICATE_KEY
from hopthu.diagnostics.problem import Problem
from hopthu.errors import UsageError
from hopthu.git import read_at
from hopthu.model.builder import build
from hopthu.model.organisation import Organisation
from hopthu.plan.plan import Snapshot
from hopthu.rules.context import RuleContext
from hopthu.rules.units import unit_circle
from hopthu.schema import validator
from hopthu.source.records import Record, Source
from hopthu.validate import Loaded, policy_of

_KINDS = ("units", "people", "documents")


def load_baseline(root: Path, revision: str, head: Loaded) -> tuple[Snapshot, str]:
    """Return what git's `revision` of `root` says, and its commit.

    Only the form is looked at. What is the same in `head` is taken over from there, as the very
    same objects. Raises `UsageError` when git does not know the revision, or when its data cannot
    be understood.
    """
    source, whole, commit = read_at(root, revision, head.source)
    if problem := next(_malformed(source), None):
        raise UsageError(
            f"the data of {revision} cannot be read: {problem.file}:{problem.line}: {problem.what}",
            fix="name a revision with well-formed data as --base",
        )
    if problem := next(unit_circle(RuleContext(whole, policy_of(whole), date.min)), None):
        raise UsageError(
            f"the data of {revision} cannot be understood: {problem.subject}: {problem.what}",
            fix="name a revision with whole data as --base",
        )
    organisation = _built(source, whole, head)
    for holder, named in _nowhere(organisation):
        raise UsageError(
            f"the data of {revision} is not whole: {holder} names {named}, which is not there",
            fix="name a revision with whole data as --base",
        )
    return Snapshot(organisation, policy_of(whole), whole), commit


def _malformed(source: Source) -> Iterator[Problem]:
    """Yield what keeps records from being built. A policy key amiss has its default instead.

    That a file is missing, which is said of one that is not there, does not.
    """
    there = source.files.keys()
    yield from (p for p in source.problems if p.rule != DUPLICATE_KEY.id and p.file in there)
    for kind in _KINDS:
        for record in source.records[kind]:
            yield from validator.problems(record)


def _built(source: Source, whole: Source, head: Loaded) -> Organisation:
    """Build the records of `source` that `head` does not have just so; take the others over."""
    records: dict[str, tuple[Record, ...]] = {"policy": ()}
    for kind in _KINDS:
        ids = {record.id for record in source.records[kind]}
        there = {r.id: r.data for r in head.source.records[kind] if r.id in ids}
        records[kind] = tuple(r for r in source.records[kind] if there.get(r.id) != r.data)
    fresh = build(replace(source, records=records))

    def together(kind: str) -> dict[str, object]:
        made, held = getattr(fresh, kind), getattr(head.organisation, kind)
        return {r.id: made.get(r.id) or held[r.id] for r in whole.records[kind]}

    return Organisation(**{kind: together(kind) for kind in _KINDS})  # type: ignore[arg-type]


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
