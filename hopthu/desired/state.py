"""What should exist on a day: mailboxes, where each address leads, who may read or send as what.

No file formats here: `render` turns this into Postfix tables, directory entries and the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from hopthu.desired.placement import Stores, lineage_of
from hopthu.memoize import memoize_by_identity
from hopthu.model import lifecycle
from hopthu.model.lifecycle import LIVE, REFUSED, State
from hopthu.model.organisation import Organisation, OrganisationOnDate, Person, Unit
from hopthu.model.policy import Policy


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox, personal or a unit's (Art. 4).

    `id` is the permanent id of the person or unit and the daemons' user name; `addresses` are
    local parts, the primary one first; `unit` is where it belongs; `quota` is in bytes; `store`
    is a store's label. While it is redirected, mail to it leads to the mailbox `leads_to`;
    `refusal` is what a sender is told once it is closed.
    """

    id: str
    kind: Literal["personal", "unit"]
    name: str
    addresses: tuple[str, ...]
    state: State
    store: str
    quota: int
    unit: str
    unit_name: str
    title: str = ""
    refusal: str = ""
    leads_to: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """A person may read a unit mailbox and send as it, as its head or its delegate (Art. 7.2).

    `other` is never desired: it is a right found on a server that no record ever gave.
    """

    unit: str
    person: str
    right: Literal["head", "delegate", "other"]


@dataclass(frozen=True, slots=True)
class Desired:
    """Everything that should exist on `on`; sequences are sorted by id."""

    on: date
    domain: str
    mailboxes: tuple[Mailbox, ...]
    access: tuple[Access, ...]
    reserved: tuple[tuple[str, str], ...]
    """Reserved local parts such as `postmaster`, each with the id of the mailbox it leads to."""

    def live(self) -> tuple[Mailbox, ...]:
        """Return the mailboxes that take mail: active and locked ones."""
        return tuple(m for m in self.mailboxes if m.state in LIVE)


@memoize_by_identity(2)
def desired(organisation: Organisation, policy: Policy, on: date) -> Desired:
    """Work out what should exist on the day `on`.

    A mailbox that is not there yet is left out; a closed one stays for good, because its address
    must answer with where to write instead (Art. 5.2).
    """
    day = organisation.on(on)
    maker = _Maker(organisation, policy, day, Stores(organisation.units, policy))
    units = (maker.of_unit(u) for u in organisation.units.values() if u.id in day.states)
    people = (maker.of_person(p) for p in organisation.people.values() if p.id in day.states)
    return Desired(
        on=on,
        domain=policy.domain,
        mailboxes=tuple(sorted([*units, *people], key=lambda m: m.id)),
        access=_access(day),
        reserved=tuple((name, policy.operator) for name in sorted(set(policy.reserved))),
    )


def _access(day: OrganisationOnDate) -> tuple[Access, ...]:
    """Give each live unit mailbox to its head and delegate, as far as they may sign in."""
    rights = [
        *(Access(unit, person, "head") for unit, person in day.head.items()),
        *(Access(unit, person, "delegate") for unit, person in day.delegate.items()),
    ]
    return tuple(
        sorted(
            (r for r in rights if r.unit in day.states and day.states.get(r.person) == "active"),
            key=lambda r: (r.unit, r.right, r.person),
        )
    )


@dataclass(frozen=True, slots=True)
class _Maker:
    """Turns records into mailboxes for one day.

    A unit, its people and its mailbox share one store, for Dovecot shares mailboxes only within
    one; so a person's mailbox lives where their unit's does.
    """

    organisation: Organisation
    policy: Policy
    day: OrganisationOnDate
    stores: Stores

    def of_unit(self, unit: Unit) -> Mailbox:
        """Make the mailbox of a unit that has one."""
        heir = self.heir(unit)
        state = self.state(unit, led=bool(heir))
        return Mailbox(
            id=unit.id,
            kind="unit",
            name=unit.name,
            addresses=_addresses(unit),
            state=state,
            store=self.stores.of(unit.id),
            quota=self.policy.quotas.unit,
            unit=unit.id,
            unit_name=unit.name,
            refusal=self.refusal(unit) if state in REFUSED else "",
            leads_to=heir if state == "redirected" else "",
        )

    def of_person(self, person: Person) -> Mailbox:
        """Make the mailbox of a person."""
        state = self.state(person)
        unit = self.organisation.units[self.day.home[person.id]]
        posts = self.day.posts.get(person.id, ())
        return Mailbox(
            id=person.id,
            kind="personal",
            name=person.name,
            addresses=_addresses(person),
            state=state,
            store=self.stores.of(unit.id),
            quota=self.policy.quotas.personal,
            unit=unit.id,
            unit_name=unit.name,
            title=posts[0].title if posts else "",
            refusal=self.refusal(unit) if state in REFUSED else "",
        )

    def state(self, record: Unit | Person, *, led: bool = False) -> State:
        """Return how far the mailbox of a record has come."""
        served = self.day.states[record.id]
        if served in LIVE:
            return served
        return lifecycle.state(record, served, self.policy.lifecycle, self.day.on, led=led)

    def heir(self, unit: Unit) -> str:
        """Return the mailbox that mail of an ended unit leads to: that of the first successor.

        Of a split unit that is the one which took the main part. Empty where none has one.
        """
        for successor in self.heirs(unit):
            if successor.mailbox and self.day.states.get(successor.id) == "active":
                return successor.id
        return ""

    def heirs(self, unit: Unit) -> Iterator[Unit]:
        """Yield what a unit went on in, and what became of those, each once, as of the day."""
        seen: set[str] = set()
        ahead = self.into(unit)
        while ahead:
            key = ahead.pop()
            if key not in seen:
                seen.add(key)
                yield self.organisation.units[key]
                ahead += self.into(self.organisation.units[key])

    def into(self, unit: Unit) -> list[str]:
        """Return what a unit has gone on in by the day, the first successor last."""
        return [*reversed(unit.ended.into)] if unit.ended and unit.ended.on <= self.day.on else []

    def successors(self, unit: Unit) -> Iterator[Unit]:
        """Yield where the business of a unit is: what it went on in, then what is above it."""
        heirs = list(self.heirs(unit))
        yield from heirs
        for step in (*reversed(heirs), unit):
            yield from lineage_of(step, self.organisation.units)

    def refusal(self, unit: Unit) -> str:
        """Say in ASCII where to write instead: an SMTP reply holds nothing else (RFC 5321 §4.2)."""
        for step in self.successors(unit):
            if step.mailbox and self.day.states.get(step.id) == "active":
                instead = f"{step.mailbox.address}@{self.policy.domain}"
                return (
                    f"Mailbox closed, please write to {instead} / "
                    f"Hop thu da dong, xin gui den {instead}"
                )
        return "Mailbox closed / Hop thu da dong"


def _addresses(record: Unit | Person) -> tuple[str, ...]:
    if record.mailbox is None:
        return ()
    return (record.mailbox.address, *record.mailbox.aliases)
