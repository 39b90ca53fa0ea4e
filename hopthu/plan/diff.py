"""One change of a plan, and the changes between two desired states."""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeVar, get_args

from hopthu.desired.lists import MailList
from hopthu.desired.state import Access, Desired, Mailbox
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.former_domains import FormerDomain, domain_of, in_full
from hopthu.model.lifecycle import REFUSED
from hopthu.plan.phrases import describe_access, describe_mailbox, told_apart

Kept = TypeVar("Kept")
Turned = tuple[str, Kept | None, Kept | None]
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
    "create": Message("there is a new list: {after}, to which {unit} alone writes"),
    "end": Message("there is no list {before} any more"),
    "rename": Message("the list {before} is now {after}"),
}
_PLACE = {
    "add": Message("{holder} is now on the list {list}"),
    "remove": Message("{holder} is no longer on the list {list}"),
    "change": Message("{holder} is on the list {list} instead of {before}"),
}
_DOMAIN = "former_domains."
_BEGINS = Message("mail to addresses at {domain} is now accepted")
_ENDS = Message("mail to addresses at {domain} is now refused; the reply names {ours}")
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
    the successor to whose mailbox mail is redirected, if it is. `on` is the later day of a change
    that an edit adds then or, by the action `cancel`, takes back.
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


def ordered_by(change: Change) -> tuple[int, str, str, str]:
    """Return the sort key of a change."""
    return KINDS.index(change.kind), change.id, change.action, str(change.after)


def diff(
    before: Desired, after: Desired, names: Mapping[str, str] = MappingProxyType({})
) -> tuple[Change, ...]:
    """Return the changes that lead from `before` to `after`, sorted, without their documents.

    `names` are those of records that neither state has, by id.
    """
    own = {m.id: m.name for m in (*before.mailboxes, *after.mailboxes)}
    return ordered(_all(before, after, ChainMap(own, names)))  # type: ignore[arg-type]


def _all(before: Desired, after: Desired, names: Mapping[str, str]) -> Iterator[Change]:
    boxes = [{m.id: m for m in state.mailboxes} for state in (before, after)]
    for key, old, new in _turned(*boxes):
        for action, was, now, said in _of_mailbox(old, new, names):
            unit = (old or new).unit  # type: ignore[union-attr]  # one of them is there
            heir = new.leads_to if new and action == "redirect" else ""
            yield Change("mailbox", key, action, was, now, (), said, unit, leads_to=heir)
    yield from _renamed(before, after)
    yield from _domains(before, after)
    yield from _addresses(before, after, names)
    yield from _kept(before, after, names)
    yield from _lists(before, after, names)
    granted = {*after.access}
    for grant in granted ^ {*before.access}:
        yield _grant(grant, "grant" if grant in granted else "revoke", names)


def _turned(old: Mapping[str, Kept], new: Mapping[str, Kept]) -> Iterator[Turned[Kept]]:
    """Yield each key that has another value, with both."""
    for key in old.keys() | new.keys():
        was, now = old.get(key), new.get(key)
        if was != now:
            yield key, was, now


def _of_mailbox(
    old: Mailbox | None, new: Mailbox | None, names: Mapping[str, str]
) -> Iterator[tuple[str, Any, Any, Message]]:
    """Yield each step of a mailbox: the action, what was, what is now, and a sentence."""
    if old is None or new is None:
        if old:
            yield "erase", old.state, None, describe_mailbox("gone", old, old)
        elif new:
            yield "create", None, mailbox_fields(new), describe_mailbox("create", new, new)
        return
    longer = new.state in REFUSED and old.state in REFUSED[REFUSED.index(new.state) + 1 :]
    if old.state != new.state and not longer:
        action = _INTO[new.state]
        yield action, old.state, new.state, describe_mailbox(action, old, new, names)
    elif old.leads_to != new.leads_to:
        said = describe_mailbox("redirect", old, new, names)
        yield "redirect", old.leads_to, new.leads_to, said
    if old.store != new.store:
        yield "move", old.store, new.store, describe_mailbox("move", old, new)
    was, now = mailbox_fields(old), mailbox_fields(new)
    for fields in _together(old, new, longer=longer):
        if differing := [f for f in fields if was[f] != now[f]]:
            one, other = ({f: side[f] for f in differing} for side in (was, now))
            yield "change", one, other, describe_mailbox(differing[0], old, new)


def _together(old: Mailbox, new: Mailbox, *, longer: bool) -> Iterator[tuple[str, ...]]:
    """Yield the fields that can differ, those together that rest on the same documents."""
    yield from (("name",), ("address",), ("quota",))
    if longer:
        yield ("state",)
    closed = [mailbox.state in REFUSED for mailbox in (old, new)]
    if all(closed):
        yield ("refusal",)
    # That a mailbox is closed says that the post is over, and how mail is answered.
    over = closed == [False, True] and not new.title
    yield ("unit",) if over else ("unit", "title")


def mailbox_fields(mailbox: Mailbox) -> dict[str, Any]:
    """Return the fields of a mailbox that a plan shows: name, post, address, nothing private."""
    shown = ("kind", "state", "store", "name", "unit", "title", "quota", "refusal")
    fields = {name: getattr(mailbox, name) for name in shown}
    return fields | {"address": "".join(mailbox.addresses[:1])}


