"""Rules on what changes rest on: a decision, then a request of the unit concerned (Art. 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hopthu.problems import Problem
from hopthu.rules.facts import Facts
from hopthu.rules.onward import successors
from hopthu.rules.rows import Row, day, text
from hopthu.rules.rule import Rule
from hopthu.source import Record
from hopthu.text import Text

ROLE = Rule(
    "document-role",
    "Art. 5.1",
    "decisions decide, requests ask, authorisations make delegates, regulations rule mailboxes",
)
ORDER = Rule(
    "decision-before-request",
    "Art. 5.2",
    "first the competent authority decides, then the unit asks the operator to follow",
)
CONCERNED = Rule(
    "issuer-concerned",
    "Art. 5.2",
    "the unit concerned asks, or one above it, or the operator; nobody disposes of others' people",
)
CITED = Rule(
    "basis-cited",
    "Art. 5.1",
    "policy says which documents a change must name, beyond what every change names",
)
# Which kinds of document may stand at a place; any other place takes a decision or a request.
_ROLES = {
    "request": ("request",),
    "decision": ("decision",),
    "delegate": ("authorisation",),
    "regulation": ("regulation",),
}


def document_role(facts: Facts) -> Iterator[Problem]:
    """Report documents cited for what their kind cannot do."""
    kinds = {key: text(record.data, "kind") for key, record in facts.documents.items()}
    fitting = {role: {key for key in kinds if kinds[key] in able} for role, able in _ROLES.items()}
    for row in facts.changes:
        decisive = "delegate" if row.kind == "delegate" else "decision"
        if row.decision in fitting[decisive] and row.request in fitting["request"]:
            continue  # as nearly always
        for field, cited, role in (
            ("decision", row.decision, decisive),
            ("request", row.request, "request"),
        ):
            kind = kinds.get(cited)
            if kind and kind not in _ROLES[role]:
                yield _wrong_role(row.record, (*row.steps, field), cited, kind, _ROLES[role][0])
    for record in facts.units.values():
        kind = kinds.get(text(record.data, "regulation"))
        if kind and kind not in _ROLES["regulation"]:
            cited = text(record.data, "regulation")
            yield _wrong_role(record, ("regulation",), cited, kind, "regulation")


def decision_before_request(facts: Facts) -> Iterator[Problem]:
    """Report requests dated before the decision they rest on; each pair once a row."""
    dates = _dates(facts)
    for row in facts.changes:
        decided, asked = dates.get(row.decision, ""), dates.get(row.request, "")
        if decided and asked and decided > asked:
            yield ORDER.broken(
                row.record.at(*row.steps, "request"),
                Text(
                    "{request} of {asked} is older than {decision} of {decided}",
                    request=row.request,
                    asked=asked,
                    decision=row.decision,
                    decided=decided,
                ),
                subject=row.record.id,
                fix=Text("cite the request that followed the decision, or see the two dates"),
            )


def issuer_concerned(facts: Facts) -> Iterator[Problem]:
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


def basis_cited(facts: Facts) -> Iterator[Problem]:
    """Report changes that do not name what policy asks them to."""
    asked = facts.policy.citing
    if not asked:
        return
    for row in facts.changes:
        for field in asked.get(row.kind, ()):
            if not (row.decision if field == "decision" else row.request):
                yield CITED.broken(
                    row.record.at(*row.steps),
                    Text("no {field} is named, which policy asks for here", field=field),
                    subject=row.record.id,
                    fix=Text("add `{field}` with the document's id", field=field),
                )


def _concerned(facts: Facts, row: Row, heirs: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield the units with a say in a change: its own, and those it comes from or goes to."""
    if row.kind in ("left", "lock"):
        yield from (p.unit for p in facts.posts.get(row.person, ()) if p.start <= row.start)
        return
    yield row.unit
    if row.kind == "post":
        yield from (p.unit for p in facts.posts[row.person] if p.start < row.start)
    elif row.kind == "ended":
        yield from heirs.get(row.unit, ())


def _heirs(facts: Facts) -> dict[str, list[str]]:
    """Return the successors of each ended unit."""
    return {
        unit: [named for _, named in successors(row.record)] for unit, row in facts.ended.items()
    }


def _issuers(facts: Facts) -> dict[str, str]:
    """Return the issuer of each document, empty where it is none of our units."""
    issuers = {key: text(record.data, "issuer") for key, record in facts.documents.items()}
    return {
        key: issuer
        for key, issuer in issuers.items()
        if issuer in facts.units or "outside_issuer" in facts.documents[key].data
    }


def _dates(facts: Facts) -> dict[str, str]:
    return {key: day(text(record.data, "date")) for key, record in facts.documents.items()}


def _wrong_role(
    record: Record, steps: tuple[str | int, ...], cited: str, kind: str, wanted: str
) -> Problem:
    return ROLE.broken(
        record.at(*steps),
        Text(
            "{document} is of kind {kind}, not {wanted}", document=cited, kind=kind, wanted=wanted
        ),
        subject=record.id,
        fix=Text("cite a document of kind {wanted}, or see the kind of this one", wanted=wanted),
    )


def _unconcerned(record: Record, steps: tuple[str | int, ...], cited: str, issuer: str) -> Problem:
    what = (
        Text("{document} is by {unit}, which is not concerned", document=cited, unit=issuer)
        if issuer
        else Text("{document} is by none of our units", document=cited)
    )
    return CONCERNED.broken(
        record.at(*steps),
        what,
        subject=record.id,
        fix=Text("cite the document of the unit itself, or of one above it"),
    )


RULES = (ROLE, ORDER, CONCERNED, CITED)
CHECKS = (document_role, decision_before_request, issuer_concerned, basis_cited)
