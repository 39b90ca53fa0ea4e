"""What plans say about mailboxes, access and documents, as sentences that can be translated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from hopthu.desired.state import Mailbox
from hopthu.i18n.message import Message
from hopthu.i18n.terms import DOCUMENTS
from hopthu.model.lifecycle import LIVE, REFUSED
from hopthu.model.organisation import Document
from hopthu.model.policy import MIB

RIGHTS = {"head": Message("head"), "delegate": Message("delegate")}
"""As what somebody may use the mailbox of a unit (Art. 7.2)."""
ENDINGS = {
    "retired": Message("retired"),
    "resigned": Message("resigned"),
    "transferred_out": Message("transferred out of the province"),
    "dismissed": Message("dismissed"),
    "died": Message("died"),
    "merged": Message("merged"),
    "dissolved": Message("dissolved"),
    "split": Message("split"),
}
"""How people leave the service, and how units end (Art. 5.2)."""
_STATES = {
    "unlock": Message("{name} may sign in again"),
    "lock": Message("{name} may not sign in any more; mail still arrives"),
    "close": Message("{name}: the mailbox closes; mail to it is refused"),
    "redirect": Message("{name}: mail to it now leads to {heir}"),
    "archive": Message("{name}: the content of the mailbox is due for the archive"),
    "erase": Message("{name}: the content of the mailbox is due to be erased; its address stays"),
}


def describe_day(day: date) -> Message:
    """Return a day as each language writes it."""
    return Message(
        "{year}-{month}-{day}", year=day.year, month=f"{day.month:02d}", day=f"{day.day:02d}"
    )


def describe_document(document: Document) -> Message:
    """Return a document as people cite it."""
    kind = DOCUMENTS.get(document.kind, document.kind)
    return Message(
        "{kind} {number} of {day}",
        kind=kind,
        number=document.number,
        day=describe_day(document.date),
    )


def all_of(parts: list[Message]) -> Message:
    """Return sentences as one."""
    told = parts[0]
    for part in parts[1:]:
        told = Message("{first}; {second}", first=told, second=part)
    return told


def describe_access(action: str, person: str, unit: str, right: str) -> Message:
    """Return who may now, or no longer, use a unit mailbox, and as what (Art. 7.2)."""
    if action == "grant":
        return Message(
            "{person} may now use the mailbox of {unit}, as its {right}",
            person=person, unit=unit, right=RIGHTS[right],
        )  # fmt: skip
    if right == "other":
        return Message(
            "{person} may no longer use the mailbox of {unit}: no record gave the right",
            person=person, unit=unit,
        )  # fmt: skip
    return Message(
        "{person} may no longer use the mailbox of {unit}, as its {right}",
        person=person, unit=unit, right=RIGHTS[right],
    )  # fmt: skip


def describe_mailbox(
    action: str, old: Mailbox | None, new: Mailbox | None, names: Mapping[str, str]
) -> Message:
    """Return what happens to a mailbox, in the words of the people concerned.

    `names` gives the names of mailboxes by id.
    """
    if old is None and new:
        return _created(new)
    if new is None or old is None:
        name = old.name if old else ""
        return Message("{name} is taken out of the data, and its mailbox", name=name)
    if action == "move":
        return Message(
            "{name}: mail moves from {old} to {new}", name=new.name, old=old.store, new=new.store
        )
    if action == "change":
        return all_of(list(_changed(old, new)))
    if action == "unlock" and old.state != "locked":
        return Message("{name}: the mailbox is opened again", name=new.name)
    heir = names.get(new.leads_to, new.leads_to)
    return Message(_STATES[action].template, name=new.name, heir=heir)


def _created(new: Mailbox) -> Message:
    if new.kind == "unit":
        return Message("{name}: a new unit mailbox, on {store}", name=new.name, store=new.store)
    said = {"name": new.name, "unit": new.unit_name, "store": new.store}
    if not new.title:
        return Message("{name}: a new mailbox at {unit}, on {store}", **said)
    return Message("{name}: a new mailbox, {title} at {unit}, on {store}", title=new.title, **said)


def _changed(old: Mailbox, new: Mailbox) -> Iterator[Message]:
    if old.state != new.state and new.state in REFUSED:
        yield Message("{name}: the content of the mailbox is kept longer", name=new.name)
    if old.name != new.name:
        yield Message("{old} is now called {new}", old=old.name, new=new.name)
    yield from _post(old, new)
    if old.quota != new.quota:
        yield Message(
            "{name}: space goes from {old} to {new} MiB",
            name=new.name, old=old.quota // MIB, new=new.quota // MIB,
        )  # fmt: skip
    if old.addresses[:1] != new.addresses[:1] and new.addresses:
        yield Message("{name}: the main address is now {new}", name=new.name, new=new.addresses[0])


def _post(old: Mailbox, new: Mailbox) -> Iterator[Message]:
    if new.state not in LIVE:
        return
    said = {"name": new.name, "new": new.unit_name}
    if old.unit != new.unit and new.title:
        yield Message("{name} moves from {old} to {new}, as {title}",
                   old=old.unit_name, title=new.title, **said)  # fmt: skip
    elif old.unit != new.unit:
        yield Message("{name} moves from {old} to {new}", old=old.unit_name, **said)
    elif old.title != new.title and new.title:
        yield Message("{name} is now {title} at {new}", title=new.title, **said)
    elif old.title != new.title:
        yield Message("{name} has no post at {new} any more", **said)
