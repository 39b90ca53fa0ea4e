"""One person, unit or address: how things stand on a day, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from itertools import islice

from hopthu.desired import Desired, Mailbox, desired
from hopthu.errors import UsageError
from hopthu.history import Due, Event, due, history
from hopthu.lifecycle import REFUSED, Stage, archived_on, closed_on, erased_on
from hopthu.organisation import Organisation, Person, Unit
from hopthu.policy import Policy
from hopthu.rules.claims import addresses
from hopthu.source import Source
from hopthu.validate import Loaded
from hopthu.vietnamese import fold

_NEAR = 3


@dataclass(frozen=True, slots=True)
class Right:
    """Somebody may read a mailbox and send as it; `mailbox` and `person` are ids."""

    mailbox: str
    person: str
    why: str
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
    note: str
    delivery: str
    why: str
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


def _find(loaded: Loaded, asked: str) -> tuple[Unit | Person, str]:
    """Return the record meant, and why an address that is not its own leads there, or nowhere."""
    organisation, policy = loaded.organisation, loaded.policy
    records: dict[str, Unit | Person] = {**organisation.units, **organisation.people}
    if asked in records:
        return records[asked], ""
    local, _, domain = asked.partition("@")
    if not domain or domain.lower() == policy.domain:
        if fold(local) in {fold(name) for name in policy.reserved}:
            return records[
                policy.operator
            ], f"{local} is reserved: it leads to the operator (Art. 6.5)"
        holders = _holders(loaded.source)
        if fold(local) in holders:
            key, former = holders[fold(local)]
            note = f"{local} was given up: mail to it is refused, nobody else gets it (Art. 4)"
            return records[key], note if former else ""
    raise UsageError(
        f"there is no person, unit or address {asked!r}", fix=_near(local, organisation, loaded)
    )


def _holders(source: Source) -> dict[str, tuple[str, bool]]:
    """Return who holds each folded address, and whether it was given up."""
    return {
        fold(address): (record.id, "former" in steps)
        for records in (source.units, source.people)
        for record in records
        if isinstance(mailbox := record.data.get("mailbox"), dict)
        for steps, address in addresses(mailbox)
    }


def _near(asked: str, organisation: Organisation, loaded: Loaded) -> str:
    """Return what may have been meant: who is named so, else ids and addresses much like it."""
    folded = fold(asked)
    named = (p.id for p in organisation.people.values() if fold(p.name) == folded)
    near = list(islice(named, _NEAR)) or [
        unit.id for unit in organisation.units.values() if folded in (fold(unit.name),)
    ]
    if not near:
        ids = [*organisation.units, *organisation.people, *_holders(loaded.source)]
        alike = [name for name in ids if name[:1] == folded[:1] and abs(len(name) - len(asked)) < 4]
        near = get_close_matches(asked, alike, n=_NEAR)
    return f"did you mean {', '.join(near)}?" if near else "give an id, or a part before the @"


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
) -> tuple[str, str]:
    """Return where mail leads, and why."""
    if mailbox is None:
        return "refused: there is no mailbox", "no `mailbox` on record, or not begun yet (Art. 3)"
    if mailbox.state == "redirected":
        until = closed_on(organisation.units[mailbox.id], policy.lifecycle)
        return f"mailbox {mailbox.leads_to}", f"the unit went on there; until {until} (Art. 5.2)"
    if mailbox.state in REFUSED:
        what = {"archived": "; the content is archived", "erased": "; the content is erased"}
        why = "left the service" if mailbox.kind == "personal" else "the unit ended"
        return f"refused: {mailbox.refusal}", f"{why} (Art. 5.2){what.get(mailbox.state, '')}"
    return f"{mailbox.store}, mailbox {mailbox.id}", _why_there(mailbox, organisation, policy)


def _why_there(mailbox: Mailbox, organisation: Organisation, policy: Policy) -> str:
    """Say what decides the store: a unit, its people and its mailbox share one."""
    step: Unit | None = organisation.units[mailbox.unit]
    while step is not None:
        if step.store:
            return f"{step.id} names this store"
        if step.kind in policy.stores.by_kind:
            return f"policy keeps {step.id}, of kind {step.kind}, and what is below it there"
        step = organisation.units[step.parent] if step.parent else None
    return f"policy keeps {mailbox.unit} there: nothing else is said of it or the units above"


def _rights(record: Unit | Person, mailbox: Mailbox | None, state: Desired) -> Iterator[Right]:
    """Yield who may use the mailbox; for a person also which unit mailboxes they may use."""
    if isinstance(record, Person) and mailbox and mailbox.state == "active":
        yield Right(record.id, record.id, "owner", "Art. 6.4")
    for access in state.access:
        if record.id in (access.unit, access.person):
            yield Right(access.unit, access.person, access.right, "Art. 7.2")
