"""What the guards of a plan found, in sentences, and how to go on from there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import chain

from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.i18n.terms import GUARDS, some_id
from hopthu.model.guard_limits import WHOLE_PROVINCE
from hopthu.model.organisation import Organisation
from hopthu.plan.guards.custodians import Loss
from hopthu.plan.guards.invariants import CUSTODIAN
from hopthu.plan.guards.result import Guard
from hopthu.plan.phrases import describe_day, describe_document, describe_number

_GUARDS = {
    "close": (Message("mailbox would be closed"), Message("mailboxes would be closed")),
    "archive": (Message("mailbox would be archived"), Message("mailboxes would be archived")),
    "erase": (Message("mailbox would be erased"), Message("mailboxes would be erased")),
    "lock": (Message("mailbox would be locked"), Message("mailboxes would be locked")),
    "move": (
        Message("mailbox would move to another store"),
        Message("mailboxes would move to another store"),
    ),
    "change": (Message("mailbox would change"), Message("mailboxes would change")),
    "create": (Message("mailbox would be created"), Message("mailboxes would be created")),
}
"""What a guard counts: one, and several."""
_LOST = Message("mailbox would lose an address"), Message("mailboxes would lose an address")
_CLOSED_OR_LOST = (
    Message("mailbox would be closed or lose an address"),
    Message("mailboxes would be closed or lose an address"),
)
"""What the guard of closed mailboxes counts, where addresses are taken away as well."""
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

    Of a guard that refuses the plan in many units, the first ones are named; none of them if it
    refuses the plan province-wide as well.
    """
    beyond = [guard for guard in guards if guard.actual > guard.limit]
    refused = [guard for guard in beyond if not guard.passed and guard.id not in INVARIANTS]
    unnamed: dict[Guard, list[Guard]] = {}
    for alike in ([g for g in refused if g.id == name] for name in {g.id for g in refused}):
        few = 1 if alike[0].scope == WHOLE_PROVINCE else _FEW
        if len(alike) > _FEW:
            unnamed[alike[few - 1]] = alike[few:]
    hidden = {*chain(*unnamed.values())}
    for guard in beyond:
        sentence = _finding(guard, organisation)
        if rest := unnamed.get(guard):
            sentence = Message(
                "{found}; as well beyond the limits of {number} more units",
                found=sentence, number=describe_number(len(rest)),
            )  # fmt: skip
        if guard not in hidden:
            yield guard, sentence


def verdict(guard: Guard) -> Message:
    """Return what becomes of a plan in which a guard found something."""
    if guard.warns:
        return Message("warning")
    return Message("allowed") if guard.passed else Message("refused")


def refused_by(guards: Sequence[Guard]) -> Message:
    """Return the sentence that ends a plan which so many guards refuse."""
    number = sum(not guard.passed for guard in guards)
    if number == 1:
        return Message("Refused by a guard.")
    return Message("Refused by guards in {number} places.", number=describe_number(number))


def allowance(guards: Iterable[Guard], on: date) -> Message | None:
    """Return how a refused plan can be allowed; None if no allowance overrides its guards."""
    refused = [guard for guard in guards if not guard.passed]
    if not refused or any(guard.id in INVARIANTS for guard in refused):
        return None
    shown = [_row(guard, on) for guard in refused[:_FEW]]
    fix = Message(
        "change less at once; if it is meant, add to data/policy.yaml: `allowances: [{rows}]`; the "
        "document has to be issued for it, and its record in data/documents.yaml says so: "
        "`acts: [allowance]`",
        rows=", ".join(shown),
    )
    rest = len(refused) - len(shown)
    if not rest:
        return fix
    return Message("{fix}; and so on for {number} more scopes", fix=fix, number=rest)


def _row(guard: Guard, on: date) -> str:
    return (
        f"{{guard: {guard.id}, scope: {guard.scope}, document: {some_id('documents')}, "
        f"until: {(on + _REVIEW).isoformat()}}}"
    )


def _finding(guard: Guard, organisation: Organisation) -> Message:
    found = _found(guard, organisation)
    if guard.id in INVARIANTS:
        return Message("{found} ({guard})", found=found, guard=guard.id)
    if guard.allowance:
        document = organisation.documents.get(guard.allowance)
        cited = describe_document(document) if document else guard.allowance
        found = Message("{found}; allowed by {document}", found=found, document=cited)
    return Message("guard {guard}: {found}", guard=GUARDS[guard.id], found=found)


def _found(guard: Guard, organisation: Organisation) -> Message:
    name = _name(guard.scope, organisation)
    if guard.loss:
        return _without_custodian(guard.loss, name)
    if guard.id in _INVARIANTS:
        return Message(_INVARIANTS[guard.id].template, scope=name)
    one, many = _said(guard)
    values = {
        "number": describe_number(guard.mailboxes),
        "what": one if guard.mailboxes == 1 else many,
    }
    if guard.scope == WHOLE_PROVINCE:
        found = Message("{number} {what} province-wide", **values)
    else:
        found = Message("{number} {what} in {scope}", scope=name, **values)
    if guard.actual != guard.mailboxes:
        found = Message(
            "{found}, counted as {actual} (a unit mailbox as several)",
            found=found,
            actual=describe_number(guard.actual),
        )
    return Message("{found}, limit {limit}", found=found, limit=describe_number(guard.limit))


def _without_custodian(loss: Loss, name: str) -> Message:
    found = Message(
        "the mailbox of {scope} has neither head nor delegate from {day} on",
        scope=name, day=describe_day(loss.on),
    )  # fmt: skip
    if not loss.endings:
        return Message("{found}, and no dated row says why", found=found)
    rows = joined(each.sentence() for each in loss.endings)
    return Message("{found}: {rows}", found=found, rows=rows)


def _said(guard: Guard) -> tuple[Message, Message]:
    if guard.id != "close" or not guard.addresses:
        return _GUARDS[guard.id]
    return _LOST if guard.addresses == guard.mailboxes else _CLOSED_OR_LOST


def _name(key: str, organisation: Organisation) -> str:
    record = organisation.record(key)
    return record.name if record else key
