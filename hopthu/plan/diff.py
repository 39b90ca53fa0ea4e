"""One change of a plan, and the changes between two desired states."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeVar, get_args

from hopthu.desired.state import Desired, Mailbox
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.former_domains import domain_of, in_full
from hopthu.model.lifecycle import REFUSED
from hopthu.plan.phrases import describe_access, describe_mailbox, told_apart

Kept = TypeVar("Kept")
Key = TypeVar("Key")
Turned = tuple[Key, Kept | None, Kept | None]
Seen = tuple[Mailbox, str]
"""A mailbox, and the folder under which readers see it."""
Documents = tuple[str, ...]
"""The ids of documents; empty if there is no supporting document."""


class Row(NamedTuple):
    """A row of a list of a record by its first day, or a field in no list by its path."""

    record: str
    list: str
    key: str


Kind = Literal["mailbox", "address", "list", "access", "policy", "entry", "code", "data"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""The order in which a plan lists its changes."""
_ADDRESS = {
    "add": Message("{address} leads to {holder}"),
    "remove": Message("{address} is removed"),
    "change": Message("{address} leads to {holder} instead of {before}"),
}
_KEPT = {
    "add": Message("nobody but {holder} can get {address} any more"),
    "remove": Message("{address} is no longer kept for {holder}"),
}
_LIST = {
    "create": Message("there is a new list: {after} ({name}), to which {unit} alone writes"),
    "end": Message("there is no list {before} any more"),
    "rename": Message("the list {before} is now {after}"),
}
_PLACE = {
    "add": Message("{holder} is now on the list {list}"),
    "remove": Message("{holder} is no longer on the list {list}"),
    "change": Message("{holder} is on the list {list} instead of {before}"),
}
_SHOWN = Message("the directory shows the new name of {unit} for {name}")
_DOMAIN = "former_domains."
_DOMAINS = {
    True: Message("mail to addresses at {domain} is now accepted"),
    False: Message("mail to addresses at {domain} is now refused; the reply names {ours}"),
    None: Message("mail to addresses at {domain} is now refused; no reply names another address"),
}
_INTO = {
    "active": "unlock",
    "locked": "lock",
    "redirected": "redirect",
    "closed": "close",
    "archived": "archive",
    "erased": "erase",
}
"""The action that leads to each state of a mailbox."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `before` and `after` hold what differs, `basis` the documents it rests on.

    `unit` is the unit concerned; if somebody moves, the unit they leave. It is used for grouping
    and by guards, and is not part of the JSON. `rows` are those that it comes from; `cause` is
    `policy` if the policy makes it, to everybody alike, and empty if a record does. `leads_to` is
    the successor to whose mailbox mail is redirected, or whose people read it. `on` is the later
    day of a change that an edit adds then or, by the action `cancel`, takes back.
    """

    kind: Kind
    id: str
    action: str
    before: Any
    after: Any
    basis: Documents
    summary: Message
    unit: str = ""
    cause: str = ""
    rows: tuple[Row, ...] = ()
    leads_to: str = ""
    on: date | None = None

    @property
    def effect(self) -> str:
        """What it does, whatever was before and wherever it comes from."""
        return f"{self.kind} {self.id} {self.action} {self.after} {self.leads_to}"

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return one of the `changes` of `plan --format json`."""
        given = {name: getattr(self, name) for name in ("kind", "id", "action", "before", "after")}
        told = {
            "basis": list(self.basis),
            "rows": [row._asdict() for row in self.rows],
            "summary": translate(self.summary, language),
        }
        some = {name: getattr(self, name) for name in ("cause", "leads_to", "on")}
        return given | told | {name: str(each) for name, each in some.items() if each}


def ordered(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes in the order in which a plan lists them."""
    return tuple(sorted(changes, key=ordered_by))


def ordered_by(change: Change) -> tuple[int, str, str]:
    """Return the sort key of a change, which no other change of a plan has."""
    return KINDS.index(change.kind), change.effect, str(change.before)


def diff(
    before: Desired, after: Desired, names: Mapping[str, str] = MappingProxyType({})
) -> tuple[Change, ...]:
    """Return the changes that lead from `before` to `after`, sorted, without their documents.

    `names` are those of records that neither state has, by id.
    """
    own = {m.id: m.name for m in (*before.mailboxes, *after.mailboxes)}
    return ordered(_all(before, after, ChainMap(own, names)))  # type: ignore[arg-type]


