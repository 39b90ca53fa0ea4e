"""Rules on addresses: each is well formed and names one mailbox, for life (Art. 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, same
from hopthu.model.address_naming import free, highest, stem
from hopthu.model.record_local import LONGEST_ADDRESS, well_formed
from hopthu.model.reserved import ALWAYS
from hopthu.model.timeline import texts
from hopthu.rules.book import check
from hopthu.rules.claims import Claim
from hopthu.rules.context import RuleContext
from hopthu.rules.names.takeovers import may_take_over, takes_over

ADDRESS_FORM = Rule(
    "address-form",
    "Art. 4",
    "a local part of plain a to z, digits and single dots can be typed on any keyboard, and cannot "
    "be imitated with look-alike letters",
)
UNIQUE_ADDRESS = Rule(
    "unique-address",
    "Art. 4",
    "an address names one mailbox, for life, closed ones included; case, dots and diacritics make "
    "no difference",
)
OPERATOR = Rule(
    "operator-reachable",
    "Art. 6.5",
    "faults, abuse and questions of certificate authorities reach the operator: postmaster@, "
    "abuse@, admin@, administrator@, hostmaster@ and webmaster@ lead to its mailbox",
)
_LOOKED_AT = 200  # characters; no address is longer


@check
def address_form(facts: RuleContext) -> Iterator[Problem]:
    """Report local parts that are not plain."""
    for claim in facts.claims:
        if claim.record.plain or well_formed(claim.address):
            continue
        if outside(claim.address, facts.policy.domain):
            continue  # other rules report it
        yield ADDRESS_FORM.violation(
            claim.record.at(*claim.steps),
            _fault(claim.address),
            subject=claim.record.id,
            fix=_instead(claim.address),
        )


@check
def unique_address(facts: RuleContext) -> Iterator[Problem]:
    """Report all but one of the claims to an address: aliases first, then the newer mailboxes."""
    reserved = {fold(name): name for name in facts.policy.reserved}
    claimed = Counter(claim.folded for claim in facts.claims)
    rivals = [c for c in facts.claims if claimed[c.folded] > 1 or _local(c) in reserved]
    taken = {*reserved, *claimed} if rivals else set()
    given = highest(taken)
    numbers: dict[str, int] = {}
    rivals.sort(
        key=lambda c: ("aliases" in c.steps, facts.since(c.record), c.record.id, c.record.file)
    )
    holders: dict[str, Claim] = {}
    for claim in rivals:
        holder = holders.setdefault(claim.folded, claim)
        if _local(claim) in reserved:
            what = Message(
                "address {address} is reserved: it leads to the operator",
                address=shown(claim.address),
            )
        elif holder is claim or not claim.folded:
            continue
        elif takes_over(holder, claim):
            holders[claim.folded] = claim
            continue
        elif _own(claim, holder):
            if claim.address != holder.address and not (
                well_formed(claim.address) and well_formed(holder.address)
            ):
                continue  # `address-form` reports it
            what = Message("address {address} is listed twice", address=shown(claim.address))
        else:
            since = facts.since(holder.record)[:4]
            what = Message(
                "address {address} is held by {holder}{since}",
                address=shown(claim.address),
                holder=holder.record.id,
                since=Message(" since {year}", year=since) if since else "",
            )
        another = _another(claim, taken, given, numbers)
        rival = None if _local(claim) in reserved else holder
        yield UNIQUE_ADDRESS.violation(
            claim.record.at(*claim.steps),
            what,
            subject=claim.record.id,
            fix=_instead_of_claiming(facts, claim, rival, another),
        )


@check
def operator_reachable(facts: RuleContext) -> Iterator[Problem]:
    """Report an operator that does not exist or has no mailbox, and names that must be reserved."""
    for record in facts.source.units:
        if record.id != facts.policy.operator:
            continue
        if not isinstance(record.data.get("mailbox"), dict):
            yield OPERATOR.violation(
                record.at(),
                Message("the operator has no mailbox"),
                subject=record.id,
                fix=Message("give it one, as in: mailbox: {address: vpubnd}"),
            )
        if not facts.lives(record.id, facts.today):
            yield OPERATOR.violation(
                record.at("ended" if record.id in facts.ended else "created", key=True),
                Message("the operator does not exist on {day}", day=facts.today),
                subject=record.id,
                fix=Message("name the unit that runs the system now as `operator` in the policy"),
            )
    for record in facts.source.policy:
        names = [name for _, name in texts(record, ("reserved", "*"))]
        for missing in ALWAYS:
            if "reserved" in record.data and missing not in names:
                yield OPERATOR.violation(
                    record.at("reserved"),
                    Message(
                        "{missing} is not among the reserved addresses", missing=shown(missing)
                    ),
                    fix=Message("add {name}", name=missing),
                )


def outside(address: str, domain: str) -> bool:
    """Tell whether `address` has a domain other than `domain`."""
    _, at, its = address.rpartition("@")
    return bool(at) and its.lower() != domain


def _foreign(address: str) -> str:
    """Return the characters that are not Latin letters, such as Cyrillic ones."""
    return "".join(c for c in same(address) if not c.isascii() and not fold(c))


def _fault(address: str) -> Message:
    if "@" in address:
        return Message(
            "address {address} has a domain: only the part before the @ is written",
            address=shown(address),
        )
    if foreign := _foreign(address):
        codes = ", ".join(f"U+{ord(c):04X}" for c in foreign)
        return Message(
            "address {address} has {codes}, which only looks like one of our letters",
            address=shown(address),
            codes=codes,
        )
    return Message(
        "address {address} may only have small letters a to z, digits and single dots, {limit} at "
        "most",
        address=shown(address),
        limit=LONGEST_ADDRESS,
    )


def _instead(address: str) -> Message:
    local = address.partition("@")[0][:_LOOKED_AT]
    if _foreign(local):
        return Message("type it again, with a to z")
    meant = ".".join(filter(None, (fold(part) for part in local.split("."))))[:LONGEST_ADDRESS]
    return (
        Message('write "{meant}"', meant=meant)
        if well_formed(meant)
        else Message("write it as in: annv, or stc")
    )


def _instead_of_claiming(
    facts: RuleContext, claim: Claim, holder: Claim | None, another: Message
) -> Message:
    """Return what to do about a claim; `holder` has the address, None if it is reserved."""
    former = outside(claim.address, facts.policy.domain)
    if holder is None and former:
        return Message("remove it: mail to it leads to the operator at every domain")
    if holder is None:
        return another
    if _own(claim, holder):
        return Message("remove one of the two")
    if former:
        return Message("remove it here or there: at a former domain it had one holder")
    if may_take_over(facts, holder, claim):
        return Message(
            "where the decision hands it over, write `address_to: {unit}` under `ended` of "
            "{holder}; else {fix}",
            unit=claim.record.id,
            holder=holder.record.id,
            fix=another,
        )
    return another


def _local(claim: Claim) -> str:
    """Return the folded local part, also of an address at a former domain."""
    return fold(claim.address.rpartition("@")[0]) if "@" in claim.address else claim.folded


def _own(claim: Claim, holder: Claim) -> bool:
    return holder.record is claim.record


def _another(
    claim: Claim, taken: Container[str], given: Mapping[str, int], numbers: dict[str, int]
) -> Message:
    """Suggest a free address; `numbers` has the last number tried for each."""
    name = claim.record.data.get("name")
    if claim.record.kind == "people" and isinstance(name, str) and fold(name):
        return Message('use "{taken}" (next free for this name)', taken=free(stem(name), given))
    number = numbers.get(claim.folded, 2)
    while f"{claim.folded}{number}" in taken:
        number += 1
    numbers[claim.folded] = number
    return Message(
        'use another one, such as "{address}{number}"', address=claim.address, number=number
    )
