"""What all formats of a plan share: its parts with their lines, and what it comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from hopthu.i18n.joining import joined, some
from hopthu.i18n.message import Message
from hopthu.memoize import memoize_by_identity
from hopthu.model.organisation import Organisation
from hopthu.model.phrases import describe_day, describe_issued, describe_number
from hopthu.plan.diff import KINDS, Change
from hopthu.plan.edit_words import describe_row, quoted
from hopthu.plan.edits import shared
from hopthu.plan.findings import findings, verdict
from hopthu.plan.host_changes import Servers
from hopthu.plan.lines import NO_DOCUMENT, Line, Part, digest, edit_lines, folded
from hopthu.plan.plan import Plan
from hopthu.plan.upcoming import Due

_COUNTED = {
    ("mailbox", "create"): Message("mailboxes created"),
    ("mailbox", "change"): Message("mailboxes with a new name, post, quota or reply"),
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
    ("list", "create"): Message("lists created"),
    ("list", "rename"): Message("lists with a new address or name"),
    ("list", "end"): Message("lists that end"),
    ("list", "add"): Message("people and units put on lists"),
    ("list", "change"): Message("places on lists that pass to another person"),
    ("list", "remove"): Message("people and units taken off lists"),
    ("access", "grant"): Message("grants of access to unit mailboxes"),
    ("access", "revoke"): Message("revocations of access to unit mailboxes"),
    ("entry", "restore"): Message("directory entries corrected"),
    ("entry", "add"): Message("directory entries added"),
}
_OTHERS = {
    "entry": Message("directory entries changed"),
    "policy": Message("former domains that begin or end"),
}
_FILES = {
    "create": Message("{path} is created"),
    "change": Message("{path} is changed"),
    "remove": Message("{path} is removed"),
}
_FEW = 10
"""So many files of the data are named."""
_ROWS = 3
"""So many rows stand in the line of a change."""
_NEVER_FOLDED = frozenset({"close", "redirect", "archive", "erase", "lock", "revoke", "end"})
"""The actions that take something away: each has a line of its own."""


def heading(plan: Plan) -> Message:
    """Return the number of rows, of changes and of other files, and the day."""
    said = []
    if plan.edits:
        said.append(Message("Rows written: {rows}.", rows=describe_number(len(plan.edits))))
    said.append(_effects(plan))
    if others := sum(change.kind == "code" for change in plan.code):
        said.append(Message("Other files: {number}.", number=others))
    return joined(said, " ")


def _effects(plan: Plan) -> Message:
    """Return how much changes, today and later, or that nothing does."""
    day, number = describe_day(plan.on), len(plan.changes)
    if plan.later:
        return Message("Changes on {day}: {number}, later: {later}.",
                       day=day, number=number, later=len(plan.later))  # fmt: skip
    if plan.changes:
        return Message("Changes on {day}: {number}.", day=day, number=number)
    if plan.edits or plan.code or (plan.servers and plan.servers.hosts):
        return Message("On {day} mailboxes, addresses and rights stay as they are.", day=day)
    return Message("Nothing changes on {day}.", day=day)


def footer(plan: Plan) -> Iterator[Message]:
    """Yield which files of the data differ, what the plan was made against, and its checksum.

    A digest of these files says what rows do not: comments, the order of records, their files.
    """
    if files := [change for change in plan.code if change.kind == "data"]:
        names = some([quoted(change.id) for change in files], _FEW)
        yield Message("Data files: {files} (digest {digest}).", files=names,
                      digest=digest(map(_of_file, files)))  # fmt: skip
    if plan.servers:
        yield Message(
            "Compared with the servers of {inventory}; checksum {sum}.",
            inventory=plan.servers.inventory, sum=plan.checksum[:16],
        )  # fmt: skip
    else:
        yield Message(
            "Compared with {base}; checksum {sum}.", base=plan.base[:12], sum=plan.checksum[:16]
        )


class Result(NamedTuple):
    """What refuses a plan, or would without an allowance; of guards one `fix` is for all."""

    colour: str | None
    label: Message
    sentence: Message
    fix: Message | None = None


def results(plan: Plan, organisation: Organisation) -> Iterator[Result]:
    """Yield what refuses the plan, or would without an allowance."""
    for said in plan.servers.take_overs if plan.servers else ():
        yield Result("yellow", Message("take-over"), said)
    for refusal in plan.servers.refusals if plan.servers else ():
        yield Result("red", Message("refused"), refusal.what, refusal.fix)
    for guard, sentence in findings(plan.guards, organisation):
        colour = "yellow" if guard.warns else None if guard.passed else "red"
        yield Result(colour, verdict(guard), sentence)


def summary(changes: Sequence[Change]) -> list[tuple[Message, int]]:
    """Return each kind of change with its number, in order; an answer is a part of its closing."""
    closed = {c.id for c in changes if c.action in ("close", "archive", "erase")}
    told = (c for c in changes if c.id not in closed or [*(c.after or ())] != ["refusal"])
    counted = Counter(_COUNTED.get((c.kind, c.action)) or _OTHERS[c.kind] for c in told)
    order = [*_OTHERS.values(), *_COUNTED.values()]
    return sorted(counted.items(), key=lambda item: order.index(item[0]))


def parts(plan: Plan, organisation: Organisation, *, details: bool) -> list[Part]:
    """Return the parts that have lines; those alike are folded unless `details` are wanted."""
    found = [each for each in _parts(plan, organisation) if each.lines]
    return found if details else [replace(part, lines=[*folded(part.lines)]) for part in found]


def _parts(plan: Plan, organisation: Organisation) -> Iterator[Part]:
    files = sorted(plan.code, key=lambda change: change.action == "add")
    code = [_of_file(change) for change in files if change.kind == "code"]
    yield Part(Message("Other files"), code, open=True)
    written = [*edit_lines(plan.edits, plan.words)] if plan.words else []
    yield Part(Message("What the edit writes"), written)
    today = Message("What changes on {day}", day=describe_day(plan.on))
    yield Part(today, change_lines(plan.changes, organisation))
    ordered = sorted(plan.later, key=lambda each: (each.basis, each.unit))
    later = [_line(each, organisation) for each in ordered]
    yield Part(Message("What changes later"), later)
    for day in due_anyway(plan):
        title = Message("Due on {day} without further edits", day=describe_day(day.on))
        yield Part(title, change_lines(day.changes, organisation))
    if plan.servers:
        yield from _of_servers(plan.servers)


def _of_servers(servers: Servers) -> Iterator[Part]:
    """Yield what an apply changes on each host, and which entries of the directory it leaves."""
    for host in servers.hosts:
        lines = []
        for path, action in host.files.items():
            text = Message(_FILES[action].template, path=path)
            lines.append(Line(text, action, "host", alike=action))
        if host.new_mailboxes:
            text = Message("new mailboxes: {number}", number=host.new_mailboxes)
            lines.append(Line(text, "create", "host"))
        for unit in host.stopped:
            text = Message("{unit} is stopped and no longer starts", unit=unit)
            lines.append(Line(text, "remove", "host"))
        phrases = dict.fromkeys(each.phrase for each in host.services.values())
        lines += [Line(each, kind="host") for each in phrases]
        yield Part(Message("On host {name}", name=host.host), lines)
    left = [Line(name, kind="stranger", alike=True) for name in servers.strangers]
    title = Message("Directory entries that are not in the data, left unchanged")
    yield Part(title, left, open=True)


def _of_file(change: Change) -> Line:
    return Line(change.summary, change.action, "code", row=change.as_dict())


def change_lines(changes: Iterable[Change], organisation: Organisation) -> list[Line]:
    """Return the lines of changes, by document and unit."""

    def key(change: Change) -> tuple[object, ...]:
        return change.basis, change.unit, KINDS.index(change.kind), change.action

    return [_line(change, organisation) for change in sorted(changes, key=key)]


def _line(change: Change, organisation: Organisation) -> Line:
    documents = tuple(_cited(each, organisation) for each in change.basis) or (NO_DOCUMENT,)
    alike = None if change.action in _NEVER_FOLDED else _common(change)
    return Line(line_of(change), change.action, change.kind, documents,
                _title(organisation, change.unit), alike, change.as_dict())  # fmt: skip


def _common(change: Change) -> tuple[str, ...]:
    """Return a change without names, ids and addresses; what policy makes is alike everywhere."""
    whose = change.id if change.kind == "policy" else change.cause or change.unit
    own = change.kind in ("address", "entry", "list")
    values = (
        None if change.kind == "list" or (own and isinstance(each, str)) else shared(each)
        for each in (change.before, change.after)
    )
    return (change.kind, change.action, whose, str(change.on), *map(str, values))


def _cited(key: str, organisation: Organisation) -> str:
    document = organisation.documents.get(key)
    return describe_issued(document, organisation.units) if document else key


def line_of(change: Change) -> Message:
    """Return the line of a change, with what it is about and the rows that it comes from."""
    about = f"{change.kind} {change.id}"
    rows = [describe_row(row, change.id.split("/")[0]) for row in change.rows]
    if not rows:
        return Message("{text} [{about}]", text=change.summary, about=about)
    said = some(rows, _ROWS)
    return Message("{text} [{about}; {rows}]", text=change.summary, about=about, rows=said)


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


def due_anyway(plan: Plan) -> Iterator[Due]:
    """Yield what is due without further edits, but for what is listed as an effect of the edit."""
    listed = {(c.on, c.effect) for c in plan.later}
    for day in plan.due:
        rest = tuple(c for c in day.changes if (day.on, c.effect) not in listed)
        if rest:
            yield Due(day.on, rest)
