"""The desired state on a day: mailboxes, their addresses, and access to unit mailboxes.

It is independent of file formats: `render` makes Postfix tables, directory entries and so on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from hopthu.desired.lists import MailList, lists_on
from hopthu.desired.mailbox import Access, Mailbox
from hopthu.desired.placement import Stores
from hopthu.desired.probes import access_to, accounts, lists_of
from hopthu.desired.successors import answering, successors
from hopthu.desired.unit_folders import unit_folders
from hopthu.memoize import memoize_by_identity
from hopthu.model import lifecycle
from hopthu.model.former_domains import FormerDomain, domain_of
from hopthu.model.lifecycle import LIVE, REFUSED, State
from hopthu.model.organisation import Organisation, OrganisationOnDate, Person, Unit
from hopthu.model.policy import Lifecycle, Policy, Quotas

__all__ = [
    "Access", "Desired", "Mailbox", "access_on", "custodians_on", "desired", "reserved_by",
    "with_probes",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Desired:
    """Everything that should exist on `on`; sequences are sorted by id."""

    on: date
    domain: str
    mailboxes: tuple[Mailbox, ...]
    access: tuple[Access, ...]
    reserved: tuple[tuple[str, str], ...]
    """Reserved local parts such as `postmaster`, each with the id of the mailbox it leads to."""
    given_up: tuple[tuple[str, str], ...] = ()
    """Former addresses, which nobody else may get, each with the id of who had it: local parts,
    and full addresses at former domains."""
    receiving: tuple[FormerDomain, ...] = ()
    """Former domains to which mail is accepted."""
    over: tuple[FormerDomain, ...] = ()
    """Former domains to which mail is no longer accepted."""
    probes: tuple[Mailbox, ...] = ()
    """The operator's own accounts for probing (hopthu.desired.probes)."""
    lists: tuple[MailList, ...] = ()
    """The lists that the policy declares, sorted by id."""
    part: frozenset[str] | None = None
    """The records of which all is here, None for those of the whole province."""
    folders: Mapping[str, str] = field(default_factory=dict)
    """The folder under which readers see each unit mailbox that has any, by id (Art. 7.2)."""
    quotas: Quotas = field(default_factory=Quotas)
    """What the policy says of the space of mailboxes."""

    @property
    def probe_access(self) -> tuple[Access, ...]:
        """Who reads the unit mailboxes among the accounts for probing."""
        return access_to(self.probes)

    def former(self) -> tuple[str, ...]:
        """Return the names of the former domains that are ours on the day, receiving or not."""
        return tuple(each.domain for each in self.domains())

    def domains(self) -> tuple[FormerDomain, ...]:
        """Return the former domains that are ours on the day, receiving or not."""
        return (*self.receiving, *self.over)

    def served(self, mailbox: Mailbox) -> tuple[str, ...]:
        """Return the full addresses at which a mailbox takes mail, the primary one first."""
        ours = (f"{local}@{self.domain}" for local in mailbox.addresses)
        return (*ours, *mailbox.former)

    def live(self) -> tuple[Mailbox, ...]:
        """Return the mailboxes that take mail: active and locked ones."""
        return tuple(m for m in self.mailboxes if m.state in LIVE)

    def kept(self) -> tuple[Mailbox, ...]:
        """Return the mailboxes that are kept for somebody: live ones, and those left to an heir."""
        return tuple(m for m in self.mailboxes if m.state in LIVE or m.custodian)


@memoize_by_identity(2)
def desired(organisation: Organisation, policy: Policy, on: date) -> Desired:
    """Compute the desired state on the day `on`.

    A mailbox that does not exist yet is left out. A closed one stays for good, because the reply to
    its address must name the address to write to instead (Art. 5.2).
    """
    organisation = organisation.at(on)
    day = organisation.on(on)
    builder = _MailboxBuilder(organisation, policy, day, Stores(organisation.units, policy))
    of_units = (builder.of_unit(u) for u in organisation.units.values() if u.id in day.states)
    people = (builder.of_person(p) for p in organisation.people.values() if p.id in day.states)
    mailboxes = tuple(sorted([*of_units, *people], key=lambda m: m.id))
    probes = accounts((m.store for m in mailboxes), policy)
    return Desired(
        on=on,
        domain=policy.domain,
        mailboxes=mailboxes,
        access=access_on(day, builder.custodians),
        reserved=reserved_by(policy),
        given_up=tuple(
            (local, record.id)
            for record in organisation.records()
            if record.id in day.states and record.mailbox
            for local in record.mailbox.former
        ),
        receiving=builder.receiving,
        over=builder.over,
        probes=probes,
        lists=lists_on(organisation.units, policy, day, mailboxes),
        folders={
            **unit_folders(readable(mailboxes), organisation.units),
            **{m.id: m.id for m in probes},
        },
        quotas=policy.quotas,
    )


def readable(mailboxes: Iterable[Mailbox]) -> Mapping[str, bool]:
    """Return the unit mailboxes that somebody has, each with whether its unit has ended."""
    return {mailbox.id: mailbox.read_only for mailbox in mailboxes if mailbox.custodian}


@memoize_by_identity(2)
def with_probes(desired: Desired) -> Desired:
    """Return the desired state with the accounts for probing among the other mailboxes."""
    return replace(
        desired,
        mailboxes=(*desired.mailboxes, *desired.probes),
        access=(*desired.access, *desired.probe_access),
        lists=(*desired.lists, *lists_of(desired.probes)),
    )


