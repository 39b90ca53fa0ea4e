"""The rule that a document serves only the acts and units it names (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.model.competence import GRANTED
from hopthu.rules.book import check
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.competence import Competent
from hopthu.rules.powers.concern import concerned
from hopthu.rules.powers.own_rows import of_second_post
from hopthu.rules.powers.uses import ACTS, Use, acts_of, beside_rows, of_row, regulations
from hopthu.rules.rows import text, texts
from hopthu.source.records import Record

SERVES = Rule(
    "document-serves",
    "Art. 5.1",
    "a document serves the acts and units it names; exceptions, allowances and corrections need "
    "one that is issued for them",
)


class _Named(NamedTuple):
    """What a document is issued for: acts, or None for any, and units, or none for any."""

    acts: frozenset[str] | None
    units: Sequence[str]
    reached: frozenset[str]
    """The units and their successors."""


_ANYTHING = _Named(None, (), frozenset())


@check
def document_serves(facts: RuleContext) -> Iterator[Problem]:
    """Report documents cited for acts or units that they do not name."""
    naming = {
        key: _named(facts, record)
        for key, record in facts.documents.items()
        if "acts" in record.data or "units" in record.data
    }
    for use in _of_rows(facts, naming) if naming else ():
        yield from _unnamed(use, naming[use.document])
    power = Competent(facts)
    for use in (*beside_rows(facts), *regulations(facts)):
        issuer = facts.issuers.get(use.document)
        if use.act == "regulation" and issuer in use.units and use.document not in naming:
            continue  # as nearly always
        if issuer is None or not power.permits(use):
            continue  # reported as such
        named = naming.get(use.document, _ANYTHING)
        if use.act in ("regulation", "correction") and not named.units:
            named = _Named(named.acts, (issuer,), _reached(facts, (issuer,)))
        units = (*use.units, *of_second_post(facts, use))
        yield from _unnamed(use._replace(units=units), named)


@check
def authorises_one(facts: RuleContext) -> Iterator[Problem]:
    """Report authorisations cited for a second person, or of a head before the one of the day."""
    for unit, delegates in facts.delegates.items():
        first: dict[str, str] = {}
        for row in sorted(delegates, key=lambda row: row.start):
            document = facts.documents.get(row.decision)
            if document is None or text(document.data, "kind") != "authorisation":
                continue
            person = first.setdefault(row.decision, row.person)
            given_by = _head(facts, unit, text(document.data, "date"))
            if person != row.person:
                what = Message(
                    "{document} authorises {person}", document=row.decision, person=person
                )
            elif given_by and given_by != _head(facts, unit, row.start):
                what = Message(
                    "{document} is of {head}, who does not head the unit on {day}",
                    document=row.decision,
                    head=given_by,
                    day=row.start,
                )
            else:
                continue
            yield SERVES.violation(
                row.record.at(*row.steps, "decision"),
                what,
                subject=unit,
                article="Art. 7.2",
                fix=Message("cite the authorisation of this person, by the head of that day"),
            )


def _head(facts: RuleContext, unit: str, day: str) -> str:
    heads = facts.heads.get(unit, ())
    return next((head.person for head in heads if head.holds_on(day)), "")


def _named(facts: RuleContext, document: Record) -> _Named:
    acts = frozenset(act for _, act in texts(document, ("acts", "*")))
    units = tuple(unit for _, unit in texts(document, ("units", "*")))
    return _Named(acts if "acts" in document.data else None, units, _reached(facts, units))


def _reached(facts: RuleContext, units: Sequence[str]) -> frozenset[str]:
    return frozenset(units).union(*(facts.heirs.get(unit, ()) for unit in units))


def _of_rows(facts: RuleContext, naming: Container[str]) -> Iterator[Use]:
    """Yield where rows cite one of the documents that name what they are for."""
    for row in facts.changes:
        for field, cited in (("decision", row.decision), ("request", row.request)):
            if cited in naming:
                units = tuple(concerned(facts, row))
                for act in acts_of(row):
                    yield of_row(facts, row, field, act, units)


def _unnamed(use: Use, named: _Named) -> Iterator[Problem]:
    if use.act != "regulation" and (
        use.act in GRANTED if named.acts is None else use.act not in named.acts
    ):
        yield _no_such_act(use, named.acts or ())
    if named.units and named.reached.isdisjoint(use.units):
        yield _no_such_unit(use, named.units)


def _no_such_act(use: Use, acts: Container[str]) -> Problem:
    named = [ACTS[act] for act in ACTS if act in acts]
    return SERVES.violation(
        use.record.at(*use.steps),
        Message("{document} is not issued for {act}", document=use.document, act=ACTS[use.act]),
        subject=use.record.id,
        fix=Message("cite the document for it; this one is for: {acts}", acts=joined(named, ", "))
        if named
        else Message(
            "cite the document that grants it; its record says so: `acts: [{key}]`", key=use.act
        ),
    )


def _no_such_unit(use: Use, units: Sequence[str]) -> Problem:
    wanted = ", ".join(dict.fromkeys(use.units)) or Message("the whole province")
    return SERVES.violation(
        use.record.at(*use.steps),
        Message("{document} does not name {units}", document=use.document, units=wanted),
        subject=use.record.id,
        fix=Message(
            "cite the document for it; the `units` of this one are: {units}",
            units=", ".join(units),
        ),
    )