def _renamed(before: Desired, after: Desired) -> Iterator[Change]:
    """Yield one change for all the entries in the directory that show the name of a unit."""
    names = {(m.id, m.unit): m.unit_name for m in before.mailboxes if m.kind == "personal"}
    now = ((m.unit, names.get((m.id, m.unit)), m.unit_name) for m in after.mailboxes)
    found = Counter(each for each in now if each[1] not in (None, each[2]))
    for (unit, old, new), number in found.items():
        summary = Message(
            "the directory shows the new name of {unit} for {number} people",
            unit=new, number=number,
        )  # fmt: skip
        yield Change("entry", unit, "change", old, new, (), summary, unit)


def mailbox_by_address(state: Desired) -> Mapping[str, str]:
    """Return the mailbox that each full address leads to."""
    led = {address: m.id for m in state.mailboxes for address in state.served(m)}
    return led | {f"{local}@{state.domain}": key for local, key in state.reserved}


def _domains(before: Desired, after: Desired) -> Iterator[Change]:
    """Yield the former domains that begin or end to receive: one line for all their addresses."""
    old, new = _receiving(before), _receiving(after)
    for domain in old.keys() ^ new.keys():
        begins = domain in new
        action, summary = ("begin", _BEGINS) if begins else ("end", _ENDS)
        said = Message(summary.template, domain=domain, ours=after.domain)
        document = (new if begins else old)[domain].document
        yield Change(
            "policy", f"{_DOMAIN}{domain}", action, not begins, begins,
            (document,) if document else (), said,
        )  # fmt: skip


def turned_domain(change: Change) -> str:
    """Return the former domain that begins or ends to receive by a change, empty if none does."""
    turns = change.kind == "policy" and change.action in ("begin", "end")
    return change.id.removeprefix(_DOMAIN) if turns else ""


def _receiving(state: Desired) -> Mapping[str, FormerDomain]:
    return {each.domain: each for each in state.receiving}


def _addresses(before: Desired, after: Desired, names: Mapping[str, str]) -> Iterator[Change]:
    sides = [mailbox_by_address(state) for state in (before, after)]
    units = {m.id: m.unit for m in (*after.mailboxes, *before.mailboxes)}
    turned = _receiving(before).keys() ^ _receiving(after).keys()
    for address, was, now in _turned(*sides):
        if domain_of(address) in turned:
            continue
        action, said = _passed(_ADDRESS, was, now, names, address=address)
        concerned = units.get(was or now or "", "")
        yield Change("address", address, action, was, now, (), said, concerned)


def _passed(
    phrases: Mapping[str, Message], was: str | None, now: str | None, names: Mapping[str, str],
    **values: str,
) -> tuple[str, Message]:  # fmt: skip
    """Return the action by which one record follows another, or nobody, and what is said of it."""
    action = "change" if was and now else "add" if now else "remove"
    holders = ((key, names.get(key, key)) for key in (now or was or "", was or ""))
    holder, before = told_apart(*holders)
    return action, Message(phrases[action].template, holder=holder, before=before, **values)


def _kept(before: Desired, after: Desired, names: Mapping[str, str]) -> Iterator[Change]:
    """Yield the former addresses that the directory begins or ends to keep, if they led nowhere."""
    served = {**mailbox_by_address(before), **mailbox_by_address(after)}
    given_up = [
        {in_full(each, state.domain): key for each, key in state.given_up}
        for state in (before, after)
    ]
    for address, was, now in _turned(*given_up):
        if address not in served:
            holder = now or was or ""
            action = "add" if now else "remove"
            values = {"address": address, "holder": names.get(holder, holder)}
            summary = Message(_KEPT[action].template, **values)
            yield Change("entry", address, action, was, now, (), summary)


def _lists(before: Desired, after: Desired, names: Mapping[str, str]) -> Iterator[Change]:
    """Yield the lists that begin, end or get another address, and who else is on the others."""
    sides = [{each.id: each for each in state.lists} for state in (before, after)]
    for key, *found in _turned(*sides):
        old, new = _known(before.part, *found)
        was = f"{old.address}@{before.domain}" if old else None
        now = f"{new.address}@{after.domain}" if new else None
        unit = (new or old).unit  # type: ignore[union-attr]  # one of them is there
        if was != now:
            action = "rename" if was and now else "create" if now else "end"
            values = {"before": was or "", "after": now or "", "unit": names.get(unit, unit)}
            said = Message(_LIST[action].template, **values)
            yield Change("list", key, action, was, now, (), said, unit)
        if old and new:
            yield from _places(old, new, now or "", names)


def _known(
    part: frozenset[str] | None, old: MailList | None, new: MailList | None
) -> tuple[MailList | None, MailList | None]:
    """Return both sides of a list; of one that is no record's of the part it lacks only people."""
    one = old or new
    if one is None or part is None or one.unit in part:
        return old, new
    return old or replace(one, places=()), new or replace(one, places=())


def _places(
    old: MailList, new: MailList, address: str, names: Mapping[str, str]
) -> Iterator[Change]:
    """Yield who is on a list and was not, and the other way round, by record."""
    for record, was, now in _turned(dict(old.places), dict(new.places)):
        action, said = _passed(_PLACE, was, now, names, list=address)
        yield Change("list", f"{new.id}/{record}", action, was, now, (), said, new.unit)


def _grant(grant: Access, action: str, names: Mapping[str, str]) -> Change:
    was, now = (None, grant.right) if action == "grant" else (grant.right, None)
    key = f"{grant.unit}/{grant.person}"
    said = describe_access(action, grant, names)
    return Change("access", key, action, was, now, (), said, grant.office)
