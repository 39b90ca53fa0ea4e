"""The rule that what is expected of a day comes of the records (data/expectations.yaml).

It is asked last, and only of data that is valid otherwise: what should exist on a day can be worked
out of such data alone. A day is worked out once, and of a province's people only those matter whom
an expectation has to do with: a day of them all takes a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from hopthu.desired.mailbox import Mailbox
from hopthu.desired.state import Desired, desired
from hopthu.diagnostics.problem import Mark, shown
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold
from hopthu.model.builder import build
from hopthu.model.fields import mapping, text
from hopthu.model.former_domains import compared, domain_of
from hopthu.model.lifecycle import REFUSED
from hopthu.model.organisation import OrganisationOnDate
from hopthu.model.timeline import EVENTS, NAMES, NEVER, Fact, day_before, texts
from hopthu.rules.book import Found, of_rule
from hopthu.rules.context import Claim, RuleContext
from hopthu.schema import validator
from hopthu.source.records import Record
from hopthu.source.values import Map

_SAID: Mapping[str, tuple[Message, Message]] = {
    "head": (Message("{person} heads {unit}"), Message("nobody heads {unit}")),
    "delegate": (
        Message("{person} is the delegate of {unit}"),
        Message("{unit} has no delegate"),
    ),
    "access": (
        Message("{person} has access to the mailbox of {unit}"),
        Message("{person} has no access to the mailbox of {unit}"),
    ),
    "can_sign_in": (Message("{person} can sign in"), Message("{person} cannot sign in")),
    "mail": (
        Message("mail to {address} leads to {actual}"),
        Message("mail to {address} is refused"),
    ),
}
"""What an expectation may be about: what is said where it is so of somebody, and of nobody."""
_Owners = Mapping[str, Sequence[Claim]]
"""The records that have or had a folded address."""
_Reason = tuple[Mark, Message]
"""A place in the data, and what it says that matters."""


@of_rule("expectation-met")
def unmet_expectations(facts: RuleContext) -> Iterator[Found]:
    """Report the expectations that are not met, and those of addresses and ids nobody has.

    All records must be valid but for the expectations themselves: one that is reported for its
    shape, or for a person or unit that does not exist, is passed over here.
    """
    asked = [record for record in facts.source.expectations if _is_sound(record, facts)]
    owners = _owners(facts, asked)
    wrong = {id(record): list(_unknown(record, facts, owners)) for record in asked}
    for found in wrong.values():
        yield from found
    todo = [record for record in asked if not wrong[id(record)]]
    narrowed = _narrowed(facts, todo, owners)
    organisation = build(narrowed.source)
    for day in sorted({text(record.data, "on") for record in todo}):
        on = date.fromisoformat(day)
        state = desired(organisation, facts.policy, on)
        today = _Day(narrowed, organisation.on(on), state, owners)
        for record in todo:
            if text(record.data, "on") == day:
                yield from _unmet(record, today)


def _is_sound(record: Record, facts: RuleContext) -> bool:
    """Tell whether an expectation has its shape and names units and people that exist."""
    if any(validator.problems(record)):
        return False
    _, subject = _asked(record)
    unit, person = text(subject, "unit"), text(subject, "person")
    return (not unit or unit in facts.units) and (not person or person in facts.people)


def _asked(record: Record) -> tuple[str, Map]:
    """Return what an expectation is about, and what it says of that."""
    form = next(name for name in _SAID if name in record.data)
    return form, mapping(record.data[form])


def _unknown(record: Record, facts: RuleContext, owners: _Owners) -> Iterator[Found]:
    """Report an address that is not on record, and a mailbox that does not exist."""
    _, subject = _asked(record)
    to, leads_to, ours = text(subject, "to"), text(subject, "leads_to"), facts.policy.domain
    key = _key(to, ours)
    if "@" in to and domain_of(to) not in {ours, *facts.former_domains}:
        what = Message("{address} is not an address at {domain}", address=shown(to),
                       domain=ours)  # fmt: skip
        fix = Message("name an address of the province, with its domain or without")
        yield Found(record.at("mail", "to"), what, fix)
    elif to and not owners[key] and not _is_reserved(key, facts):
        what = Message("no record has or had the address {address}", address=shown(to))
        fix = Message("correct the address, or add it to the record of its owner")
        why = Message("mail to an address that nobody has is refused, whatever the records say")
        yield Found(record.at("mail", "to"), what, fix, why=why)
    if leads_to and leads_to not in facts.units and leads_to not in facts.people:
        what = Message("there is no unit or person {id}", id=shown(leads_to))
        fix = Message("write the id of a unit or of a person")
        yield Found(record.at("mail", "leads_to"), what, fix, rule="dangling-reference")


def _key(address: str, domain: str) -> str:
    """Return what an address is compared by; one at our `domain` without the domain."""
    return compared(address.partition("@")[0] if domain_of(address) == domain else address)


def _is_reserved(key: str, facts: RuleContext) -> bool:
    """Tell whether a compared address is reserved: those are at former domains as well."""
    return fold(key.partition("@")[0]) in map(fold, facts.policy.reserved)


def _owners(facts: RuleContext, asked: Sequence[Record]) -> _Owners:
    """Return all claims to the addresses that are asked for: a successor may take one over."""
    found: dict[str, list[Claim]] = {
        _key(to, facts.policy.domain): []
        for record in asked
        if (to := text(_asked(record)[1], "to"))
    }
    for claim in facts.claims if found else ():
        if claim.folded in found:
            found[claim.folded].append(claim)
    return found


def _narrowed(facts: RuleContext, asked: Sequence[Record], owners: _Owners) -> RuleContext:
    """Return the same facts of every unit, but only of people that matter to what is asked."""
    subjects = [subject for _, subject in map(_asked, asked)]
    ids = {text(subject, "person") for subject in subjects}
    ids |= {claim.record.id for claims_to_it in owners.values() for claim in claims_to_it}
    for unit in {text(subject, "unit") for subject in subjects} & facts.units.keys():
        for path in (("heads", "*", "person"), ("delegates", "*", "person")):
            ids |= {named for _, named in texts(facts.units[unit], path)}
    people = tuple(record for record in facts.source.people if record.id in ids)
    records = {**facts.source.records, "people": people, "documents": ()}
    return RuleContext(replace(facts.source, records=records), facts.policy, facts.on)


def _unmet(record: Record, today: _Day) -> Iterator[Found]:
    """Report an expectation of that day that is not met; it names only what exists."""
    form, expected = _asked(record)
    actual = today.holder(form, expected)
    field = next(name for name in ("person", "leads_to", "refused") if name in expected)
    wanted = text(expected, field)
    if field == "refused":
        met = expected["refused"] == (not actual)
    else:
        met = (actual == wanted) == expected.get("holds", True)
    if met:
        return
    instead = Message(
        _SAID[form][not actual].template,
        person=actual or wanted,
        actual=actual,
        unit=text(expected, "unit"),
        address=shown(text(expected, "to")),
    )
    if actual and wanted not in ("", actual):
        instead = Message("{instead}, not {wanted}", instead=instead, wanted=wanted)
    at, said = today.why(form, expected, actual)
    what = Message("on {day} {instead}", day=today.on.on, instead=instead)
    why = Message("{file}:{line}: {what}", file=at.file, line=at.line, what=said)
    fix = Message("correct that record; or the expectation, if it is out of date")
    yield Found(record.at(form, field), what, fix, why=why)


@dataclass(frozen=True)
class _Day:
    """Everything that is known of one day; `claims` has every record that ever had an address."""

    facts: RuleContext
    on: OrganisationOnDate
    desired: Desired
    claims: _Owners

    def holder(self, form: str, expected: Map) -> str:
        """Return of whom it is so, or where mail leads; an empty string if of nobody."""
        unit, person = text(expected, "unit"), text(expected, "person")
        if form == "mail":
            return self._leads_to(_key(text(expected, "to"), self.desired.domain))
        if form in ("head", "delegate"):
            return (self.on.head if form == "head" else self.on.delegate).get(unit, "")
        has = self.on.states.get(person) == "active"
        if unit:
            has = any((each.unit, each.person) == (unit, person) for each in self.desired.access)
        return person if has else ""

    def why(self, form: str, expected: Map, actual: str) -> _Reason:
        """Return which row of which record leads to how things stand."""
        facts, unit, person = self.facts, text(expected, "unit"), text(expected, "person")
        if form == "mail":
            return self._why_mail(_key(text(expected, "to"), self.desired.domain), actual)
        signs_in = [each for each in (facts.units.get(unit), facts.people[person]) if each]
        for record in signs_in if form in ("access", "can_sign_in") else ():
            if "mailbox" not in record.data:
                return record.at("id"), Message("{id} has no mailbox", id=record.id)
        heads, delegates = facts.heads.get(unit, ()), facts.delegates.get(unit, ())
        offices = {"head": heads, "delegate": delegates}.get(form, (*heads, *delegates))
        own = [row for row in offices if row.person == (person if form == "access" else actual)]
        rows = [*self._events(unit), *(own or offices)]
        if form == "can_sign_in" or (form == "access" and own):
            rows += [*self._events(person), *facts.locks.get(person, ())]
        if form == "can_sign_in":
            rows += facts.posts[person]
        none = Message("the unit has none by then")
        return self._last_turn(rows) or (signs_in[0].at("id"), none)

    @cached_property
    def _mailboxes(self) -> Mapping[str, Mailbox]:
        """The mailbox that each address asked for belongs to on the day."""
        return {
            key: mailbox
            for mailbox in self.desired.mailboxes
            for address in (*mailbox.addresses, *mailbox.former)
            if (key := compared(address)) in self.claims
        }

    def _leads_to(self, key: str) -> str:
        """Return the id of the mailbox that mail leads to, empty where it is refused."""
        receives = ("", *(each.domain for each in self.desired.receiving))
        if _is_reserved(key, self.facts) and domain_of(key) in receives:
            return self.facts.policy.operator
        mailbox = self._mailboxes.get(key)
        if mailbox is None or mailbox.state in REFUSED:
            return ""
        return mailbox.leads_to or mailbox.id

    def _why_mail(self, key: str, actual: str) -> _Reason:
        domain, facts = domain_of(key), self.facts
        for index, each in enumerate(facts.policy.former_domains):
            if each.domain == domain and not each.receives_on(self.on.on):
                return facts.setting("former_domains", index, "domain"), Message(
                    "{domain} receives from {start} to {until}",
                    domain=domain, start=each.start, until=each.until,
                )  # fmt: skip
        if _is_reserved(key, facts):
            return facts.setting("operator"), Message("reserved addresses lead to the operator")
        mailbox, claims = self._mailboxes.get(key), self.claims[key]
        held = (claim for claim in claims if mailbox and claim.record.id == mailbox.id)
        claim = next(held, claims[0])
        record, at_address = claim.record, claim.record.at(*claim.steps)
        if "former" in claim.steps and not domain:
            return at_address, Message("the address was given up")
        rows = [*self._events(record.id), *facts.posts.get(record.id, ())]
        found = self._last_turn(rows) if actual != record.id else None
        return found or (at_address, Message("it is an address of {id}", id=record.id))

    def _events(self, key: str) -> list[Fact]:
        """Return how a unit began and ended, or how somebody left."""
        groups = (self.facts.created, self.facts.ended, self.facts.left)
        return [group[key] for group in groups if key in group]

    def _last_turn(self, rows: Sequence[Fact]) -> _Reason | None:
        """Return the row that began or ended last by the day, or else the first one to come."""
        today = self.on.on.isoformat()
        begun = [row for row in rows if row.start <= today]
        if begun:
            return _said(max(begun, key=lambda r: r.end if r.end <= today else r.start))
        return _said(min(rows, key=lambda row: row.start)) if rows else None


def _said(row: Fact) -> _Reason:
    """Return what a row says: what holds, and for how long."""
    if row.kind in EVENTS:
        what = Message("{kind}, on {day}", kind=NAMES[row.kind], day=row.start)
    elif row.end == NEVER:
        what = Message("{kind} from {day} on", kind=NAMES[row.kind], day=row.start)
    else:
        what = Message(
            "{kind} from {start} to {last}",
            kind=NAMES[row.kind], start=row.start, last=day_before(row.end),
        )  # fmt: skip
    if row.end < row.term:
        what = Message("{what}, their last day in the unit", what=what)
    return row.at(), what
