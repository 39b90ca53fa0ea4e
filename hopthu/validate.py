"""Records → all problems in them and, if there are no errors, the organisation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from itertools import compress, islice
from pathlib import Path

from hopthu.diagnostics.problem import Problem, in_order
from hopthu.diagnostics.regulation import Regulation
from hopthu.errors import DataError
from hopthu.i18n.message import Message
from hopthu.load import load
from hopthu.model.builder import build
from hopthu.model.organisation import Organisation
from hopthu.model.policy import Policy
from hopthu.model.policy_builder import build_policy
from hopthu.rules.causes import with_causes
from hopthu.rules.context import Check, RuleContext
from hopthu.rules.edit import CheckEdit, Edit
from hopthu.rules.records.expectations import unmet_expectations
from hopthu.rules.registry import BETWEEN, CHECKS
from hopthu.schema import registry, validator
from hopthu.source import parallel
from hopthu.source.positions import no_garbage_collection
from hopthu.source.records import Source
from hopthu.source.values import Map

MOST_FOUND = 20_000
"""So many problems of one check are listed: more have one cause, and take gigabytes."""
_WORTH_SHARING = 5_000
"""From this number of records on, checking in several processes is faster."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The data of a revision, which can be used: organisation and policy, of which `source`.

    `warnings` are what was found in it all the same, if it was asked for.
    """

    organisation: Organisation
    policy: Policy
    source: Source
    warnings: tuple[Problem, ...] = ()


def load_checked(root: Path, on: date) -> Source:
    """Read the data below `root`; the rest of very much is not, if what was has too many errors.

    These are more than are listed as of the day `on`, so that nobody would see further ones.
    """

    def hopeless(source: Source) -> bool:
        errors = (p for p in _validate(source, on, lambda: None) if p.severity == "error")
        return sum(problem not in source.problems for problem in errors) > MOST_FOUND

    return load(root, hopeless=hopeless)


def validate(source: Source, on: date) -> list[Problem]:
    """Return every problem of `source` as of the day `on`, sorted by place."""
    with no_garbage_collection():
        return _validate(source, on, lambda: None)


def _validate(source: Source, on: date, meanwhile: Callable[[], object]) -> list[Problem]:
    """As `validate`; call `meanwhile` during the checks if every record has the right shape."""
    shapes = [
        problem
        for records in source.records.values()
        for record in records
        if not record.fits  # tested here as well, to save a call for each of them
        for problem in validator.problems(record)
    ]
    facts = RuleContext(source, policy_of(source), on)
    formless = source.problems or shapes
    found = _found(facts, (lambda: None) if formless else meanwhile)
    problems = in_order([*source.problems, *shapes, *found])
    if source.expectations and not any(_forbids_building(problem) for problem in problems):
        problems = in_order([*problems, *unmet_expectations(facts)])
    return with_causes(source, problems)


def _forbids_building(problem: Problem) -> bool:
    """Tell whether a problem keeps the organisation from being built of the records."""
    expectation = problem.file.startswith(("data/expectations.", "data/expectations/"))
    return problem.severity == "error" and not expectation


def _found(facts: RuleContext, meanwhile: Callable[[], object]) -> Iterator[Problem]:
    """Yield the problems the checks find; with many records, check on several cores.

    Another process returns only whether a check found something: those, few in data that is
    nearly right, run again here.
    """
    here: dict[Check, list[Problem]] = {}

    def made(check: Check) -> bytes:
        here[check] = _first(check(facts))
        return b"found" if here[check] else b""

    many = sum(map(len, facts.source.records.values())) >= _WORTH_SHARING
    if many:  # once, before processes part: nearly all of them ask for it
        _ = facts.changes, facts.papers
    found = parallel.fork_map(CHECKS, made, meanwhile=meanwhile) if many else map(made, CHECKS)
    for check in compress(CHECKS, found):
        yield from here[check] if check in here else _first(check(facts))


def _first(found: Iterable[Problem]) -> list[Problem]:
    """Return the first problems of a check, and if there are more than can be of use, say so."""
    listed = list(islice(found, MOST_FOUND + 1))
    if len(listed) > MOST_FOUND:
        last = listed.pop()
        more = Message(
            "more than {number} problems of this kind: no others are listed", number=MOST_FOUND
        )
        fix = Message("correct what the first ones have in common, then check again")
        listed.append(replace(last, line=1, column=1, subject="", what=more, fix=fix))
    return listed


def between(
    before: Source, after: Source, on: date, checks: Sequence[CheckEdit] = BETWEEN
) -> list[Problem]:
    """Return problems where `after` changes what it must keep of `before`, sorted by place."""
    edit = Edit(*(RuleContext(source, policy_of(source), on) for source in (before, after)))
    found = in_order(problem for check in checks for problem in _first(check(edit)))
    return with_causes(after, found)


def read(root: Path, on: date, ahead: Callable[[Loaded], object] = lambda _loaded: None) -> Loaded:
    """Read and check the data below `root`; raise `DataError` if it has any error.

    `ahead` is called, while other processes check, with data that may yet be refused. Its failures
    are ignored, and it may not be called at all.
    """
    with no_garbage_collection():
        source = load_checked(root, on)
        built: list[Organisation] = []

        def early() -> None:
            # Invalid data may fail to build here; valid data is built again below, and may raise.
            with suppress(Exception):
                built.append(build(source))
                ahead(Loaded(built[0], policy_of(source), source))

        problems = _validate(source, on, early)
        if any(p.severity == "error" for p in problems):
            raise DataError(problems, policy_of(source).regulation)
        organisation = built[0] if built else build(source)
        return Loaded(organisation, policy_of(source), source, tuple(problems))


def policy_of(source: Source) -> Policy:
    """Return the policy, with defaults for sections that have the wrong shape."""
    known = registry.schema("policy").fields
    sections: Map = {}
    for record in source.policy:
        for key in record.data.keys() & known.keys() - sections.keys():
            value = record.data[key]
            alone = record._replace(data={key: value})
            if not any(validator.problems(alone)):
                sections[key] = value
    return build_policy(sections)


def regulation_of(root: Path) -> Regulation:
    """Return the regulation that the policy below `root` names; nothing else is read."""
    return policy_of(load(root, kinds=("policy",))).regulation
