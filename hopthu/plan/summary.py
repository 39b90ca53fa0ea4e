"""The parts that all formats of a plan share: headings, groups of changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.memoize import memoize_by_identity
from hopthu.model.organisation import Organisation
from hopthu.plan.diff import KINDS, Change
from hopthu.plan.folding import FOLD, folded
from hopthu.plan.host_changes import OnHost, Servers
from hopthu.plan.phrases import describe_day, describe_issued
from hopthu.plan.plan import Plan
from hopthu.plan.upcoming import Due

_COUNTED = {
    ("mailbox", "create"): Message("mailboxes created"),
    ("mailbox", "change"): Message("mailboxes with a new name, post or quota"),
    ("mailbox", "move"): Message("mailboxes moved to another store"),
    ("mailbox", "lock"): Message("mailboxes locked"),
    ("mailbox", "unlock"): Message("mailboxes reopened"),
    ("mailbox", "redirect"): Message("mailboxes redirected to a successor"),
    ("mailbox", "close"): Message("mailboxes closed"),
    ("mailbox", "archive"): Message("mailboxes due for the archive"),
    ("mailbox", "erase"): Message("mailboxes due to be erased"),
    ("address", "add"): Message("addresses added"),
    ("address", "change"): Message("addresses moved to another mailbox"),
    ("address", "remove"): Message("addresses removed"),
    ("access", "grant"): Message("grants of access to unit mailboxes"),
    ("access", "revoke"): Message("revocations of access to unit mailboxes"),
    ("entry", "restore"): Message("directory entries corrected"),
    ("entry", "add"): Message("directory entries added"),
}
_RECORDS = {
    "unit": Message("changes of unit records"),
    "person": Message("changes of personal records"),
    "document": Message("changes of documents"),
    "entry": Message("units with changed directory entries"),
    "policy": Message("changes of policy settings"),
    "expectation": Message("changes of expectations"),
    "code": Message("changes of other files"),
}
_FILES = {
    "create": Message("{path} is created"),
    "change": Message("{path} is changed"),
    "remove": Message("{path} is removed"),
}
MAX_SHOWN = 10
"""The most changes of one kind that are shown in a group."""
_ALWAYS_SHOWN = frozenset(
    {"close", "redirect", "archive", "erase", "remove", "lock", "revoke", "end", FOLD}
)
"""The actions of which a plan shows every change."""
_SHOWN_LATER = _ALWAYS_SHOWN - {"archive", "erase"}
"""The same for later days; the end of a closed mailbox follows from its closing."""


@dataclass(frozen=True, slots=True)
class Group:
    """Changes of one unit that rest on the same documents; `more` counts those not shown."""

    documents: Sequence[str | Message]
    unit: str
    changes: Sequence[Change]
    more: int


def heading(plan: Plan) -> Message:
    """Return the number of changes and their day, and how many other files differ."""
    of_data = _of_data(plan)
    if not plan.code:
        return of_data
    number = len(plan.code)
    if not (plan.changes or plan.later or plan.record):
        return Message(
            "On {day} no data changes. Other files: {number}.",
            day=describe_day(plan.on), number=number,
        )  # fmt: skip
    return Message("{data} Other files: {number}.", data=of_data, number=number)


def _of_data(plan: Plan) -> Message:
    day = describe_day(plan.on)
    hosts = plan.servers.hosts if plan.servers else ()
    if plan.later or plan.record:
        return Message(
            "Changes on {day}: {number}, later: {later}, in the records only: {record}.",
            day=day, number=len(plan.changes), later=len(plan.later), record=len(plan.record),
        )  # fmt: skip
    if plan.changes:
        return Message("Changes on {day}: {number}.", day=day, number=len(plan.changes))
    if hosts:
        return Message("On {day} only files and services of hosts change.", day=day)
    return Message("Nothing changes on {day}.", day=day)


def compared_with(plan: Plan) -> Message:
    """Return what the plan was made against, and its checksum."""
    if plan.servers:
        return Message(
            "Compared with the servers of {inventory}; checksum {sum}.",
            inventory=plan.servers.inventory, sum=plan.checksum[:16],
        )  # fmt: skip
    return Message(
        "Compared with {base}; checksum {sum}.", base=plan.base[:12], sum=plan.checksum[:16]
    )


def on_host(host: OnHost) -> Iterator[tuple[str, Message]]:
    """Yield each line about a host, with the action that decides its sign."""
    for path, action in list(host.files.items())[:MAX_SHOWN]:
        yield action, Message(_FILES[action].template, path=path)
    if len(host.files) > MAX_SHOWN:
        yield "", Message("… and {number} similar", number=len(host.files) - MAX_SHOWN)
    if host.new_mailboxes:
        yield "create", Message("new mailboxes: {number}", number=host.new_mailboxes)
    phrases = dict.fromkeys(each.phrase for each in host.services.values())
    yield from (("", each) for each in phrases)


def strangers(servers: Servers) -> Message:
    """Return how many directory entries are not in the data."""
    return Message(
        "Directory entries that are not in the data, left unchanged: {number}",
        number=len(servers.strangers),
    )


def summary(changes: Sequence[Change]) -> list[tuple[Message, int]]:
    """Return each kind of change with its number, in the order of a plan."""
    counted = Counter(_COUNTED.get((c.kind, c.action)) or _RECORDS[c.kind] for c in changes)
    order = [*_RECORDS.values(), *_COUNTED.values()]
    return sorted(counted.items(), key=lambda item: order.index(item[0]))


def groups(
    changes: Sequence[Change],
    organisation: Organisation,
    *,
    later: bool = False,
    details: bool = False,
) -> Iterator[Group]:
    """Yield the changes by document and unit; removals are always shown in full.

    Changes of `later` days stay in the order given, which is that of their days; others that are
    alike are folded over all units. With `details` every change is shown, and always each file.
    """
    always = _SHOWN_LATER if later else _ALWAYS_SHOWN
    if not (later or details):
        changes = folded(changes, MAX_SHOWN)

    def key(change: Change) -> tuple[tuple[str, ...], str]:
        return change.basis, change.unit

    for (basis, unit), found in groupby(sorted(changes, key=key), key=key):
        shown: list[Change] = []
        given = list(found)
        members = sorted(given, key=lambda c: (KINDS.index(c.kind), c.action))
        for (kind, action), same in groupby(members, key=lambda c: (c.kind, c.action)):
            listed = list(same)
            every = details or kind == "code" or action in always
            shown += listed if every else listed[:MAX_SHOWN]
        if later:
            kept = set(map(id, shown))
            shown = [change for change in given if id(change) in kept]
        documents = [
            describe_issued(organisation.documents[d], organisation.units)
            if d in organisation.documents
            else d
            for d in basis
        ]
        yield Group(documents, _title(organisation, unit), shown, len(members) - len(shown))


def _title(organisation: Organisation, unit: str) -> str:
    """Return the name of a unit, with the one above it if others are called the same."""
    if unit not in organisation.units:
        return unit
    found = organisation.units[unit]
    above = organisation.units.get(found.parent or "")
    if above is None or _bearers(organisation)[found.name] == 1:
        return found.name
    return f"{found.name}, {above.name}"


@memoize_by_identity(2)
def _bearers(organisation: Organisation) -> Mapping[str, int]:
    """Return how many units have each name."""
    return Counter(unit.name for unit in organisation.units.values())


def line_of(change: Change, language: str) -> str:
    """Return the line of a change in `language`, with what it is about; code is named in it."""
    text = translate(change.summary, language)
    return f"{text} [{change.kind} {change.id}]" if change.id and change.kind != "code" else text


def due_anyway(plan: Plan) -> Iterator[Due]:
    """Yield what is due without further edits, but for what is listed as an effect of the edit."""
    listed = {(c.on, c.change.kind, c.change.id, c.change.action) for c in plan.later}
    for day in plan.due:
        rest = tuple(c for c in day.changes if (day.on, c.kind, c.id, c.action) not in listed)
        if rest:
            yield Due(day.on, rest)
