"""The rule that documents are cited for what their kind can do (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import DOCUMENTS
from hopthu.rules.context import RuleContext
from hopthu.rules.rows import Steps, text
from hopthu.source.records import Record

ROLE = Rule(
    "document-role",
    "Art. 5.1",
    "decisions decide, requests ask, authorisations make delegates, regulations rule mailboxes",
)
# Which kinds of document may stand at a place; any other place takes a decision or a request.
_ROLES = {
    "request": ("request",),
    "decision": ("decision",),
    "delegate": ("authorisation",),
    "regulation": ("regulation",),
}
_OTHERWISE = ("decision", "request")


def document_role(facts: RuleContext) -> Iterator[Problem]:
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
            if kinds.get(cited) and cited not in fitting[role]:
                yield _wrong(row.record, (*row.steps, field), cited, kinds[cited], _ROLES[role])
    for record in facts.units.values():
        cited = text(record.data, "regulation")
        if kinds.get(cited) and cited not in fitting["regulation"]:
            yield _wrong(record, ("regulation",), cited, kinds[cited], _ROLES["regulation"])
    for record, steps, cited in facts.beside_rows:
        if kinds.get(cited) and kinds[cited] not in _OTHERWISE:
            yield _wrong(record, steps, cited, kinds[cited], _OTHERWISE)


def _wrong(record: Record, steps: Steps, cited: str, kind: str, able: Sequence[str]) -> Problem:
    wanted = Message("decision or request") if able == _OTHERWISE else DOCUMENTS[able[0]]
    return ROLE.violation(
        record.at(*steps),
        Message(
            "{document} is of kind {kind}, not {wanted}",
            document=cited,
            kind=DOCUMENTS.get(kind, kind),
            wanted=wanted,
        ),
        subject=record.id,
        fix=Message("cite a document of kind {wanted}, or see the kind of this one", wanted=wanted),
    )


RULES = (ROLE,)
CHECKS = (document_role,)
