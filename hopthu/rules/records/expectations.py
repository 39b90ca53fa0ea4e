"""The rule that what is expected of a day comes of the records (data/expectations.yaml).

It is asked last, and only of data that is valid otherwise: what should exist on a day can be worked
out of such data alone. A day is worked out once, and of a province's people only those matter whom
an expectation has to do with: a day of them all takes a second.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from hopthu.desired.state import Desired, Mailbox, desired
from hopthu.diagnostics.problem import Mark, Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold
from hopthu.model.builder import build
from hopthu.model.fields import day, mapping, text
from hopthu.model.former_domains import compared, domain_of
from hopthu.model.lifecycle import REFUSED
from hopthu.model.organisation import Organisation, OrganisationOnDate
from hopthu.model.timeline import texts
from hopthu.rules.claims import Claim, claims
from hopthu.rules.context import RuleContext
from hopthu.rules.names.identity import DANGLING
from hopthu.rules.records.reasons import Reason, Reasons
from hopthu.schema import validator
from hopthu.source.records import Record
from hopthu.source.values import Map

EXPECTATION = Rule(
    "expectation-met",
    "Art. 5.1",
    "what must come of the records is written down apart from them: no change breaks it unseen",
)
_FIX = Message("correct that record; or the expectation, if it is out of date")
_Owners = Mapping[str, Sequence[Claim]]
"""The records that have or had a folded address."""


@dataclass(frozen=True)
class _Day:
    """Everything that is known of one day.

    Addresses are folded: `reserved` and `holders` have the mailboxes they belong to that day,
    `claims` every record that ever had them. Those at former domains are full addresses; reserved
    ones are not listed for each domain.
    """

    on: OrganisationOnDate
    desired: Desired
    reserved: Mapping[str, str]
    holders: Mapping[str, Mailbox]
    claims: _Owners
    reasons: Reasons
    operator: Reason
    """Why reserved addresses lead where they do."""


class _Answer(NamedTuple):
    """How things stand in place of what is expected: the field, the sentence and the reason."""

    field: str
    instead: Message
    reason: Reason


def unmet_expectations(facts: RuleContext) -> Iterator[Problem]:
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
    for on in sorted({day(record.data, "on") for record in todo}):
        today = _day(narrowed, organisation, on, owners)
        for record in todo:
            if day(record.data, "on") == on:
                yield from _unmet(record, today)


def _is_sound(record: Record, facts: RuleContext) -> bool:
    """Tell whether an expectation has its shape and names units and people that exist."""
    if any(validator.problems(record)):
        return False
    subject = _subject(record)
    unit, person = text(subject, "unit"), text(subject, "person")
    return (not unit or unit in facts.units) and (not person or person in facts.people)


def _subject(record: Record) -> Map:
    """Return what an expectation says beside its day."""
    return mapping(next(value for key, value in record.data.items() if key != "on"))


def _unknown(record: Record, facts: RuleContext, owners: _Owners) -> Iterator[Problem]:
    """Report an address that is not on record, and a mailbox that does not exist."""
    subject = _subject(record)
    to, leads_to = text(subject, "to"), text(subject, "leads_to")
    ours, key = facts.policy.domain, _compared_at(to, facts.policy.domain)
    if "@" in to and domain_of(to) not in {ours, *facts.former_domains}:
        what = Message("{address} is not an address at {domain}", address=shown(to),
                       domain=ours)  # fmt: skip
        fix = Message("name an address of the province, with its domain or without")
        yield EXPECTATION.violation(record.at("mail", "to"), what, fix=fix)
    elif (
        to
        and not owners[key]
        and _reserved_part(key, facts.former_domains) not in set(map(fold, facts.policy.reserved))
    ):
        what = Message("no record has or had the address {address}", address=shown(to))
        fix = Message("correct the address, or add it to the record of its owner")
        why = Message("mail to an address that nobody has is refused, whatever the records say")
        yield EXPECTATION.violation(record.at("mail", "to"), what, why=why, fix=fix)
    if leads_to and leads_to not in facts.units and leads_to not in facts.people:
        what = Message("there is no unit or person {id}", id=shown(leads_to))
        fix = Message("write the id of a unit or of a person")
        yield DANGLING.violation(record.at("mail", "leads_to"), what, fix=fix)


def _owners(facts: RuleContext, asked: Sequence[Record]) -> _Owners:
    """Return all claims to the addresses that are asked for: a successor may take one over."""
    found: dict[str, list[Claim]] = {
        _compared_at(to, facts.policy.domain): []
        for record in asked
        if (to := text(_subject(record), "to"))
    }
    if found:
        for record in (*facts.source.units, *facts.source.people):
            for claim in claims(record):
                if claim.folded in found:
                    found[claim.folded].append(claim)
    return found


def _narrowed(facts: RuleContext, asked: Sequence[Record], owners: _Owners) -> RuleContext:
    """Return the same facts of every unit, but only of people that matter to what is asked."""
    subjects = [_subject(record) for record in asked]
    ids = {text(subject, "person") for subject in subjects}
    ids |= {claim.record.id for claims_to_it in owners.values() for claim in claims_to_it}
    for unit in {text(subject, "unit") for subject in subjects} & facts.units.keys():
        for path in (("heads", "*", "person"), ("delegates", "*", "person")):
            ids |= {named for _, named in texts(facts.units[unit], path)}
    people = tuple(record for record in facts.source.people if record.id in ids)
    records = {**facts.source.records, "people": people, "documents": ()}
    return RuleContext(replace(facts.source, records=records), facts.policy, facts.on)


def _day(facts: RuleContext, organisation: Organisation, on: date, owners: _Owners) -> _Day:
    state = desired(organisation, facts.policy, on)
    return _Day(
        on=organisation.on(on),
        desired=state,
        reserved={fold(name): mailbox for name, mailbox in state.reserved},
        holders={
            folded: mailbox
            for mailbox in state.mailboxes
            for address in (*mailbox.addresses, *mailbox.former)
            if (folded := compared(address)) in owners
        },
        claims=owners,
        reasons=Reasons(facts, on.isoformat()),
        operator=_why_reserved(facts),
    )


def _why_reserved(facts: RuleContext) -> Reason:
    named = next((record for record in facts.source.policy if "operator" in record.data), None)
    at = named.at("operator") if named else Mark("data/policy.yaml")
    return Reason(at, Message("reserved addresses lead to the operator"))


def _unmet(record: Record, today: _Day) -> Iterator[Problem]:
    """Report an expectation of that day that is not met; it names only what exists."""
    form = next(name for name in _FORMS if name in record.data)
    answer = _FORMS[form](form, mapping(record.data[form]), today)
    if answer:
        yield EXPECTATION.violation(
            record.at(form, answer.field),
            Message("on {day} {instead}", day=today.on.on, instead=answer.instead),
            why=answer.reason.sentence(),
            fix=_FIX,
        )


def _compared_at(address: str, domain: str) -> str:
    """Return what addresses are compared by; one at our `domain` without the domain."""
    return compared(address.partition("@")[0] if domain_of(address) == domain else address)


def _reserved_part(address: str, domains: Collection[str]) -> str:
    """Return what a compared address is called among the reserved ones, which receive everywhere.

    `domains` are the former domains at which they do.
    """
    return fold(address.partition("@")[0]) if domain_of(address) in domains else address


_OFFICES = {
    "head": (
        Message("{person} heads {unit}"),
        Message("{holder} heads {unit}, not {person}"),
        Message("nobody heads {unit}"),
    ),
    "delegate": (
        Message("{person} is the delegate of {unit}"),
        Message("{holder} is the delegate of {unit}, not {person}"),
        Message("{unit} has no delegate"),
    ),
}
"""What is said of who holds an office although they should not, of another one, and of nobody."""
_RIGHTS = {
    "access": (
        Message("{person} has access to the mailbox of {unit}"),
        Message("{person} has no access to the mailbox of {unit}"),
    ),
    "can_sign_in": (Message("{person} can sign in"), Message("{person} cannot sign in")),
}
"""What is said of who has a right although they should not, and the other way round."""


def _office(form: str, expected: Map, today: _Day) -> _Answer | None:
    unit, person = text(expected, "unit"), text(expected, "person")
    head = form == "head"
    holder = (today.on.head if head else today.on.delegate).get(unit, "")
    if (holder == person) == expected.get("holds", True):
        return None
    own, other, nobody = _OFFICES[form]
    said = own if holder == person else other if holder else nobody
    facts = today.reasons.facts
    rows = (facts.heads if head else facts.delegates).get(unit, ())
    instead = Message(said.template, unit=unit, person=person, holder=holder)
    return _Answer("person", instead, today.reasons.office(unit, holder, rows))


def _right(form: str, expected: Map, today: _Day) -> _Answer | None:
    unit, person = text(expected, "unit"), text(expected, "person")
    has = today.on.states.get(person) == "active"
    if unit:
        has = any((each.unit, each.person) == (unit, person) for each in today.desired.access)
    if has == expected.get("holds", True):
        return None
    instead = Message(_RIGHTS[form][not has].template, unit=unit, person=person)
    reason = _why_access(unit, person, has, today) if unit else today.reasons.sign_in(person)
    return _Answer("person", instead, reason)


def _why_access(unit: str, person: str, has: bool, today: _Day) -> Reason:
    """Say what gives access to the mailbox of a unit, or what is in the way."""
    if unit not in today.on.states:
        return today.reasons.no_mailbox(unit)
    if not has and person in (today.on.head.get(unit), today.on.delegate.get(unit)):
        return today.reasons.sign_in(person)
    facts = today.reasons.facts
    lists = facts.heads.get(unit, ()), facts.delegates.get(unit, ())
    return today.reasons.office(unit, person, *lists)


def _mail(_: str, expected: Map, today: _Day) -> _Answer | None:
    to = text(expected, "to")
    actual = _leads_to(to, today)
    field = "leads_to" if "leads_to" in expected else "refused"
    wanted = text(expected, "leads_to")
    met = actual == wanted if wanted else expected["refused"] == (not actual)
    if met:
        return None
    said = {"address": shown(to), "actual": actual, "wanted": wanted}
    if not actual:
        instead = Message("mail to {address} is refused", **said)
    elif wanted:
        instead = Message("mail to {address} leads to {actual}, not to {wanted}", **said)
    else:
        instead = Message("mail to {address} leads to {actual}", **said)
    return _Answer(field, instead, _why_mail(to, today))


def _leads_to(address: str, today: _Day) -> str:
    """Return the id of the mailbox that mail to an address leads to, empty where it is refused."""
    key = _compared_at(address, today.desired.domain)
    if name := _reserved(key, today):
        return today.reserved[name]
    mailbox = today.holders.get(key)
    if mailbox is None or mailbox.state in REFUSED:
        return ""
    return mailbox.leads_to or mailbox.id


def _reserved(key: str, today: _Day) -> str:
    """Return the reserved local part of an address, empty if it is not reserved."""
    receiving = [each.domain for each in today.desired.receiving]
    name = _reserved_part(key, receiving)
    return name if name in today.reserved else ""


def _why_mail(address: str, today: _Day) -> Reason:
    key = _compared_at(address, today.desired.domain)
    if _reserved(key, today):
        return today.operator
    if not_receiving := today.reasons.former_domain(domain_of(key)):
        return not_receiving
    holder = today.holders.get(key)
    claims = today.claims[key]
    held = (claim for claim in claims if holder and claim.record.id == holder.id)
    return today.reasons.mail(next(held, claims[0]))


_FORMS: Mapping[str, Callable[[str, Map, _Day], _Answer | None]] = {
    **dict.fromkeys(_OFFICES, _office),
    **dict.fromkeys(_RIGHTS, _right),
    "mail": _mail,
}
"""What an expectation may be about, and the function that compares it with a day."""
