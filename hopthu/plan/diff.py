"""One change of a plan, and the changes between two desired states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hopthu.desired.state import Access, Desired, Mailbox
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.lifecycle import LIVE, REFUSED
from hopthu.plan.legal_basis import Documents, LegalBasis
from hopthu.plan.phrases import describe_access, describe_mailbox

Kind = Literal["person", "unit", "mailbox", "address", "list", "access", "policy", "entry"]
KINDS: tuple[Kind, ...] = (
    "person", "unit", "mailbox", "address", "list", "access", "policy", "entry",
)  # fmt: skip
"""People before machines: the order plans are told in."""
_ADDRESS = {
    "add": Message("{address} leads to {holder}"),
    "remove": Message("{address} is taken away"),
    "change": Message("{address} leads to {holder}, no longer to {before}"),
}
_INTO = {
    "active": "unlock",
    "locked": "lock",
    "redirected": "redirect",
    "closed": "close",
    "archived": "archive",
    "erased": "erase",
}
"""The action that brings a mailbox into each state."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `before` and `after` hold what differs, `basis` the documents it rests on.

    `unit` is the unit concerned: the one left, where somebody moves. It is for grouping and
    guards, and no part of the JSON.
    """

    kind: Kind
    id: str
    action: str
    before: Any
    after: Any
    basis: Documents
    summary: Message
    unit: str = ""

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return the contract of one of the `changes` of `plan --format json`."""
        return {
            "kind": self.kind,
            "id": self.id,
            "action": self.action,
            "before": self.before,
            "after": self.after,
            "basis": list(self.basis),
            "summary": translate(self.summary, language),
        }


def ordered(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes in the order plans are told in."""
    return tuple(sorted(changes, key=lambda c: (KINDS.index(c.kind), c.id, c.action, str(c.after))))


def diff(before: Desired, after: Desired, basis: LegalBasis = lambda _: ()) -> tuple[Change, ...]:
    """Return the changes that lead from `before` to `after`, sorted."""
    return ordered(_all(before, after, basis))


def _all(before: Desired, after: Desired, basis: LegalBasis) -> Iterator[Change]:
    old, new = ({m.id: m for m in state.mailboxes} for state in (before, after))
    names = {m.id: m.name for m in (*before.mailboxes, *after.mailboxes)}
    for key in old.keys() | new.keys():
        yield from _mailbox(old.get(key), new.get(key), basis, names)
    yield from _addresses(before, after, basis, names)
    grants, revoked = set(after.access) - set(before.access), set(before.access) - set(after.access)
    for grant in grants:
        yield _grant(grant, "grant", basis, names)
    for grant in revoked:
        yield _grant(grant, "revoke", basis, names)


def _mailbox(
    old: Mailbox | None, new: Mailbox | None, basis: LegalBasis, names: Mapping[str, str]
) -> Iterator[Change]:
    one = old or new
    if one is None:
        return
    for action, was, now in _steps(old, new):
        summary = describe_mailbox(action, old, new, names)
        yield Change("mailbox", one.id, action, was, now, basis(one.id), summary, one.unit)


def _steps(old: Mailbox | None, new: Mailbox | None) -> Iterator[tuple[str, Any, Any]]:
    if new is None:
        yield "erase", old and old.state, None
        return
    if old is None:
        yield "create", None, described(new)
        return
    longer = new.state in REFUSED and old.state in REFUSED[REFUSED.index(new.state) + 1 :]
    if old.state != new.state and not longer:
        yield _INTO[new.state], old.state, new.state
    elif old.leads_to != new.leads_to:
        yield "redirect", old.leads_to, new.leads_to
    if old.store != new.store:
        yield "move", old.store, new.store
    was, now = described(old), described(new)
    fields = ["name", "quota", "address", *(["state"] if longer else [])]
    if new.state in LIVE:  # else they went with the owner, which says nothing new
        fields += ["unit", "title"]
    differing = [f for f in fields if was[f] != now[f]]
    if differing:
        yield "change", {f: was[f] for f in differing}, {f: now[f] for f in differing}


def described(mailbox: Mailbox) -> dict[str, Any]:
    """Return what a plan says about a mailbox: name, post, address, and no more of a person."""
    return {
        "kind": mailbox.kind,
        "state": mailbox.state,
        "store": mailbox.store,
        "name": mailbox.name,
        "unit": mailbox.unit,
        "title": mailbox.title,
        "quota": mailbox.quota,
        "address": mailbox.addresses[0] if mailbox.addresses else "",
    }


def leads(state: Desired) -> Mapping[str, str]:
    """Return the mailbox that each full address leads to."""
    held = {a: m.id for m in state.mailboxes for a in m.addresses} | dict(state.reserved)
    return {f"{local}@{state.domain}": key for local, key in held.items()}


def _addresses(
    before: Desired, after: Desired, basis: LegalBasis, names: Mapping[str, str]
) -> Iterator[Change]:
    old, new = leads(before), leads(after)
    units = {m.id: m.unit for m in (*after.mailboxes, *before.mailboxes)}
    for address in old.keys() | new.keys():
        was, now = old.get(address), new.get(address)
        if was == now:
            continue
        holder = now or was or ""
        action = "change" if was and now else "add" if now else "remove"
        said = {"holder": names.get(now or "", now), "before": names.get(was or "", was)}
        summary = Message(_ADDRESS[action].template, address=address, **said)
        concerned = units.get(was or holder, "")
        yield Change("address", address, action, was, now, basis(holder), summary, concerned)


def _grant(grant: Access, action: str, basis: LegalBasis, names: Mapping[str, str]) -> Change:
    was, now = (None, grant.right) if action == "grant" else (grant.right, None)
    key = f"{grant.unit}/{grant.person}"
    person, unit = (names.get(each, each) for each in (grant.person, grant.unit))
    summary = describe_access(action, person, unit, grant.right)
    documents = basis(key) if grant.right != "other" else ()
    return Change("access", key, action, was, now, documents, summary, grant.unit)
