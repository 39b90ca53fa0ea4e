"""How a plan is told, whatever the format: its summary, its groups, and what guards found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from hopthu.i18n.message import Message
from hopthu.model.guard_limits import WHOLE_PROVINCE
from hopthu.model.organisation import Organisation
from hopthu.plan.diff import KINDS, Change
from hopthu.plan.guards.result import Guard
from hopthu.plan.host_changes import OnHost, Servers
from hopthu.plan.phrases import describe_day, describe_document
from hopthu.plan.plan import Plan

_COUNTED = {
    ("mailbox", "create"): Message("mailboxes created"),
    ("mailbox", "change"): Message("mailboxes of which name, post or space changes"),
    ("mailbox", "move"): Message("mailboxes that move to another store"),
    ("mailbox", "lock"): Message("mailboxes locked"),
    ("mailbox", "unlock"): Message("mailboxes opened again"),
    ("mailbox", "redirect"): Message("mailboxes whose mail leads to a successor"),
    ("mailbox", "close"): Message("mailboxes closed"),
    ("mailbox", "archive"): Message("mailboxes due for the archive"),
    ("mailbox", "erase"): Message("mailboxes due to be erased"),
    ("address", "add"): Message("addresses added"),
    ("address", "change"): Message("addresses that lead to another mailbox"),
    ("address", "remove"): Message("addresses taken away"),
    ("access", "grant"): Message("rights to use a unit mailbox given"),
    ("access", "revoke"): Message("rights to use a unit mailbox taken back"),
    ("entry", "restore"): Message("directory entries put right"),
    ("entry", "add"): Message("directory entries added"),
}
_RECORDS = {
    "unit": Message("records of units that change"),
    "person": Message("records of people that change"),
    "entry": Message("units whose directory entries change"),
    "policy": Message("settings of the policy that change"),
}
_GUARDS = {
    "close": Message("mailboxes closed"),
    "archive": Message("mailboxes archived"),
    "erase": Message("mailboxes erased"),
    "lock": Message("mailboxes locked"),
    "move": Message("mailboxes that move to another store"),
    "change": Message("mailboxes that change"),
    "create": Message("mailboxes created"),
}
_FILES = {
    "create": Message("{path} is put there"),
    "change": Message("{path} changes"),
    "remove": Message("{path} is removed"),
}
_NEVER = {
    "address-changes-hands": Message("{scope} would lead to another mailbox than before"),
    "address-reissued": Message("{scope} was given up by somebody else and is not given again"),
    "erase-under-hold": Message("the mailbox of {scope} is under legal hold and may not be erased"),
    "unit-without-custodian": Message(
        "the mailbox of {scope} would have neither head nor delegate"
    ),
}
MAX_SHOWN = 10
"""Of so many changes of one kind or more in a group, a reader is shown so many."""
_ALWAYS = frozenset({"close", "redirect", "archive", "erase", "remove", "lock", "revoke"})


@dataclass(frozen=True, slots=True)
class Group:
    """Changes of one unit that rest on the same documents; `more` are not shown."""

    documents: Sequence[str | Message]
    unit: str
    changes: Sequence[Change]
    more: int


def heading(plan: Plan) -> Message:
    """Return how many changes there are, on which day, or that there is none."""
    day = describe_day(plan.on)
    hosts = plan.servers.hosts if plan.servers else ()
    if plan.changes:
        return Message("Changes on {day}: {number}.", day=day, number=len(plan.changes))
    if hosts:
        return Message("On {day} nothing changes but files and services of hosts.", day=day)
    return Message("Nothing changes on {day}.", day=day)


def against(plan: Plan) -> Message:
    """Return what the plan was made against, and its checksum."""
    if plan.servers:
        return Message(
            "Against what the servers of {inventory} hold; checksum {sum}.",
            inventory=plan.servers.inventory, sum=plan.checksum[:16],
        )  # fmt: skip
    return Message("Against {base}; checksum {sum}.", base=plan.base[:12], sum=plan.checksum[:16])


def on_host(host: OnHost) -> Iterator[tuple[str, Message]]:
    """Yield each line on a host, with the action that decides on its sign."""
    for path, action in list(host.files.items())[:MAX_SHOWN]:
        yield action, Message(_FILES[action].template, path=path)
    if len(host.files) > MAX_SHOWN:
        yield "", Message("… and {number} more like these", number=len(host.files) - MAX_SHOWN)
    if host.new_mailboxes:
        yield "create", Message("new mailboxes are made: {number}", number=host.new_mailboxes)
    told = dict.fromkeys(each.phrase for each in host.services.values())
    yield from (("", each) for each in told)


def strangers(servers: Servers) -> Message:
    """Return that entries are left alone which the data knows nothing of."""
    return Message(
        "In the directory, not in the data, left alone: {number}", number=len(servers.strangers)
    )


def summary(changes: Sequence[Change]) -> list[tuple[Message, int]]:
    """Return what happens how many times, in the order plans are told in."""
    counted = Counter(_COUNTED.get((c.kind, c.action)) or _RECORDS[c.kind] for c in changes)
    order = [*_RECORDS.values(), *_COUNTED.values()]
    return sorted(counted.items(), key=lambda item: order.index(item[0]))


def groups(changes: Sequence[Change], organisation: Organisation) -> Iterator[Group]:
    """Yield the changes by document and unit; what takes away is always shown in full."""

    def key(change: Change) -> tuple[tuple[str, ...], str]:
        return change.basis, change.unit

    for (basis, unit), found in groupby(sorted(changes, key=key), key=key):
        shown: list[Change] = []
        members = sorted(found, key=lambda c: (KINDS.index(c.kind), c.action))
        for (_, action), same in groupby(members, key=lambda c: (c.kind, c.action)):
            listed = list(same)
            shown += listed if action in _ALWAYS else listed[:MAX_SHOWN]
        documents = [
            describe_document(organisation.documents[d]) if d in organisation.documents else d
            for d in basis
        ]
        name = organisation.units[unit].name if unit in organisation.units else unit
        yield Group(documents, name, shown, len(members) - len(shown))


def finding(guard: Guard, organisation: Organisation) -> Message:
    """Return what a guard that stops a plan, or would without its allowance, found."""
    name = _called(guard.scope, organisation)
    if guard.id in _NEVER:
        return Message(_NEVER[guard.id].template, scope=name)
    said = {"what": _GUARDS[guard.id], "actual": guard.actual, "limit": guard.limit}
    found = (
        Message("{what} in the whole province: {actual}, at most {limit}", **said)
        if guard.scope == WHOLE_PROVINCE
        else Message("{what} in {scope}: {actual}, at most {limit}", scope=name, **said)
    )
    if not guard.allowance:
        return found
    document = organisation.documents.get(guard.allowance)
    cited = describe_document(document) if document else guard.allowance
    return Message("{found}; allowed by {document}", found=found, document=cited)


def _called(key: str, organisation: Organisation) -> str:
    record = organisation.units.get(key) or organisation.people.get(key)
    return record.name if record else key
