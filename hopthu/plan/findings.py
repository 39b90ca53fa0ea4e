"""What the guards of a plan found, in sentences, and how to go on from there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.i18n.terms import GUARDS, some_id
from hopthu.model.guard_limits import WHOLE_PROVINCE
from hopthu.model.organisation import Organisation
from hopthu.model.phrases import describe_day, describe_document, describe_number
from hopthu.plan.guards.custodians import Loss
from hopthu.plan.guards.invariants import CUSTODIAN
from hopthu.plan.guards.result import Guard

_INVARIANTS = {
    "address-changes-hands": Message("{scope} would lead to a different mailbox"),
    "address-reissued": Message(
        "{scope} is a former address of somebody else and cannot be reissued"
    ),
    "erase-under-hold": Message("the mailbox of {scope} is under legal hold and cannot be erased"),
}
INVARIANTS = frozenset((*_INVARIANTS, CUSTODIAN))
_FEW = 5
"""So many units are named for each guard, and so many allowances are written out."""
_REVIEW = timedelta(days=7)
"""How long an allowance that is written out counts: it is reviewed before it is applied."""


def findings(
    guards: Sequence[Guard], organisation: Organisation
) -> Iterator[tuple[Guard, Message]]:
    """Yield each guard that refuses a plan, or would without its allowance, and the sentence.

    Of those with a limit, which come after the others, the last named stands for more than a few.
    """
    beyond = [guard for guard in guards if guard.actual > guard.limit]
    few = sum(guard.id in INVARIANTS for guard in beyond) + _FEW
    more = describe_number(len(beyond[few:]))
    for number, guard in enumerate(beyond[:few], 1):
        said = _finding(guard, organisation)
        if number == few and beyond[few:]:
            said = Message("{found}; as well beyond {number} more limits", found=said, number=more)
        yield guard, said


def verdict(guard: Guard) -> Message:
    """Return what becomes of a plan in which a guard found something."""
    if guard.warns:
        return Message("warning")
    return Message("allowed") if guard.passed else Message("refused")


def allowance(guards: Iterable[Guard], on: date) -> Message | None:
    """Return how a refused plan can be allowed; None if no allowance overrides its guards."""
    refused = [guard for guard in guards if not guard.passed]
    if not refused or any(guard.id in INVARIANTS for guard in refused):
        return None
    rows = [
        f"{{guard: {guard.id}, scope: {guard.scope}, document: {some_id('documents')}, "
        f"until: {(on + _REVIEW).isoformat()}}}"
        for guard in refused
    ]
    return Message(
        "change less at once; if it is meant, add to data/policy.yaml: `allowances: [{rows}]`; the "
        "document has to be issued for it, and its record in data/documents.yaml says so: "
        "`acts: [allowance]`",
        rows=", ".join(rows[:_FEW] + (["…"] if rows[_FEW:] else [])),
    )


def _finding(guard: Guard, organisation: Organisation) -> Message:
    found = _found(guard, organisation)
    if guard.id in INVARIANTS:
        return Message("{found} ({guard})", found=found, guard=guard.id)
    if guard.allowance:
        document = organisation.documents.get(guard.allowance)
        cited = describe_document(document) if document else guard.allowance
        found = Message("{found}; allowed by {document}", found=found, document=cited)
    return Message("guard {guard}, {found}", guard=GUARDS[guard.id], found=found)


def _found(guard: Guard, organisation: Organisation) -> Message:
    name = _name(guard.scope, organisation)
    if guard.loss:
        return _without_custodian(guard.loss, name)
    if guard.id in _INVARIANTS:
        return Message(_INVARIANTS[guard.id].template, scope=name)
    where = Message("province-wide") if guard.scope == WHOLE_PROVINCE else name
    counted = describe_number(guard.mailboxes)
    if guard.actual != guard.mailboxes:
        counted = Message("{number}, counted as {actual} (a unit mailbox as several)",
                          number=counted, actual=describe_number(guard.actual))  # fmt: skip
    return Message("{where}: mailboxes: {number}, limit {limit}", where=where, number=counted,
                   limit=describe_number(guard.limit))  # fmt: skip


def _without_custodian(loss: Loss, name: str) -> Message:
    found = Message(
        "the mailbox of {scope} has neither head nor delegate from {day} on",
        scope=name, day=describe_day(loss.on),
    )  # fmt: skip
    if not loss.endings:
        return Message("{found}, and no dated row says why", found=found)
    rows = joined(each.sentence() for each in loss.endings)
    return Message("{found}: {rows}", found=found, rows=rows)


def _name(key: str, organisation: Organisation) -> str:
    record = organisation.record(key)
    return record.name if record else key
