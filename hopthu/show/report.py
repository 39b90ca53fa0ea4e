"""State, history and mail delivery of one person, unit or address on a day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from hopthu.desired.state import Desired, Mailbox, desired
from hopthu.diagnostics.nearest import suggestion
from hopthu.diagnostics.problem import shown
from hopthu.diagnostics.regulation import Regulation
from hopthu.directory.entries import person_dn, suffix
from hopthu.errors import UsageError
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, same
from hopthu.model.former_domains import FormerDomain, compared, domain_of
from hopthu.model.lifecycle import REFUSED, Stage, archived_on, closed_on, erased_on
from hopthu.model.organisation import Organisation, Person, Unit
from hopthu.model.phrases import describe_day
from hopthu.model.policy import Policy, Storage
from hopthu.rules.context import claims
from hopthu.show.access import AccessSpan, access_spans
from hopthu.show.timeline import Due, Event, due, history
from hopthu.validate import Loaded

_NEAR = 3


@dataclass(frozen=True, slots=True)
class Right:
    """The right of a person to read a mailbox and send as it; `mailbox` and `person` are ids."""

    mailbox: str
    person: str
    why: Message
    article: str


@dataclass(frozen=True, slots=True)
class View:
    """Everything about a person or unit on a day; `asked` is the id or address that was given.

    `mailbox` is None if there is none that day. `bind_dn` is the name with which a person signs in
    to the directory, empty for who does not. `delivery` says where mail is delivered, and `why` the
    reason. `on_lists` are the addresses of lists that lead to it, `writes_to` of those to which it
    alone writes. `note` explains why the given address means this record if it is not its own.
    """

    asked: str
    on: date
    regulation: Regulation
    record: Unit | Person
    mailbox: Mailbox | None
    stage: Stage
    since: date | None
    addresses: tuple[str, ...]
    bind_dn: str
    note: Message | None
    delivery: Message
    why: Message
    rights: tuple[Right, ...]
    on_lists: tuple[str, ...]
    writes_to: tuple[str, ...]
    access: tuple[AccessSpan, ...]
    """The access of all days, also of those gone by and to come."""
    history: tuple[Event, ...]
    due: tuple[Due, ...]


def show(loaded: Loaded, on: date, asked: str) -> View:
    """Return the view of `asked`, an id or an address; raise `UsageError` if it is unknown."""
    loaded = replace(loaded, organisation=loaded.organisation.at(on))
    organisation, policy = loaded.organisation, loaded.policy
    record, note = find(loaded, on, asked)
    state = desired(organisation, policy, on)
    mailbox = next((m for m in state.mailboxes if m.id == record.id), None)
    reached: Stage = mailbox.state if mailbox else "none"
    delivery, why = _delivery(mailbox, organisation, policy)
    events = history(record, organisation)
    return View(
        asked=asked,
        on=on,
        regulation=policy.regulation,
        record=record,
        mailbox=mailbox,
        stage=reached,
        since=_since(record, reached, policy, on),
        addresses=state.served(mailbox) if mailbox else (),
        bind_dn=_bind_dn(mailbox, policy),
        note=note,
        delivery=delivery,
        why=why,
        rights=tuple(_rights(record, mailbox, state)),
        on_lists=tuple(
            f"{each.address}@{state.domain}"
            for each in state.lists
            if any(place.mailbox == record.id for place in each.places)
        ),
        writes_to=tuple(
            f"{each.address}@{state.domain}" for each in state.lists if each.unit == record.id
        ),
        access=access_spans(record, organisation, policy.lifecycle),
        history=tuple(events),
        due=tuple(due(record, events, policy, on)),
    )


def _bind_dn(mailbox: Mailbox | None, policy: Policy) -> str:
    if mailbox is None or mailbox.kind == "unit" or mailbox.state != "active":
        return ""
    return person_dn(mailbox.id, suffix(policy.domain))


def find(loaded: Loaded, on: date, asked: str) -> tuple[Unit | Person, Message | None]:
    """Return the record of an id, an address or a name, and a note if an address is not current.

    What has a space is a name. Raises `UsageError` if there is none, or several have the name.
    """
    organisation, policy = loaded.organisation, loaded.policy
    records: dict[str, Unit | Person] = {**organisation.units, **organisation.people}
    if asked in records:
        return records[asked], None
    local, _, _ = asked.partition("@")
    domains = {each.domain: each for each in policy.former_domains}
    if former := domains.get(domain_of(asked)):
        if found := _at_former(loaded, on, asked, former):
            return found
    elif " " not in asked and domain_of(asked) in ("", policy.domain):
        if fold(local) in {fold(name) for name in policy.reserved}:
            note = Message("{address} is reserved: it leads to the operator ({article})",
                        address=local, article=policy.regulation.cite("Art. 6.5"))  # fmt: skip
            return records[policy.operator], note
        holders = _holders(loaded, on)
        if fold(local) in holders:
            key, given_up = holders[fold(local)]
            note = Message(
                "{address} is a former address: mail to it is refused and it is never reissued "
                "({article})",
                address=local,
                article=policy.regulation.cite("Art. 4"),
            )
            return records[key], note if given_up else None
    return _by_name(loaded, on, asked), None


def _by_name(loaded: Loaded, on: date, asked: str) -> Unit | Person:
    """Return the one record of a name; raise `UsageError` if several have it, or none."""
    organisation, name = loaded.organisation, same(asked).casefold()
    found = [record for record in organisation.records() if same(record.name).casefold() == name]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            Message("{number} records are named {name}", number=len(found), name=shown(asked)),
            fix=Message(
                "pass the id of one: {ids}",
                ids=some([_with_unit(record, organisation) for record in found], _NEAR),
            ),
        )
    what = Message("there is no person, unit or address {name}", name=shown(asked))
    raise UsageError(what, fix=_near(asked.partition("@")[0], organisation, loaded, on))


def _at_former(
    loaded: Loaded, on: date, asked: str, former: FormerDomain
) -> tuple[Unit | Person, Message] | None:
    """Return the record of an address at a former domain, and a note on whether it receives."""
    organisation, policy = loaded.organisation, loaded.policy
    wanted = compared(asked)
    given_up = (r for r in organisation.records() if r.mailbox and wanted in r.mailbox.former)
    holder = next(given_up, None)
    if former.receives_on(on) and fold(asked.partition("@")[0]) in map(fold, policy.reserved):
        holder = organisation.units[policy.operator]
    if holder is None:
        return None
    note = Message(
        "{address} is at a former domain: mail to it is accepted from {start} to {until}, and "
        "nobody sends from it ({article})",
        address=asked,
        start=describe_day(former.start),
        until=describe_day(former.until),
        article=policy.regulation.cite("Art. 4"),
    )
    return holder, note


def _holders(loaded: Loaded, on: date) -> dict[str, tuple[str, bool]]:
    """Return for each folded address the id of its record on a day, and whether it is former."""
    source, units = loaded.source, loaded.organisation.units
    records: dict[str, Unit | Person] = {**units, **loaded.organisation.people}
    given_up = {
        (key, compared(each))
        for key, r in records.items()
        if r.mailbox
        for each in r.mailbox.former
    }
    found = {
        claim.folded: (record.id, (record.id, claim.folded) in given_up)
        for record in (*source.units, *source.people)
        for claim in claims(record)
    }
    for unit in units.values():
        if unit.ended and unit.mailbox and unit.ended.address_to:
            holds = unit.id if on < unit.ended.on else unit.ended.address_to
            found[fold(unit.mailbox.address)] = (holds, False)
    return found


def _near(asked: str, organisation: Organisation, loaded: Loaded, on: date) -> Message:
    """Return suggestions: people or units with this name, else similar ids and addresses."""
    folded = fold(asked)
    same_name = (each for each in organisation.records() if fold(each.name) == folded)
    named = (_with_unit(each, organisation) for each in same_name)
    known = [*organisation.units, *organisation.people, *_holders(loaded, on)]
    return suggestion(asked, known, Message("pass an id or an address"), named)


def _with_unit(record: Unit | Person, organisation: Organisation) -> str:
    """Return an id, with the unit of the last post: people of one name are told apart by it.

    Of a unit it is the unit above it.
    """
    if isinstance(record, Person):
        unit = record.posts[-1].unit if record.posts else ""
    else:
        unit = record.parent or ""
    return f"{record.id} ({organisation.units[unit].name})" if unit else record.id


def _since(record: Unit | Person, reached: Stage, policy: Policy, day: date) -> date | None:
    """Return the day on which the mailbox reached its state, None if it has always been in it."""
    closed = closed_on(record, policy.lifecycle)
    if closed and reached in REFUSED:
        return {
            "closed": closed,
            "archived": archived_on(closed, policy.lifecycle),
            "erased": erased_on(record, closed, policy.lifecycle),
        }[reached]
    if isinstance(record, Unit):
        if record.ended and reached == "redirected":
            return record.ended.on
        return record.created.on if record.created else None
    if reached == "locked":
        return max((lock.start for lock in record.locked if lock.holds_on(day)), default=None)
    return min((post.start for post in record.posts), default=None)


def _delivery(
    mailbox: Mailbox | None, organisation: Organisation, policy: Policy
) -> tuple[Message, Message]:
    """Return where mail is delivered, and why."""
    if mailbox is None:
        why = Message("no mailbox is recorded, or it does not exist yet ({article})",
                   article=policy.regulation.cite("Art. 3"))  # fmt: skip
        return Message("refused: there is no mailbox"), why
    if mailbox.state == "redirected":
        closed = closed_on(organisation.units[mailbox.id], policy.lifecycle) or date.max
        last = describe_day(closed - timedelta(days=1))
        why = Message("the successor receives the mail through {day} ({article})",
                      day=last, article=policy.regulation.cite("Art. 5.2"))  # fmt: skip
        return Message("mailbox {id}", id=mailbox.leads_to), why
    if mailbox.state in REFUSED:
        personal = mailbox.kind == "personal"
        why = Message("the person left the service") if personal else Message("the unit ended")
        why = Message("{why} ({article})", why=why, article=policy.regulation.cite("Art. 5.2"))
        return Message("refused: {answer}", answer=mailbox.refusal), why
    place = Message("{store}, mailbox {id}", store=mailbox.store, id=mailbox.id)
    why = Message("{why}; {kept}", why=_why_store(mailbox, organisation, policy),
                  kept=_kept(policy.stores.kept(mailbox.store)))  # fmt: skip
    return place, why


def _kept(storage: Storage) -> Message:
    """Return in how many places a store keeps mail, and who answers for it."""
    if storage.replicated:
        return Message("it keeps mail in two places, as {who} promises", who=storage.replicated)
    if storage.drbd:
        return Message("it keeps mail on two hosts; {host} serves it", host=storage.drbd)
    if storage.single:
        return Message("it keeps mail in one place ({who})", who=storage.single)
    return Message("nobody says that it keeps mail in two places")


def _why_store(mailbox: Mailbox, organisation: Organisation, policy: Policy) -> Message:
    """Return what decides the store of a unit, its people and its mailbox."""
    step: Unit | None = organisation.units[mailbox.unit]
    while step is not None:
        if step.store:
            return Message("`store` of {unit} names this store", unit=step.id)
        if policy.named_kind(step.kind, policy.stores.by_kind):
            values = {"unit": step.id, "kind": step.kind}
            return Message(
                "the policy assigns {unit}, of kind {kind}, and the units below it to this store",
                **values,
            )
        step = organisation.units[step.parent] if step.parent else None
    return Message(
        "this is the default store: neither {unit} nor a unit above it has another",
        unit=mailbox.unit,
    )


def _rights(record: Unit | Person, mailbox: Mailbox | None, state: Desired) -> Iterator[Right]:
    """Yield the rights to use the mailbox; for a person also their rights to unit mailboxes."""
    if isinstance(record, Person) and mailbox and mailbox.state == "active":
        yield Right(record.id, record.id, Message("owner"), "Art. 6.4")
    for access in state.access:
        if record.id in (access.unit, access.person):
            yield Right(access.unit, access.person, access.capacity_in_full, "Art. 7.2")
