"""How a plan is told, whatever the format: its summary, its groups, and what guards found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from hopthu.changes import KINDS, Change
from hopthu.organisation import Organisation
from hopthu.plan import Plan
from hopthu.servers import OnHost, Servers
from hopthu.text import Text
from hopthu.thresholds import ALL
from hopthu.verdict import Guard
from hopthu.wording import day_words, document_words

_COUNTED = {
    ("mailbox", "create"): Text("mailboxes created"),
    ("mailbox", "change"): Text("mailboxes of which name, post or space changes"),
    ("mailbox", "move"): Text("mailboxes that move to another store"),
    ("mailbox", "lock"): Text("mailboxes locked"),
    ("mailbox", "unlock"): Text("mailboxes opened again"),
    ("mailbox", "redirect"): Text("mailboxes whose mail leads to a successor"),
    ("mailbox", "close"): Text("mailboxes closed"),
    ("mailbox", "archive"): Text("mailboxes due for the archive"),
    ("mailbox", "erase"): Text("mailboxes due to be erased"),
    ("address", "add"): Text("addresses added"),
    ("address", "change"): Text("addresses that lead to another mailbox"),
    ("address", "remove"): Text("addresses taken away"),
    ("access", "grant"): Text("rights to use a unit mailbox given"),
    ("access", "revoke"): Text("rights to use a unit mailbox taken back"),
    ("entry", "restore"): Text("directory entries put right"),
    ("entry", "add"): Text("directory entries added"),
}
_RECORDS = {
    "unit": Text("records of units that change"),
    "person": Text("records of people that change"),
    "entry": Text("units whose directory entries change"),
    "policy": Text("settings of the policy that change"),
}
_GUARDS = {
    "close": Text("mailboxes closed"),
    "archive": Text("mailboxes archived"),
    "erase": Text("mailboxes erased"),
    "lock": Text("mailboxes locked"),
    "move": Text("mailboxes that move to another store"),
    "change": Text("mailboxes that change"),
    "create": Text("mailboxes created"),
}
_FILES = {
    "create": Text("{path} is put there"),
    "change": Text("{path} changes"),
    "remove": Text("{path} is removed"),
}
_NEVER = {
    "address-changes-hands": Text("{scope} would lead to another mailbox than before"),
    "address-reissued": Text("{scope} was given up by somebody else and is not given again"),
    "erase-under-hold": Text("the mailbox of {scope} is under legal hold and may not be erased"),
    "unit-without-custodian": Text("the mailbox of {scope} would have neither head nor delegate"),
}
SHOWN = 10
"""Of so many changes of one kind or more in a group, a reader is shown so many."""
_ALWAYS = frozenset({"close", "redirect", "archive", "erase", "remove", "lock", "revoke"})


@dataclass(frozen=True, slots=True)
class Group:
    """Changes of one unit that rest on the same documents; `more` are not shown."""

    documents: Sequence[str | Text]
    unit: str
    changes: Sequence[Change]
    more: int


def heading(plan: Plan) -> Text:
    """Return how many changes there are, on which day, or that there is none."""
    day = day_words(plan.on)
    hosts = plan.servers.hosts if plan.servers else ()
    if plan.changes:
        return Text("Changes on {day}: {number}.", day=day, number=len(plan.changes))
    if hosts:
        return Text("On {day} nothing changes but files and services of hosts.", day=day)
    return Text("Nothing changes on {day}.", day=day)


def against(plan: Plan) -> Text:
    """Return what the plan was made against, and its checksum."""
    if plan.servers:
        return Text(
            "Against what the servers of {inventory} hold; checksum {sum}.",
            inventory=plan.servers.inventory, sum=plan.checksum[:16],
        )  # fmt: skip
    return Text("Against {base}; checksum {sum}.", base=plan.base[:12], sum=plan.checksum[:16])


def on_host(host: OnHost) -> Iterator[tuple[str, Text]]:
    """Yield each line on a host, with the action that decides on its sign."""
    for path, action in list(host.files.items())[:SHOWN]:
        yield action, Text(_FILES[action].template, path=path)
    if len(host.files) > SHOWN:
        yield "", Text("… and {number} more like these", number=len(host.files) - SHOWN)
    if host.new_mailboxes:
        yield "create", Text("new mailboxes are made: {number}", number=host.new_mailboxes)
    told = dict.fromkeys(does.told for does in host.services.values())
    yield from (("", each) for each in told)


def strangers(servers: Servers) -> Text:
    """Return that entries are left alone which the data knows nothing of."""
    return Text(
        "In the directory, not in the data, left alone: {number}", number=len(servers.strangers)
    )


def summary(changes: Sequence[Change]) -> list[tuple[Text, int]]:
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
            shown += listed if action in _ALWAYS else listed[:SHOWN]
        documents = [
            document_words(organisation.documents[d]) if d in organisation.documents else d
            for d in basis
        ]
        name = organisation.units[unit].name if unit in organisation.units else unit
        yield Group(documents, name, shown, len(members) - len(shown))


def finding(guard: Guard, organisation: Organisation) -> Text:
    """Return what a guard that stops a plan, or would without its allowance, found."""
    name = _called(guard.scope, organisation)
    if guard.id in _NEVER:
        return Text(_NEVER[guard.id].template, scope=name)
    said = {"what": _GUARDS[guard.id], "actual": guard.actual, "limit": guard.limit}
    found = (
        Text("{what} in the whole province: {actual}, at most {limit}", **said)
        if guard.scope == ALL
        else Text("{what} in {scope}: {actual}, at most {limit}", scope=name, **said)
    )
    if not guard.allowance:
        return found
    document = organisation.documents.get(guard.allowance)
    cited = document_words(document) if document else guard.allowance
    return Text("{found}; allowed by {document}", found=found, document=cited)


def _called(key: str, organisation: Organisation) -> str:
    record = organisation.units.get(key) or organisation.people.get(key)
    return record.name if record else key
