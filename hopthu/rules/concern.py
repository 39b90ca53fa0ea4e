"""The rule that whoever asks for a change is concerned by it (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.rules.context import RuleContext
from hopthu.rules.rows import Row, text
from hopthu.rules.successors import successors
from hopthu.source.records import Record

CONCERNED = Rule(
    "issuer-concerned",
    "Art. 5.2",
    "the unit concerned asks, or one above it, or the operator; nobody disposes of others' people",
)


def issuer_authorised(facts: RuleContext) -> Iterator[Problem]:
    """Report requests, authorisations and regulations of units that have no say in the matter."""
    issuers = _issuers(facts)
    heirs = _heirs(facts)
    for row in facts.changes:
        delegate = row.kind == "delegate"
        field, cited = ("decision", row.decision) if delegate else ("request", row.request)
        if cited not in issuers or (row.unit and row.unit not in facts.units):
            continue
        issuer = issuers[cited]
        if issuer == row.unit or (issuer == facts.policy.operator and not delegate):
            continue
        asking = {issuer, *heirs.get(issuer, ())}  # a successor's forebear spoke for it once
        units = _concerned(facts, row, heirs)
        if all(asking.isdisjoint(facts.above.get(unit, ())) for unit in units):
            yield _unconcerned(row.record, (*row.steps, field), cited, issuer)
    for record in facts.units.values():
        cited = text(record.data, "regulation")
        if cited in issuers and issuers[cited] not in facts.above[record.id]:
            yield _unconcerned(record, ("regulation",), cited, issuers[cited])
    for record, steps, cited in facts.beside_rows:
        asks = cited in issuers and text(facts.documents[cited].data, "kind") == "request"
        if not asks or issuers[cited] == facts.policy.operator:
            continue
        able = _with_a_say(facts, record, heirs)
        if able and all(issuers[cited] not in facts.above.get(unit, ()) for unit in able):
            yield _unconcerned(record, steps, cited, issuers[cited])


def _concerned(facts: RuleContext, row: Row, heirs: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield the units with a say in a change: its own, and those it comes from or goes to."""
    if row.kind in ("left", "lock"):
        yield from (p.unit for p in facts.posts.get(row.person, ()) if p.start <= row.start)
        return
    yield row.unit
    if row.kind == "post":
        yield from (p.unit for p in facts.posts[row.person] if p.start < row.start)
    elif row.kind == "ended":
        yield from heirs.get(row.unit, ())


def _with_a_say(facts: RuleContext, record: Record, heirs: Mapping[str, list[str]]) -> list[str]:
    """Return the units that may ask for an exception or a correction, and their successors."""
    if record.kind == "people":
        units = [post.unit for post in facts.posts.get(record.id, ())]
    elif record.kind == "units":
        units = [record.id]
    else:  # a document, of a unit or of none of ours
        units = [text(record.data, "issuer")] if "issuer" in record.data else []
    return [*units, *(heir for unit in units for heir in heirs.get(unit, ()))]


def _heirs(facts: RuleContext) -> dict[str, list[str]]:
    """Return the successors of each ended unit."""
    return {
        unit: [named for _, named in successors(row.record)] for unit, row in facts.ended.items()
    }


def _issuers(facts: RuleContext) -> dict[str, str]:
    """Return the issuer of each document, empty where it is none of our units."""
    issuers = {key: text(record.data, "issuer") for key, record in facts.documents.items()}
    return {
        key: issuer
        for key, issuer in issuers.items()
        if issuer in facts.units or "outside_issuer" in facts.documents[key].data
    }


def _unconcerned(record: Record, steps: tuple[str | int, ...], cited: str, issuer: str) -> Problem:
    what = (
        Message("{document} is by {unit}, which is not concerned", document=cited, unit=issuer)
        if issuer
        else Message("{document} is by none of our units", document=cited)
    )
    return CONCERNED.violation(
        record.at(*steps),
        what,
        subject=record.id,
        fix=Message("cite the document of the unit itself, or of one above it"),
    )


RULES = (CONCERNED,)
CHECKS = (issuer_authorised,)
