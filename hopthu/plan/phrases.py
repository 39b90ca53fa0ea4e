"""Sentences of plans about mailboxes and access, which can be translated."""

from __future__ import annotations

from collections.abc import Mapping

from hopthu.desired.state import Access, Mailbox
from hopthu.i18n.message import Message
from hopthu.model.lifecycle import REFUSED
from hopthu.model.phrases import describe_size

_ACCESS = {
    "grant": Message("{person} gets access to the mailbox of {unit} as {right}"),
    "revoke": Message("{person} loses access to the mailbox of {unit} as {right}"),
    "grant heir": Message(
        "{person} can read the mailbox that {unit} has left, as {right} of {heir}"
    ),
    "revoke heir": Message(
        "{person} can no longer read the mailbox that {unit} has left, as {right} of {heir}"
    ),
    "other": Message("{person} loses access to the mailbox of {unit}: no record grants it"),
}
_MAILBOX = {
    "create": Message("{name}: a new mailbox at {unit}, on {store}"),
    "create with title": Message("{name}: a new mailbox, {title} at {unit}, on {store}"),
    "create unit": Message("{name}: a new unit mailbox, on {store}"),
    "create closed": Message("{name}: a new mailbox that is closed already; mail to it is refused"),
    "gone": Message("{name}: by the data there is no mailbox any more"),
    "move": Message("{name}: mail moves from {old} to {new}"),
    "unlock": Message("{name} can sign in again"),
    "reopen": Message("{name}: the mailbox is reopened"),
    "lock": Message("{name} can no longer sign in; mail is still delivered"),
    "close": Message("{name}: the mailbox is closed; mail to it is refused"),
    "redirect": Message("{name}: mail is now redirected to {heir}"),
    "archive": Message("{name}: the content of the mailbox is due to be archived"),
    "archive at once": Message(
        "{name}: the mailbox is closed; mail to it is refused, and its content is already due to "
        "be archived"
    ),
    "erase": Message(
        "{name}: the content of the mailbox is due to be erased; the address is never reissued"
    ),
    "erase at once": Message(
        "{name}: the mailbox is closed; mail to it is refused, and its content is already due to "
        "be erased; the address is never reissued"
    ),
    "state": Message("{name}: the content of the mailbox is kept longer"),
    "name": Message("{old} is renamed to {new}"),
    "name with folder": Message("{old} is renamed to {new}; readers see the mailbox as {folder}"),
    "folder": Message("{name}: readers now see the mailbox as {new}"),
    "custodian": Message("{name}: {new} now has the mailbox"),
    "custodian with folder": Message("{name}: {new} now has the mailbox, seen as {folder}"),
    "no custodian": Message("{name}: no unit has the mailbox any more"),
    "quota": Message("{name}: quota: {old} → {new}"),
    "refusal": Message("{name}: senders are now answered: {new}"),
    "no refusal": Message("{name}: senders are no longer answered that the mailbox is closed"),
    "address": Message("{name}: the primary address is now {new}"),
    "no address": Message("{name}: the mailbox no longer has an address"),
    "unit": Message("{name} moves from {old} to {new}"),
    "unit with title": Message("{name} moves from {old} to {new}, as {title}"),
    "title": Message("{name} no longer has a post at {new}"),
    "title with title": Message("{name} is now {title} at {new}"),
}
"""What is said of each step of a mailbox; `at once` if its end was entered long after its day."""


def told_apart(one: tuple[str, str], other: tuple[str, str]) -> tuple[str, str]:
    """Return two names, each given as an id and a name; with the ids if they are the same name."""
    (key, name), (other_key, other_name) = one, other
    if name != other_name or key == other_key:
        return name, other_name
    return f"{name} ({key})", f"{other_name} ({other_key})"


def describe_access(action: str, access: Access, names: Mapping[str, str]) -> Message:
    """Return who gets or loses access to a unit mailbox, and in which capacity (Art. 7.2)."""
    person = names.get(access.person, access.person)
    unit, heir = told_apart(*((each, names.get(each, each)) for each in (access.unit, access.heir)))
    form = f"{action} heir" if access.heir else action
    said = _ACCESS["other" if access.right == "other" else form]
    right = "" if access.right == "other" else access.capacity
    return Message(said.template, person=person, unit=unit, right=right, heir=heir)


def describe_mailbox(
    step: str, old: Mailbox, new: Mailbox, names: Mapping[str, str], folder: str = ""
) -> Message:
    """Return what is said of a step of a mailbox, or of a field of it that differs.

    `names` gives the names of mailboxes by id, `folder` that under which readers newly see it.
    """
    other = {"redirect": new.leads_to, "custodian": new.custodian}.get(step, "")
    name, heir = told_apart((new.id, new.name), (other, names.get(other, other)))
    left, unit = told_apart((old.unit, old.unit_name), (new.unit, new.unit_name))
    was, now = {
        "move": (old.store, new.store),
        "name": (old.name, new.name),
        "quota": (describe_size(old.quota), describe_size(new.quota)),
        "refusal": ("", new.refusal),
        "address": ("", "".join(new.addresses[:1])),
        "folder": ("", folder),
        "custodian": ("", heir),
    }.get(step, (left, unit))
    forms = {f"no {step}": not now, f"{step} with folder": bool(folder)}
    said = _MAILBOX[_form(step, old, new, forms)]
    return Message(said.template, name=name, heir=heir, old=was, new=now, unit=unit,
                   title=new.title, store=new.store, folder=folder)  # fmt: skip


def _form(step: str, old: Mailbox, new: Mailbox, more: Mapping[str, bool]) -> str:
    """Return how a step is said, of the ways that it has."""
    if step in ("unit", "title"):
        step = "unit" if old.unit != new.unit else "title"
    forms = {
        **more,
        "create closed": step == "create" and new.state in REFUSED,
        "create unit": step == "create" and new.kind == "unit",
        "reopen": step == "unlock" and old.state != "locked",
        f"{step} at once": old.state not in REFUSED,
        f"{step} with title": bool(new.title),
    }
    return next((form for form, meant in forms.items() if meant and form in _MAILBOX), step)
