"""The data of a commit, as a baseline: it was accepted in its day, so only its form is checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from hopthu.diagnostics.file_rules import DUPLICATE_KEY
from hopthu.diagnostics.problem import Problem
from hopthu.errors import UsageError
from hopthu.git.repository import Repository
from hopthu.git.revision import read_at
from hopthu.i18n.message import Message
from hopthu.model.builder import build
from hopthu.model.organisation import Organisation
from hopthu.rules.context import RuleContext
from hopthu.rules.records.units import above_themselves
from hopthu.schema import validator
from hopthu.source.records import Record, Source
from hopthu.validate import Loaded, policy_of

_KINDS = ("units", "people", "documents")
_FIX = Message("pass a revision with valid data as --base")


def load_baseline(repository: Repository, revision: str, head: Loaded) -> tuple[Loaded, str]:
    """Return the data of `revision` in the git repository, and its commit.

    Only the form of the data is checked. Records that are the same in `head` are reused, as the
    same objects. Raises `UsageError` if git does not know the revision, or if its data is unusable.
    """
    source, whole, commit = read_at(repository, revision, head.source)
    if what := next(_unusable(source, whole, revision), None):
        raise UsageError(what, fix=_FIX)
    organisation = _built(source, whole, head)
    for record, unit in _dangling(organisation):
        what = Message(
            "the data of {revision} is incomplete: {record} names {unit}, which does not exist",
            revision=revision, record=record, unit=unit,
        )  # fmt: skip
        raise UsageError(what, fix=_FIX)
    return Loaded(organisation, policy_of(whole), whole), commit


def _unusable(source: Source, whole: Source, revision: str) -> Iterator[Message]:
    """Yield why nothing can be computed from the records of a revision."""
    for problem in _malformed(source):
        yield Message(
            "the data of {revision} cannot be read: {file}:{line}: {problem}",
            revision=revision, file=problem.file, line=problem.line, problem=problem.what,
        )  # fmt: skip
    for unit in sorted(above_themselves(RuleContext(whole, policy_of(whole), date.min))):
        yield Message(
            "the data of {revision} is inconsistent: {unit} is its own parent, directly or through "
            "others",
            revision=revision, unit=unit,
        )  # fmt: skip


def _malformed(source: Source) -> Iterator[Problem]:
    """Yield problems that make the records unusable; a missing file is not one.

    An invalid policy key falls back to its default.
    """
    present = source.files.keys()
    yield from (p for p in source.problems if p.rule != DUPLICATE_KEY.id and p.file in present)
    for kind in _KINDS:
        for record in source.records[kind]:
            yield from validator.problems(record)


def _built(source: Source, whole: Source, head: Loaded) -> Organisation:
    """Build the records of `source` that differ from `head`; reuse those of `head` otherwise."""
    records: dict[str, tuple[Record, ...]] = {"policy": ()}
    for kind in _KINDS:
        ids = {record.id for record in source.records[kind]}
        known = {r.id: r.data for r in head.source.records[kind] if r.id in ids}
        records[kind] = tuple(r for r in source.records[kind] if known.get(r.id) != r.data)
    built = build(replace(source, records=records))

    def together(kind: str) -> dict[str, object]:
        new, reused = getattr(built, kind), getattr(head.organisation, kind)
        return {r.id: new.get(r.id) or reused[r.id] for r in whole.records[kind]}

    return Organisation(**{kind: together(kind) for kind in _KINDS})  # type: ignore[arg-type]


def _dangling(organisation: Organisation) -> Iterator[tuple[str, str]]:
    """Yield each record that names a unit that does not exist, and that unit, as ids."""
    for record in organisation.records():
        yield from ((record.id, unit) for unit in record.named() if unit not in organisation.units)
