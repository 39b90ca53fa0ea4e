"""The rule that what is expected of a day comes of the records (data/expectations.yaml).

It is asked last, and only of data that is valid otherwise: what should exist on a day can be worked
out of such data alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

from hopthu.desired.state import Access, Desired, Mailbox
from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold
from hopthu.model.fields import mapping, text
from hopthu.model.former_domains import compared, domain_of
from hopthu.model.lifecycle import REFUSED
from hopthu.model.organisation import OrganisationOnDate
from hopthu.rules.claims import Claim
from hopthu.rules.records.reasons import Reason, Reasons
from hopthu.source.records import Record
from hopthu.source.values import Map

EXPECTATION = Rule(
    "expectation-met",
    "Art. 5.1",
    "what must come of the records is written down apart from them: no change breaks it unseen",
)
_FIX = Message("correct that record; or the expectation, if it is out of date")


@dataclass(frozen=True)
class Day:
    """Everything that is known of one day.

    Addresses are folded: `reserved` and `holders` have the mailboxes they belong to that day,
    `claims` every record that ever had them. Those at former domains are full addresses; reserved
    ones are not listed for each domain.
    """

    on: OrganisationOnDate
    desired: Desired
    reserved: Mapping[str, str]
    holders: Mapping[str, Mailbox]
    claims: Mapping[str, Sequence[Claim]]
    reasons: Reasons
    operator: Reason
    """Why reserved addresses lead where they do."""


class Answer(NamedTuple):
    """How things stand in place of what is expected: the field, the sentence and the reason."""

    field: str
    instead: Message
    reason: Reason


def unmet(record: Record, today: Day) -> Iterator[Problem]:
    """Report an expectation of that day that is not met; it names only what exists."""
    form = next(name for name in FORMS if name in record.data)
    answer = FORMS[form](mapping(record.data[form]), today)
    if answer:
        yield EXPECTATION.violation(
            record.at(form, answer.field),
            Message("on {day} {instead}", day=today.on.on, instead=answer.instead),
            why=answer.reason.sentence(),
            fix=_FIX,
        )


def compared_at(address: str, domain: str) -> str:
    """Return what addresses are compared by; one at our `domain` without the domain."""
    return compared(address.partition("@")[0] if domain_of(address) == domain else address)


def reserved_part(address: str, domains: Collection[str]) -> str:
    """Return what a compared address is called among the reserved ones, which receive everywhere.

    `domains` are the former domains at which they do.
    """
    return fold(address.partition("@")[0]) if domain_of(address) in domains else address


def _head(expected: Map, today: Day) -> Answer | None:
    unit, person, holds = _office(expected)
    holder = today.on.head.get(unit, "")
    if (holder == person) == holds:
        return None
    said = {"unit": unit, "person": person, "holder": holder}
    if holder == person:
        instead = Message("{person} heads {unit}", **said)
    elif holder:
        instead = Message("{holder} heads {unit}, not {person}", **said)
    else:
        instead = Message("nobody heads {unit}", **said)
    return Answer("person", instead, today.reasons.head(unit, holder))


def _delegate(expected: Map, today: Day) -> Answer | None:
    unit, person, holds = _office(expected)
    holder = today.on.delegate.get(unit, "")
    if (holder == person) == holds:
        return None
    said = {"unit": unit, "person": person, "holder": holder}
    if holder == person:
        instead = Message("{person} is the delegate of {unit}", **said)
    elif holder:
        instead = Message("{holder} is the delegate of {unit}, not {person}", **said)
    else:
        instead = Message("{unit} has no delegate", **said)
    return Answer("person", instead, today.reasons.delegate(unit, holder))


def _access(expected: Map, today: Day) -> Answer | None:
    unit, person, holds = _office(expected)
    offices = (Access(unit, person, "head"), Access(unit, person, "delegate"))
    has = any(office in today.desired.access for office in offices)
    if has == holds:
        return None
    said = {"unit": unit, "person": person}
    if has:
        instead = Message("{person} has access to the mailbox of {unit}", **said)
    else:
        instead = Message("{person} has no access to the mailbox of {unit}", **said)
    return Answer("person", instead, _why_access(unit, person, has, today))


def _why_access(unit: str, person: str, has: bool, today: Day) -> Reason:
    """Say what gives access to the mailbox of a unit, or what is in the way."""
    if unit not in today.on.states:
        return today.reasons.no_mailbox(unit)
    heads = today.on.head.get(unit) == person
    if not heads and today.on.delegate.get(unit) != person:
        return today.reasons.access(unit, person)
    if has:
        reasons = today.reasons.head if heads else today.reasons.delegate
        return reasons(unit, person)
    return today.reasons.sign_in(person)


def _can_sign_in(expected: Map, today: Day) -> Answer | None:
    person = text(expected, "person")
    can = today.on.states.get(person) == "active"
    if can == _holds(expected):
        return None
    if can:
        instead = Message("{person} can sign in", person=person)
    else:
        instead = Message("{person} cannot sign in", person=person)
    return Answer("person", instead, today.reasons.sign_in(person))


def _mail(expected: Map, today: Day) -> Answer | None:
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
    return Answer(field, instead, _why_mail(to, today))


def _leads_to(address: str, today: Day) -> str:
    """Return the id of the mailbox that mail to an address leads to, empty where it is refused."""
    key = compared_at(address, today.desired.domain)
    if name := _reserved(key, today):
        return today.reserved[name]
    mailbox = today.holders.get(key)
    if mailbox is None or mailbox.state in REFUSED:
        return ""
    return mailbox.leads_to or mailbox.id


def _reserved(key: str, today: Day) -> str:
    """Return the reserved local part of an address, empty if it is not reserved."""
    receiving = [each.domain for each in today.desired.receiving]
    name = reserved_part(key, receiving)
    return name if name in today.reserved else ""


def _why_mail(address: str, today: Day) -> Reason:
    key = compared_at(address, today.desired.domain)
    if _reserved(key, today):
        return today.operator
    if not_receiving := today.reasons.former_domain(domain_of(key)):
        return not_receiving
    holder = today.holders.get(key)
    claims = today.claims[key]
    held = (claim for claim in claims if holder and claim.record.id == holder.id)
    return today.reasons.mail(next(held, claims[0]))


def _office(expected: Map) -> tuple[str, str, bool]:
    return text(expected, "unit"), text(expected, "person"), _holds(expected)


def _holds(expected: Map) -> bool:
    return cast("bool", expected.get("holds", True))


FORMS: Mapping[str, Callable[[Map, Day], Answer | None]] = {
    "head": _head,
    "delegate": _delegate,
    "access": _access,
    "can_sign_in": _can_sign_in,
    "mail": _mail,
}
"""What an expectation may be about, and the function that compares it with a day."""