def reserved_by(policy: Policy) -> tuple[tuple[str, str], ...]:
    """Return the reserved local parts, each with the id of the mailbox it leads to."""
    return tuple((name, policy.operator) for name in sorted(set(policy.reserved)))


def custodians_on(
    organisation: Organisation, day: OrganisationOnDate, policy: Lifecycle
) -> Mapping[str, str]:
    """Return the unit mailboxes of a day, each with the unit whose head and delegate have it.

    That is the unit itself and, from its end until the content goes to the archive, its heir.
    """
    found = {}
    for key, unit in organisation.units.items():
        served = day.states.get(key)
        if served and lifecycle.state(unit, served, policy, day.on) in (served, "closed"):
            heir = organisation.units[organisation.heirs(key, day.on)[-1]]
            if heir.ended is None or day.on < heir.ended.on:
                found[key] = heir.id
    return found


def access_on(day: OrganisationOnDate, custodians: Mapping[str, str]) -> tuple[Access, ...]:
    """Return the access of heads and delegates of `custodians` to unit mailboxes.

    Those who may not sign in have none.
    """
    rights = [
        right
        for unit, custodian in custodians.items()
        for heir in ["" if custodian == unit else custodian]
        for right in (
            Access(unit, day.head.get(custodian, ""), "head", custodian in day.acting, heir),
            Access(unit, day.delegate.get(custodian, ""), "delegate", heir=heir),
        )
    ]
    found = (right for right in rights if day.states.get(right.person) == "active")
    return tuple(sorted(found, key=lambda r: (r.unit, r.right, r.person)))


@dataclass(frozen=True)
class _MailboxBuilder:
    """Builds mailboxes from records for one day.

    Dovecot shares mailboxes only within one store, so a unit, its people and its mailbox are all on
    the same one, and with them the mailboxes that it has from units that have ended.
    """

    organisation: Organisation
    policy: Policy
    day: OrganisationOnDate
    stores: Stores

    @cached_property
    def receiving(self) -> tuple[FormerDomain, ...]:
        """The former domains to which mail is accepted that day."""
        known = self.policy.former_domains
        return tuple(each for each in known if each.receives_on(self.day.on))

    @cached_property
    def over(self) -> tuple[FormerDomain, ...]:
        """The former domains to which mail is no longer accepted that day."""
        known = self.policy.former_domains
        return tuple(each for each in known if each.over_on(self.day.on))

    @cached_property
    def custodians(self) -> Mapping[str, str]:
        """The unit mailboxes that somebody has that day, each with the unit that has it."""
        return custodians_on(self.organisation, self.day, self.policy.lifecycle)

    def of_unit(self, unit: Unit) -> Mailbox:
        """Return the mailbox of a unit that has one."""
        heir = self.heir(unit)
        state = self.state(unit, led=bool(heir))
        return Mailbox(
            id=unit.id,
            kind="unit",
            name=unit.name,
            addresses=self.addresses(unit),
            state=state,
            store=self.stores.of(self.organisation.heirs(unit.id, self.day.on)[-1]),
            quota=unit.quota or self.policy.quotas.unit,
            unit=unit.id,
            unit_name=unit.name,
            refusal=self.refusal(unit.id) if state in REFUSED else "",
            leads_to=heir if state == "redirected" else "",
            former=_at(self.receiving, unit),
            over=_at(self.over, unit),
            custodian=self.custodians.get(unit.id, ""),
        )

    def of_person(self, person: Person) -> Mailbox:
        """Return the mailbox of a person."""
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
            quota=person.quota or self.policy.quotas.personal,
            unit=unit.id,
            unit_name=unit.name,
            title=posts[0].title if posts else "",
            refusal=self.refusal(person.id) if state in REFUSED else "",
            former=_at(self.receiving, person),
            over=_at(self.over, person),
        )

    def addresses(self, unit: Unit) -> tuple[str, ...]:
        """Return a unit's addresses that day, without one that its successor has taken over."""
        over = unit.ended if unit.ended and unit.ended.on <= self.day.on else None
        return _addresses(unit)[1 if over and over.address_to else 0 :]

    def state(self, record: Unit | Person, *, led: bool = False) -> State:
        """Return the state of the mailbox of a record."""
        served = self.day.states[record.id]
        if served in LIVE:
            return served
        return lifecycle.state(record, served, self.policy.lifecycle, self.day.on, led=led)

    def heir(self, unit: Unit) -> str:
        """Return the mailbox that receives mail of an ended unit: the first successor's.

        For a split unit that is the successor of the main part. Empty if no successor has one.
        """
        for successor in successors(self.organisation, unit, self.day.on):
            if successor.mailbox and self.day.states.get(successor.id) == "active":
                return successor.id
        return ""

    def refusal(self, key: str) -> str:
        """Return the address to write to instead, in ASCII for an SMTP reply (RFC 5321 §4.2)."""
        for step, answers in answering(self.organisation, key, self.day.on):
            if answers and step.mailbox:
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


def _at(domains: tuple[FormerDomain, ...], record: Unit | Person) -> tuple[str, ...]:
    """Return the former addresses of a record that are at one of `domains`."""
    if not domains or record.mailbox is None:
        return ()
    names = {each.domain for each in domains}
    return tuple(each for each in record.mailbox.former if domain_of(each) in names)
