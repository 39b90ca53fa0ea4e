"""The rule that what is expected of a day comes of the records (data/expectations.yaml).

It is asked last, and only of data that is valid otherwise: what should exist on a day can be worked
out of such data alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hopthu.desired.state import Desired, Mailbox
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
    answer = FORMS[form](form, mapping(record.data[form]), today)
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


def _office(form: str, expected: Map, today: Day) -> Answer | None:
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
    return Answer("person", instead, today.reasons.office(unit, holder, rows))


def _right(form: str, expected: Map, today: Day) -> Answer | None:
    unit, person = text(expected, "unit"), text(expected, "person")
    has = today.on.states.get(person) == "active"
    if unit:
        has = any((each.unit, each.person) == (unit, person) for each in today.desired.access)
    if has == expected.get("holds", True):
        return None
    instead = Message(_RIGHTS[form][not has].template, unit=unit, person=person)
    reason = _why_access(unit, person, has, today) if unit else today.reasons.sign_in(person)
    return Answer("person", instead, reason)


def _why_access(unit: str, person: str, has: bool, today: Day) -> Reason:
    """Say what gives access to the mailbox of a unit, or what is in the way."""
    if unit not in today.on.states:
        return today.reasons.no_mailbox(unit)
    if not has and person in (today.on.head.get(unit), today.on.delegate.get(unit)):
        return today.reasons.sign_in(person)
    facts = today.reasons.facts
    lists = facts.heads.get(unit, ()), facts.delegates.get(unit, ())
    return today.reasons.office(unit, person, *lists)


def _mail(_: str, expected: Map, today: Day) -> Answer | None:
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


FORMS: Mapping[str, Callable[[str, Map, Day], Answer | None]] = {
    **dict.fromkeys(_OFFICES, _office),
    **dict.fromkeys(_RIGHTS, _right),
    "mail": _mail,
}
"""What an expectation may be about, and the function that compares it with a day."""
