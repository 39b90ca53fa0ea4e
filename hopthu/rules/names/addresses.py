"""Rules on addresses: each is well formed and names one mailbox, for life (Art. 4)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Fault, Message
from hopthu.i18n.vietnamese import fold, same, spelling
from hopthu.model.address_naming import free, highest, stem
from hopthu.model.former_domains import domain_of
from hopthu.model.record_local import LONGEST_ADDRESS, well_formed
from hopthu.model.timeline import Fact, text, value_of
from hopthu.rules.book import Found, check
from hopthu.rules.context import PRIMARY, Claim, RuleContext
from hopthu.source.records import Record

_OUTSIDE = "no-outside-mail"
# The mail system of another province had its own profile; these are what Postfix tables may hold.
_FORMER = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*@[a-z0-9.-]+\Z")


@check("address-form")
def address_form(facts: RuleContext) -> Iterator[Found]:
    """Report local parts that are not plain, and domains that are not ours."""
    for claim in facts.particular_claims:
        if not well_formed(claim.address) and (found := _fault(facts, claim)):
            yield found


def _fault(facts: RuleContext, claim: Claim) -> Found | None:
    """Return what is wrong with an address, and the rule that it breaks."""
    at = claim.record.at(*claim.steps)
    address, domain = claim.address, domain_of(claim.address)
    said, former = {"address": shown(address)}, "former" in claim.steps
    if domain in ("", facts.policy.domain):
        return Found(at, *_misspelt(address))
    if domain in facts.former_domains:
        if not former:
            what = Message("address {address} is at a former domain: nobody sends from it", **said)
            fix = Message("write it under `former`, where it only receives")
            return Found(at, what, fix, _OUTSIDE)
        if not _FORMER.match(address) or len(address) - len(domain) - 1 > LONGEST_ADDRESS:
            what = Message("address {address} is not one that a former domain can have", **said)
            fix = Message("write it in lower case, as in: an.nguyen-van@{domain}", domain=domain)
            return Found(at, what, fix)
        return None
    what = Message("address {address} is of another domain", **said)
    if domain in facts.policy.free_mail:
        what = Message("address {address} is of a free-mail service", **said)
    fix = Message("delete it; only addresses of {domain} exist", domain=facts.policy.domain)
    if former:
        fix = Message(
            "delete it, or declare its domain under `former_domains` in the policy, if the "
            "province merged into this one"
        )
    return Found(at, what, fix, _OUTSIDE)


@check("unique-address")
def unique_address(facts: RuleContext) -> Iterator[Found]:
    """Report all but one of the claims to an address: aliases first, then the newer mailboxes."""
    reserved = {fold(name): name for name in facts.policy.reserved}
    claimed = Counter(claim.folded for claim in facts.claims)
    rivals = [c for c in facts.claims if claimed[c.folded] > 1 or _local(c) in reserved]
    given = highest({*reserved, *claimed} if rivals else ())
    rivals.sort(
        key=lambda c: ("aliases" in c.steps, facts.since(c.record), c.record.id, c.record.file)
    )
    holders: dict[str, Claim] = {}
    for claim in rivals:
        held = None if _local(claim) in reserved else holders.setdefault(claim.folded, claim)
        if held and (held is claim or not claim.folded or _is_misspelt(claim, held)):
            continue
        heir = held and claim.steps == held.steps == PRIMARY and taken_over_by(held.record)
        if heir == claim.record.id:
            holders[claim.folded] = claim
            continue
        fault = _taken(facts, claim, held, _another(claim, given))
        yield Found(claim.record.at(*claim.steps), *fault)


def _taken(
    facts: RuleContext, claim: Claim, holder: Claim | None, another: Message
) -> tuple[Message, Message]:
    """Return what is wrong with a claim, and what to do; `holder` is None if it is reserved."""
    said = {"address": shown(claim.address)}
    former = domain_of(claim.address) not in ("", facts.policy.domain)
    if holder is None:
        what = Message("address {address} is reserved: it leads to the operator", **said)
        removed = Message("remove it: mail to it leads to the operator at every domain")
        return what, removed if former else another
    if holder.record is claim.record:
        what = Message("address {address} is listed twice", **said)
        return what, Message("remove one of the two")
    since, ended = facts.since(holder.record)[:4], facts.ended.get(holder.record.id)
    what = Message(
        "address {address} is held by {holder}{since}",
        holder=holder.record.id,
        since=Message(" since {year}", year=since) if since else "",
        **said,
    )
    if former:
        return what, Message("remove it here or there: at a former domain it had one holder")
    primary = claim.steps == holder.steps == PRIMARY
    if not (ended and primary) or _unlike(facts, ended, claim.record):
        return what, another
    return what, Message(
        "where the decision hands it over, write `address_to: {unit}` under `ended` of {holder}; "
        "else {fix}",
        unit=claim.record.id,
        holder=holder.record.id,
        fix=another,
    )


def _is_misspelt(claim: Claim, holder: Claim) -> bool:
    """Tell whether one of two addresses of a record has another fault, which is reported."""
    plain = claim.address == holder.address or all(
        map(well_formed, (claim.address, holder.address))
    )
    return claim.record is holder.record and not plain


@check("unique-address")
def address_takeover(facts: RuleContext) -> Iterator[Found]:
    """Report addresses handed to a unit that is not the same one in all but its record."""
    for row in facts.ended.values():
        heir = facts.units.get(taken_over_by(row.record))
        if fault := heir and _unlike(facts, row, heir):
            yield Found(row.record.at("ended", "address_to"), *fault)


def taken_over_by(record: Record) -> str:
    """Return the unit that takes over the address of an ended one, or an empty string."""
    ended = record.data.get("ended")
    return text(ended, "address_to") if isinstance(ended, dict) else ""


def _unlike(facts: RuleContext, row: Fact, heir: Record) -> Fault:
    """Return in what a successor is not the unit it takes an address over from, and the fix."""
    without = Message("leave `address_to` out, and give the successor an address of its own")
    if heir.id not in facts.heirs[row.unit]:
        return Message("{unit} is not a successor of this unit", unit=heir.id), without
    if spelling(text(heir.data, "name")) != spelling(text(row.record.data, "name")):
        name = shown(text(heir.data, "name"))
        return Message("the successor has another name, {name}", name=name), without
    begun = facts.created.get(heir.id)
    if begun is None or begun.start != row.start:
        return Message(
            "{unit} does not begin on {day}, when this unit ends", unit=heir.id, day=row.start
        ), Message("check both dates; a unit that was there before keeps its own address")
    own, old = (value_of(record.data, "address") for record in (heir, row.record))
    if fold(own) != fold(old):
        return Message("the successor has another address, {address}", address=shown(own)), Message(
            "give it the address {address}, or leave `address_to` out", address=shown(old)
        )
    return None


@check("operator-reachable")
def operator_reachable(facts: RuleContext) -> Iterator[Found]:
    """Report an operator that does not exist or has no mailbox."""
    record = facts.units.get(facts.policy.operator)
    if record and not isinstance(record.data.get("mailbox"), dict):
        what = Message("the operator has no mailbox")
        fix = Message("give it one, as in: mailbox: {address: vpubnd}")
        yield Found(record.at(), what, fix)
    if record and not facts.lives(record.id, facts.today):
        what = Message("the operator does not exist on {day}", day=facts.today)
        fix = Message("name the unit that runs the system now as `operator` in the policy")
        yield Found(
            record.at("ended" if record.id in facts.ended else "created", key=True), what, fix
        )


def _misspelt(address: str) -> tuple[Message, Message]:
    """Return what is wrong with a local part, and what was probably meant."""
    local, said = address.partition("@")[0], {"address": shown(address)}
    what = Message(
        "address {address} may only have small letters a to z, digits and single dots, {limit} at "
        "most",
        limit=LONGEST_ADDRESS,
        **said,
    )
    meant = ".".join(filter(None, map(fold, local.split("."))))[:LONGEST_ADDRESS]
    fix = Message("write it as in: annv, or stc")
    if foreign := [c for c in same(local) if not c.isascii() and not fold(c)]:  # as Cyrillic ones
        codes = ", ".join(f"U+{ord(c):04X}" for c in foreign)
        what = Message(
            "address {address} has {codes}, which only looks like one of our letters",
            codes=codes,
            **said,
        )
        fix = Message("type it again, with a to z")
    elif well_formed(meant):
        fix = Message('write "{meant}"', meant=meant)
    if "@" in address:
        what = Message(
            "address {address} has a domain: only the part before the @ is written", **said
        )
    return what, fix


def _local(claim: Claim) -> str:
    """Return the folded local part, also of an address at a former domain."""
    return fold(claim.address.rpartition("@")[0]) if "@" in claim.address else claim.folded


def _another(claim: Claim, given: Mapping[str, int]) -> Message:
    """Suggest a free address."""
    name = text(claim.record.data, "name")
    if claim.record.kind == "people" and fold(name):
        return Message('use "{taken}" (next free for this name)', taken=free(stem(name), given))
    return Message("use another one; `hopthu address` gives a free one for a name")
