"""From a list to the files of the data: what is added, what a person has to look at.

What `hopthu check` would refuse is never proposed: the new records are judged by all rules,
together with those that are there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.regulation import Regulation
from hopthu.errors import DataError, UsageError
from hopthu.i18n.message import Message
from hopthu.i18n.terms import DOCUMENTS
from hopthu.model.timeline import text
from hopthu.personnel.adoption import Adoption
from hopthu.personnel.findings import Finding, Place, in_order, left_out
from hopthu.personnel.heads import NewHead
from hopthu.personnel.listing import Listing
from hopthu.personnel.proposal import Proposal, proposed
from hopthu.personnel.record_text import record_text
from hopthu.rules.context import RuleContext
from hopthu.rules.names.data_files import file_of
from hopthu.schema.modeline import modeline
from hopthu.source import files
from hopthu.source.formatter import Layout, inserted
from hopthu.source.records import Source
from hopthu.validate import policy_of, validate


@dataclass(frozen=True)
class Import:
    """What an import does: who is added, how many are there already, findings, and files."""

    new: Sequence[Proposal]
    present: int
    findings: Sequence[Finding]
    files: Mapping[str, bytes]
    """The new content of each file that changes, by its name below the root."""
    heads: Mapping[Place, NewHead]
    """Who seems to be the first head of a unit, by their row; they are not in the files."""


Judge = Callable[[Mapping[str, bytes]], Iterable[Problem]]
"""Returns what is wrong with the data once these files have this content."""


def imported(
    source: Source,
    on: date,
    listing: Listing,
    basis: str,
    *,
    namesakes: bool = False,
    since: Judge = lambda _files: (),
) -> Import:
    """Return what a list adds to `source`, resting on the adoption with the id `basis`.

    `since` judges the result against an earlier revision. Raises `UsageError` if there is no such
    adoption, `DataError` if the data has an error already.
    """
    facts = RuleContext(source, policy_of(source), on)
    found = proposed(listing, facts, _adoption(facts, basis), namesakes=namesakes)
    refused = _refused(source, on, found.new)
    taken = [each for each in found.new if each.id not in refused]
    later = since(_files(facts, taken))
    refused = {**refused, **_errors(later, taken, facts.policy.regulation)}
    left = {each.place: each for each in found.new if each.id in refused}
    findings = [each for each in found.findings if each.place not in left or not each.subject]
    for place, each in left.items():
        problem = refused[each.id]
        findings.append(left_out(place, each.name, problem.what, problem.fix))
    new = [each for each in found.new if each.id not in refused]
    heads = {place: head for place, head in found.heads.items() if head.person not in refused}
    return Import(new, found.present, in_order(findings), _files(facts, new), heads)


def _adoption(facts: RuleContext, basis: str) -> Adoption:
    record = facts.documents.get(basis)
    if record is None:
        raise UsageError(
            Message("there is no document {id}", id=shown(basis)),
            fix=Message("enter the document that adopts the list in data/documents.yaml first"),
        )
    if basis not in facts.adoptions:
        kind = text(record.data, "kind")
        raise UsageError(
            Message("{document} is of kind {kind}, not {wanted}", document=basis,
                    kind=DOCUMENTS.get(kind, kind), wanted=DOCUMENTS["adoption"]),
            fix=Message("a list rests on one document of kind `adoption`; see docs/import.md"),
        )  # fmt: skip
    return Adoption.of(record)


def _refused(source: Source, on: date, new: Sequence[Proposal]) -> Mapping[str, Problem]:
    """Return the first problem of each new record that `check` would refuse, by its id."""
    records = {**source.records, "people": (*source.people, *(each.record() for each in new))}
    problems = validate(replace(source, records=records, files={}), on)
    return _errors(problems, new, policy_of(source).regulation)


def _errors(
    problems: Iterable[Problem], new: Sequence[Proposal], regulation: Regulation
) -> Mapping[str, Problem]:
    """Return the first error of each new record; raise `DataError` if others have any."""
    ids = {each.id for each in new}
    errors = [problem for problem in problems if problem.severity == "error"]
    if others := [problem for problem in errors if problem.subject not in ids]:
        raise DataError(others, regulation)
    return {problem.subject: problem for problem in reversed(errors)}


def _files(facts: RuleContext, new: Sequence[Proposal]) -> Mapping[str, bytes]:
    """Return the files that change, with the new records where their ids belong."""
    source = facts.source
    by_file: dict[str, dict[str, bytes]] = defaultdict(dict)
    for each in sorted(new, key=lambda each: each.id):
        by_file[file_of(facts, "people", each.unit)][each.id] = record_text(each)
    changed: dict[str, bytes] = {}
    for name, records in sorted(by_file.items()):
        if name in source.files:
            there = tuple(record for record in source.people if record.file == name)
            text_now = files.normal(source.files[name])
            changed[name] = _inserted(Layout(name, text_now, there), records)
        else:
            lines = [f"{modeline(name)}\n".encode(), *records.values()]
            changed[name] = b"".join(lines)
    return changed


def _inserted(layout: Layout, records: Mapping[str, bytes]) -> bytes:
    content = inserted(layout, records)
    if content is None:
        raise UsageError(
            Message("{file} is not a plain list: nothing can be added to it", file=layout.name),
            fix=Message("run `hopthu format`"),
        )
    return content
