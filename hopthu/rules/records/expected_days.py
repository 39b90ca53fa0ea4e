"""The expectations of valid data, each compared with its day; a day is worked out once.

Of a province's people only those matter whom an expectation has to do with: a day of them all takes
a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from hopthu.desired.state import desired
from hopthu.diagnostics.problem import Mark, Problem, shown
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold
from hopthu.model.builder import build
from hopthu.model.fields import day, mapping, text
from hopthu.model.former_domains import compared, domain_of
from hopthu.model.organisation import Organisation
from hopthu.model.timeline import texts
from hopthu.rules.claims import Claim, claims
from hopthu.rules.context import RuleContext
from hopthu.rules.names.identity import DANGLING
from hopthu.rules.records.expectations import EXPECTATION, Day, compared_at, reserved_part, unmet
from hopthu.rules.records.reasons import Reason, Reasons
from hopthu.schema import validator
from hopthu.source.records import Record
from hopthu.source.values import Map

Owners = Mapping[str, Sequence[Claim]]
"""The records that have or had a folded address."""


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
                yield from unmet(record, today)


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


def _unknown(record: Record, facts: RuleContext, owners: Owners) -> Iterator[Problem]:
    """Report an address that is not on record, and a mailbox that does not exist."""
    subject = _subject(record)
    to, leads_to = text(subject, "to"), text(subject, "leads_to")
    ours, key = facts.policy.domain, compared_at(to, facts.policy.domain)
    if "@" in to and domain_of(to) not in {ours, *facts.former_domains}:
        what = Message("{address} is not an address at {domain}", address=shown(to),
                       domain=ours)  # fmt: skip
        fix = Message("name an address of the province, with its domain or without")
        yield EXPECTATION.violation(record.at("mail", "to"), what, fix=fix)
    elif (
        to and not owners[key] and reserved_part(key, facts.former_domains) not in _reserved(facts)
    ):
        what = Message("no record has or had the address {address}", address=shown(to))
        fix = Message("correct the address, or add it to the record of its owner")
        why = Message("mail to an address that nobody has is refused, whatever the records say")
        yield EXPECTATION.violation(record.at("mail", "to"), what, why=why, fix=fix)
    if leads_to and leads_to not in facts.units and leads_to not in facts.people:
        what = Message("there is no unit or person {id}", id=shown(leads_to))
        fix = Message("write the id of a unit or of a person")
        yield DANGLING.violation(record.at("mail", "leads_to"), what, fix=fix)


def _owners(facts: RuleContext, asked: Sequence[Record]) -> Owners:
    """Return all claims to the addresses that are asked for: a successor may take one over."""
    found: dict[str, list[Claim]] = {
        compared_at(to, facts.policy.domain): []
        for record in asked
        if (to := text(_subject(record), "to"))
    }
    if found:
        for record in (*facts.source.units, *facts.source.people):
            for claim in claims(record):
                if claim.folded in found:
                    found[claim.folded].append(claim)
    return found


def _reserved(facts: RuleContext) -> set[str]:
    return {fold(name) for name in facts.policy.reserved}


def _narrowed(facts: RuleContext, asked: Sequence[Record], owners: Owners) -> RuleContext:
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


def _day(facts: RuleContext, organisation: Organisation, on: date, owners: Owners) -> Day:
    state = desired(organisation, facts.policy, on)
    return Day(
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
