"""Rules on addresses: each is well formed and names one mailbox, for life (Art. 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hopthu.naming import personal
from hopthu.problems import Problem, shown
from hopthu.rules.claims import Claim
from hopthu.rules.facts import Facts, texts
from hopthu.rules.rule import Rule
from hopthu.text import Text
from hopthu.vietnamese import fold, same

ADDRESS_FORM = Rule(
    "address-form",
    "Art. 4",
    "a local part of plain a to z, digits and single dots can be typed by everybody, and no letter "
    "that only looks alike can fake it",
)
UNIQUE_ADDRESS = Rule(
    "unique-address",
    "Art. 4",
    "an address names one mailbox, for life, closed ones included; case, dots and marks make no "
    "other address of it",
)
OPERATOR = Rule(
    "operator-reachable",
    "Art. 6.5",
    "faults and abuse are reported to postmaster@ and abuse@, which lead to the operator's mailbox",
)
_FORM = re.compile(r"[a-z][a-z0-9]*(\.[a-z0-9]+)*\Z")
_LOOKED_AT = 200  # of an address; more is none
_LONGEST = 64  # RFC 5321 §4.5.3.1.1
_ALWAYS_RESERVED = ("abuse", "postmaster")  # RFC 2142 §4, §5; RFC 5321 §4.5.1


def address_form(facts: Facts) -> Iterator[Problem]:
    """Report local parts that are not plain."""
    for claim in facts.claims:
        if well_formed(claim.address) or outside(claim.address, facts.policy.domain):
            continue
        yield ADDRESS_FORM.broken(
            claim.record.at(*claim.steps),
            _fault(claim.address),
            subject=claim.record.id,
            fix=_instead(claim.address),
        )


def unique_address(facts: Facts) -> Iterator[Problem]:
    """Report the later claims to an address; the mailbox that exists longest holds it."""
    reserved = {fold(name): name for name in facts.policy.reserved}
    holders: dict[str, Claim] = {}
    ordered = sorted(facts.claims, key=lambda c: (c.since, c.record.id, c.record.file))
    folds = [fold(claim.address) for claim in ordered]
    taken = {*reserved, *folds}
    for claim, folded in zip(ordered, folds, strict=True):
        holder = holders.setdefault(folded, claim)
        if folded in reserved:
            what = Text(
                "address {address} is reserved: it leads to the operator",
                address=shown(claim.address),
            )
        elif holder is claim or not folded:
            continue
        elif holder.record is claim.record:
            if not (well_formed(claim.address) and well_formed(holder.address)):
                continue  # what it is meant to be is not known yet
            what = Text("address {address} is its own already", address=shown(claim.address))
        else:
            since = Text(" since {year}", year=holder.since[:4]) if holder.since else ""
            what = Text(
                "address {address} is held by {holder}{since}",
                address=shown(claim.address),
                holder=holder.record.id,
                since=since,
            )
        yield UNIQUE_ADDRESS.broken(
            claim.record.at(*claim.steps),
            what,
            subject=claim.record.id,
            fix=_free(claim, taken, own=holder.record is claim.record and folded not in reserved),
        )


def operator_reachable(facts: Facts) -> Iterator[Problem]:
    """Report an operator without a mailbox, and policies that free postmaster@ or abuse@."""
    for record in facts.source.units:
        if record.id == facts.policy.operator and not isinstance(record.data.get("mailbox"), dict):
            yield OPERATOR.broken(
                record.at(),
                Text("the operator has no mailbox"),
                subject=record.id,
                fix=Text("give it one, as in: mailbox: {address: vpubnd}"),
            )
    for record in facts.source.policy:
        names = [name for _, name in texts(record, ("reserved", "*"))]
        for missing in _ALWAYS_RESERVED:
            if "reserved" in record.data and missing not in names:
                yield OPERATOR.broken(
                    record.at("reserved"),
                    Text("{missing} is not among the reserved addresses", missing=shown(missing)),
                    fix=Text("add {name}", name=missing),
                )


def outside(address: str, domain: str) -> bool:
    """Tell whether `address` is a whole one, of another domain than ours."""
    _, at, its = address.rpartition("@")
    return bool(at) and its.lower() != domain


def well_formed(address: str) -> bool:
    """Tell whether `address` is a plain local part."""
    return _FORM.match(address) is not None and len(address) <= _LONGEST


def _foreign(address: str) -> str:
    """Return the characters that no letter of ours folds from, such as Cyrillic ones."""
    return "".join(c for c in same(address) if not c.isascii() and not fold(c))


def _fault(address: str) -> Text:
    if "@" in address:
        return Text(
            "address {address} has a domain: only the part before the @ is written",
            address=shown(address),
        )
    if len(address) > _LONGEST:
        return Text(
            "address {address} has {length} characters, more than {limit}",
            address=shown(address),
            length=len(address),
            limit=_LONGEST,
        )
    if foreign := _foreign(address):
        codes = ", ".join(f"U+{ord(c):04X}" for c in foreign)
        return Text(
            "address {address} has {codes}, which only looks like one of our letters",
            address=shown(address),
            codes=codes,
        )
    if address != address.lower():
        return Text("address {address} has capital letters", address=shown(address))
    return Text(
        "address {address} is not made of a to z, digits and single dots", address=shown(address)
    )


def _instead(address: str) -> Text:
    local = address.partition("@")[0][:_LOOKED_AT]
    if _foreign(local):
        return Text("type it again, with a to z")
    meant = ".".join(filter(None, (fold(part) for part in local.split("."))))[:_LONGEST]
    return (
        Text('write "{meant}"', meant=meant)
        if _FORM.match(meant)
        else Text("write it as in: annv, or stc")
    )


def _free(claim: Claim, taken: set[str], *, own: bool) -> Text:
    if own:
        return Text("take it out: one line is enough")
    name = claim.record.data.get("name")
    if claim.record.kind == "people" and isinstance(name, str) and fold(name):
        return Text('use "{taken}" (next free for this name)', taken=personal(name, taken))
    number = 2
    while f"{fold(claim.address)}{number}" in taken:
        number += 1
    return Text(
        'use another one, such as "{address}{number}"', address=claim.address, number=number
    )


RULES = (ADDRESS_FORM, UNIQUE_ADDRESS, OPERATOR)
CHECKS = (address_form, unique_address, operator_reachable)
