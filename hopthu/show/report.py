"""One person, unit or address: how things stand on a day, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from itertools import islice

from hopthu.desired.state import Desired, Mailbox, desired
from hopthu.diagnostics.problem import shown
from hopthu.errors import UsageError
from hopthu.i18n.catalogue import cited
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold
from hopthu.model.lifecycle import REFUSED, Stage, archived_on, closed_on, erased_on
from hopthu.model.organisation import Organisation, Person, Unit
from hopthu.model.policy import Policy
from hopthu.plan.phrases import RIGHTS, describe_day
from hopthu.rules.claims import claims
from hopthu.show.timeline import Due, Event, due, history
from hopthu.source.records import Source
from hopthu.validate import Loaded

_NEAR = 3


@dataclass(frozen=True, slots=True)
class Right:
    """Somebody may read a mailbox and send as it; `mailbox` and `person` are ids."""

    mailbox: str
    person: str
    why: Message
    article: str


@dataclass(frozen=True, slots=True)
class View:
    """What there is to say of a person or unit on a day; `asked` is what was looked for.

    `mailbox` is None where there is none that day. `delivery` says where mail leads and `why`;
    `note` how the address asked for came to mean this record, where it is none of its own.
    """

    asked: str
    on: date
    record: Unit | Person
    mailbox: Mailbox | None
    stage: Stage
    since: date | None
    addresses: tuple[str, ...]
    note: Message | None
    delivery: Message
    why: Message
    rights: tuple[Right, ...]
    history: tuple[Event, ...]
    due: tuple[Due, ...]


def show(loaded: Loaded, on: date, asked: str) -> View:
    """Return how things stand with `asked`, an id or an address; raise `UsageError` if unknown."""
    organisation, policy = loaded.organisation, loaded.policy
    record, note = _find(loaded, asked)
    state = desired(organisation, policy, on)
    mailbox = next((m for m in state.mailboxes if m.id == record.id), None)
    reached: Stage = mailbox.state if mailbox else "none"
    delivery, why = _delivery(mailbox, organisation, policy)
    events = history(record, organisation)
    return View(
        asked=asked,
        on=on,
        record=record,
        mailbox=mailbox,
        stage=reached,
        since=_since(record, reached, policy, on),
        addresses=tuple(f"{local}@{policy.domain}" for local in mailbox.addresses)
        if mailbox
        else (),
        note=note,
        delivery=delivery,
        why=why,
        rights=tuple(_rights(record, mailbox, state)),
        history=tuple(events),
        due=tuple(due(record, events, policy.lifecycle, on)),
    )


def _find(loaded: Loaded, asked: str) -> tuple[Unit | Person, Message | None]:
    """Return the record meant, and why an address that is not its own leads there, or nowhere."""
    organisation, policy = loaded.organisation, loaded.policy
    records: dict[str, Unit | Person] = {**organisation.units, **organisation.people}
    if asked in records:
        return records[asked], None
    local, _, domain = asked.partition("@")
    if not domain or domain.lower() == policy.domain:
        if fold(local) in {fold(name) for name in policy.reserved}:
            note = Message("{address} is reserved: it leads to the operator ({article})",
                        address=local, article=cited("Art. 6.5"))  # fmt: skip
            return records[policy.operator], note
        holders = _holders(loaded.source)
        if fold(local) in holders:
            key, former = holders[fold(local)]
            note = Message(
                "{address} was given up: mail to it is refused, nobody else gets it ({article})",
                address=local, article=cited("Art. 4"),
            )  # fmt: skip
            return records[key], note if former else None
    what = Message("there is no person, unit or address {name}", name=shown(asked))
    raise UsageError(what, fix=_near(local, organisation, loaded))


def _holders(source: Source) -> dict[str, tuple[str, bool]]:
    """Return who holds each folded address, and whether it was given up."""
    return {
        claim.folded: (record.id, "former" in claim.steps)
        for record in (*source.units, *source.people)
        for claim in claims(record)
    }


def _near(asked: str, organisation: Organisation, loaded: Loaded) -> Message:
    """Return what may have been meant: who is named so, else ids and addresses much like it."""
    folded = fold(asked)
    named = (p.id for p in organisation.people.values() if fold(p.name) == folded)
    near = list(islice(named, _NEAR)) or [
        unit.id for unit in organisation.units.values() if fold(unit.name) == folded
    ]
    if not near:
        ids = [*organisation.units, *organisation.people, *_holders(loaded.source)]
        alike = [name for name in ids if name[:1] == folded[:1] and abs(len(name) - len(asked)) < 4]
        near = get_close_matches(asked, alike, n=_NEAR)
    if near:
        return Message("did you mean {near}?", near=", ".join(near))
    return Message("give an id, or an address")


def _since(record: Unit | Person, reached: Stage, policy: Policy, day: date) -> date | None:
    """Return the day the mailbox came to be as it is, None where it has always been."""
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
    """Return where mail leads, and why."""
    if mailbox is None:
        why = Message("no mailbox is on record, or it has not begun yet ({article})",
                   article=cited("Art. 3"))  # fmt: skip
        return Message("refused: there is no mailbox"), why
    if mailbox.state == "redirected":
        until = closed_on(organisation.units[mailbox.id], policy.lifecycle) or date.max
        why = Message("the unit went on there; so it is until {day} ({article})",
                   day=describe_day(until), article=cited("Art. 5.2"))  # fmt: skip
        return Message("mailbox {id}", id=mailbox.leads_to), why
    if mailbox.state in REFUSED:
        personal = mailbox.kind == "personal"
        why = Message("they left the service") if personal else Message("the unit ended")
        why = Message("{why} ({article})", why=why, article=cited("Art. 5.2"))
        return Message("refused: {answer}", answer=mailbox.refusal), why
    there = Message("{store}, mailbox {id}", store=mailbox.store, id=mailbox.id)
    return there, _why_there(mailbox, organisation, policy)


def _why_there(mailbox: Mailbox, organisation: Organisation, policy: Policy) -> Message:
    """Say what decides the store: a unit, its people and its mailbox share one."""
    step: Unit | None = organisation.units[mailbox.unit]
    while step is not None:
        if step.store:
            return Message("{unit} names this store", unit=step.id)
        if step.kind in policy.stores.by_kind:
            said = {"unit": step.id, "kind": step.kind}
            return Message(
                "policy keeps {unit}, of kind {kind}, and what is below it there", **said
            )
        step = organisation.units[step.parent] if step.parent else None
    return Message(
        "policy keeps {unit} there: nothing else is said of it or the units above",
        unit=mailbox.unit,
    )


def _rights(record: Unit | Person, mailbox: Mailbox | None, state: Desired) -> Iterator[Right]:
    """Yield who may use the mailbox; for a person also which unit mailboxes they may use."""
    if isinstance(record, Person) and mailbox and mailbox.state == "active":
        yield Right(record.id, record.id, Message("owner"), "Art. 6.4")
    for access in state.access:
        if record.id in (access.unit, access.person):
            yield Right(access.unit, access.person, RIGHTS[access.right], "Art. 7.2")