def _all(before: Desired, after: Desired, names: Mapping[str, str]) -> Iterator[Change]:
    boxes = [
        {(m.id, m.kind): (m, state.folders.get(m.id, "")) for m in state.mailboxes}
        for state in (before, after)
    ]
    for (key, _), old, new in _turned(*boxes):
        for action, was, now, said in _of_mailbox(old, new, names):
            unit = (old or new)[0].unit  # type: ignore[index]  # one of them is there
            heir = new[0].leads_to if new and action in ("create", "redirect") else ""
            yield Change("mailbox", key, action, was, now, (), said, unit, leads_to=heir)
    yield from _renamed(before, after)
    domains = [*_domains(before, after)]
    yield from domains
    yield from _addresses(before, after, names, {*map(turned_domain, domains)})
    yield from _lists(before, after, names)
    granted = {*after.access}
    for grant in granted ^ {*before.access}:
        was, now = (None, grant.right) if grant in granted else (grant.right, None)
        action = "grant" if now else "revoke"
        key, said = f"{grant.unit}/{grant.person}", describe_access(action, grant, names)
        yield Change("access", key, action, was, now, (), said, grant.office, leads_to=grant.heir)


def _turned(old: Mapping[Key, Kept], new: Mapping[Key, Kept]) -> Iterator[Turned[Key, Kept]]:
    """Yield each key that has another value, with both."""
    for key in old.keys() | new.keys():
        was, now = old.get(key), new.get(key)
        if was != now:
            yield key, was, now


def _of_mailbox(
    before: Seen | None, after: Seen | None, names: Mapping[str, str]
) -> Iterator[tuple[str, Any, Any, Message]]:
    """Yield each step of a mailbox: the action, what was, what is now, and a sentence."""
    if before is None or after is None:
        one = (before or after)[0]  # type: ignore[index]  # one of them is there
        said = describe_mailbox("create" if after else "gone", one, one, names)
        shown = mailbox_fields(*after) if after else None
        yield "create" if after else "erase", one.state if before else None, shown, said
        return
    (old, _), (new, folder) = before, after
    longer = new.state in REFUSED and old.state in REFUSED[REFUSED.index(new.state) + 1 :]
    if old.state != new.state and not longer:
        action = _INTO[new.state]
        yield action, old.state, new.state, describe_mailbox(action, old, new, names)
    elif old.leads_to != new.leads_to:
        said = describe_mailbox("redirect", old, new, names)
        yield "redirect", old.leads_to, new.leads_to, said
    if old.store != new.store:
        yield "move", old.store, new.store, describe_mailbox("move", old, new, names)
    was, now = mailbox_fields(*before), mailbox_fields(*after)
    for fields in _together(old, new, longer=longer):
        if differing := [f for f in fields if was[f] != now[f]]:
            one, other = ({f: side[f] for f in differing} for side in (was, now))
            seen = folder if "folder" in differing else ""
            yield "change", one, other, describe_mailbox(differing[0], old, new, names, seen)


def _together(old: Mailbox, new: Mailbox, *, longer: bool) -> Iterator[tuple[str, ...]]:
    """Yield the fields that can differ, those together that rest on the same documents."""
    kept = old.custodian == new.custodian
    yield from ([("name", "folder")] if kept else [("name",), ("custodian", "folder")])
    yield from (("address",), ("quota",), ("refusal",))
    if longer:
        yield ("state",)
    # That a mailbox is closed says that the post is over.
    over = new.state in REFUSED and old.state not in REFUSED and not new.title
    yield ("unit",) if over else ("unit", "title")


def mailbox_fields(mailbox: Mailbox, folder: str = "") -> dict[str, Any]:
    """Return the fields of a mailbox that a plan shows: name, post, address, nothing private."""
    shown = ("kind", "state", "store", "name", "unit", "title", "quota", "refusal", "custodian")
    fields = {name: getattr(mailbox, name) for name in shown}
    return fields | {"address": "".join(mailbox.addresses[:1]), "folder": folder}


def _renamed(before: Desired, after: Desired) -> Iterator[Change]:
    """Yield the entries in the directory that show the new name of a unit."""
    names = {(m.id, m.unit): m.unit_name for m in before.mailboxes if m.kind == "personal"}
    for each in after.mailboxes:
        old, new = names.get((each.id, each.unit)), each.unit_name
        if old not in (None, new):
            said = Message(_SHOWN.template, unit=new, name=each.name)
            yield Change("entry", f"{each.unit}/{each.id}", "change", old, new, (), said, each.unit)


