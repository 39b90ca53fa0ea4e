"""The rule that documents are cited for what their kind can do (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import DOCUMENTS
from hopthu.rules.book import check
from hopthu.rules.context import RuleContext, case_of
from hopthu.rules.rows import Kind, Row, Steps, died, facts_of, text
from hopthu.source.records import Record

ROLE = Rule(
    "document-role",
    "Art. 5.1",
    "each kind of document has its use: decisions decide, requests ask, authorisations name "
    "delegates, regulations govern mailboxes, notices report a death or another name, adoptions "
    "say who is in post",
)
# Which kinds of document may stand at a place; any other place takes a decision or a request.
_ROLES = {
    "request": ("request",),
    "decision": ("decision",),
    "placing": ("decision", "adoption"),
    "placing request": ("request", "adoption"),
    "delegate": ("authorisation",),
    "died": ("notice", "decision"),
    "name": ("decision", "notice"),
    "regulation": ("regulation",),
}
_OTHERWISE = ("decision", "request")
_PLACING: tuple[Kind, ...] = ("post", "head")


@check
def document_role(facts: RuleContext) -> Iterator[Problem]:
    """Report documents cited for what their kind cannot do."""
    kinds = {key: text(record.data, "kind") for key, record in facts.documents.items()}
    unfit = {
        case
        for case in facts.cases
        if kinds.get(case[3], "request") not in _ROLES[_asking(case[0])]
        or kinds.get(case[2], _ROLES[_deciding(case[0])][0]) not in _ROLES[_deciding(case[0])]
    }
    for row in facts.changes if unfit else ():
        if case_of(row) not in unfit:
            continue  # as nearly always
        decisive = _decisive(row)
        for field, cited, role in (
            ("decision", row.decision, decisive),
            ("request", row.request, _asking(row.kind)),
        ):
            if kinds.get(cited) and kinds[cited] not in _ROLES[role]:
                yield _wrong(row.record, (*row.steps, field), cited, kinds[cited], _ROLES[role])
    for record in facts.units.values():
        cited = text(record.data, "regulation")
        if kinds.get(cited) and kinds[cited] not in _ROLES["regulation"]:
            yield _wrong(record, ("regulation",), cited, kinds[cited], _ROLES["regulation"])
    for record, steps, cited in facts.beside_rows:
        if record.kind == "documents" and record.id == cited:
            yield ROLE.violation(
                record.at(*steps),
                Message("a document cannot correct its own record"),
                subject=record.id,
                fix=Message("cite the later document by which the mistake was corrected"),
            )
            continue
        if kinds.get(cited) and kinds[cited] not in _OTHERWISE:
            yield _wrong(record, steps, cited, kinds[cited], _OTHERWISE)


def _decisive(row: Row) -> str:
    """Return the role of the document at `decision`."""
    if died(row):
        return "died"
    if row.record.kind == "people" and facts_of(row) == ["name"]:
        return "name"
    return _deciding(row.kind)


def _deciding(kind: Kind) -> str:
    if kind in _PLACING:
        return "placing"
    return "delegate" if kind == "delegate" else "decision"


def _asking(kind: Kind) -> str:
    return "placing request" if kind in _PLACING else "request"


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
        fix=Message(
            "cite a document of kind {wanted}, or check the kind of this one", wanted=wanted
        ),
    )