def mailbox_by_address(state: Desired) -> Mapping[str, str]:
    """Return the mailbox that each full address leads to."""
    led = {address: m.id for m in state.mailboxes for address in state.served(m)}
    return led | {f"{local}@{state.domain}": key for local, key in state.reserved}


def _domains(before: Desired, after: Desired) -> Iterator[Change]:
    """Yield the former domains that begin or end to receive: one line for all their addresses.

    Those that end are over, or unknown: then `after` is None.
    """
    known = {each.domain: each for side in (before, after) for each in side.domains()}
    sides = ({d.domain: d in side.receiving for d in side.domains()} for side in (before, after))
    for domain, was, now in _turned(*sides):
        said = Message(_DOMAINS[now].template, domain=domain, ours=after.domain)
        basis = (*filter(None, [known[domain].document]),)
        action = "begin" if now else "end"
        yield Change("policy", f"{_DOMAIN}{domain}", action, bool(was), now, basis, said)


def turned_domain(change: Change) -> str:
    """Return the former domain that begins or ends to receive by a change, empty if none does."""
    turns = change.kind == "policy" and change.action in ("begin", "end")
    return change.id.removeprefix(_DOMAIN) if turns else ""


def _addresses(
    before: Desired, after: Desired, names: Mapping[str, str], turned: Collection[str]
) -> Iterator[Change]:
    """Yield where addresses lead, then those kept for who had them, but at domains that `turned`.

    The directory keeps addresses that are given up; those at a domain that is over are answered.
    """
    states = (before, after)
    units = {m.id: m.unit for m in (*after.mailboxes, *before.mailboxes)}
    led = _turned(*map(mailbox_by_address, states))
    told = {each: holders for each, *holders in led if domain_of(each) not in turned}
    for address, (was, now) in told.items():
        action, said = _passed(_ADDRESS, was, now, names, address=address)
        concerned = units.get(was or now or "", "")
        yield Change("address", address, action, was, now, (), said, concerned)
    given_up = ({in_full(each, s.domain): key for each, key in s.given_up} for s in states)
    over = ({each: m.id for m in s.mailboxes for each in m.over} for s in states)
    over_now = (each for each in _turned(*over) if domain_of(each[0]) not in turned)
    kept = {address: holders for address, *holders in (*over_now, *_turned(*given_up))}
    for address in kept.keys() - told.keys():
        was, now = kept[address]
        action = "add" if now else "remove"
        holder = now or was or ""
        said = Message(_KEPT[action].template, address=address, holder=names.get(holder, holder))
        yield Change("entry", address, action, was, now, (), said)


def _passed(
    phrases: Mapping[str, Message], was: str | None, now: str | None, names: Mapping[str, str],
    **values: str,
) -> tuple[str, Message]:  # fmt: skip
    """Return the action by which one record follows another, or nobody, and what is said of it."""
    action = "change" if was and now else "add" if now else "remove"
    holders = ((key, names.get(key, key)) for key in (now or was or "", was or ""))
    holder, before = told_apart(*holders)
    return action, Message(phrases[action].template, holder=holder, before=before, **values)


def _lists(before: Desired, after: Desired, names: Mapping[str, str]) -> Iterator[Change]:
    """Yield the lists that begin, end or are called otherwise, and each place that differs."""
    sides = [{(each.id, each.unit): each for each in state.lists} for state in (before, after)]
    for (key, unit), old, new in _turned(*sides):
        was = f"{old.address}@{before.domain}" if old else ""
        now = f"{new.address}@{after.domain}" if new else ""
        own = before.part is None or unit in before.part
        if own and old and new:
            for one, other in ((was, now), (old.name, new.name)):
                if one != other:
                    said = Message(_LIST["rename"].template, before=one, after=other)
                    yield Change("list", key, "rename", one, other, (), said, unit)
        elif own and new:
            values = {"after": now, "name": new.name, "unit": names.get(unit, unit)}
            said = Message(_LIST["create"].template, **values)
            fields = {"address": now, "name": new.name}
            yield Change("list", key, "create", None, fields, (), said, unit)
        elif own:
            said = Message(_LIST["end"].template, before=was)
            yield Change("list", key, "end", was, None, (), said, unit)
        places = (dict(each.places) if each else {} for each in (old, new))
        for record, box, heir in _turned(*places):
            action, said = _passed(_PLACE, box, heir, names, list=now or was)
            yield Change("list", f"{key}/{record}", action, box, heir, (), said, unit)
