"""Compare the addresses that the directory keeps, each with its holder, with the data. Pure.

The directory is the last to know who holds an address: an entry of an address is never deleted, and
does not depend on the history in git or on the records of hosts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hopthu.diagnostics.problem import Mark, Problem, shown
from hopthu.directory.entries import address_dn, addresses_dn, suffix, unit_dn
from hopthu.directory.ldif import Entries
from hopthu.i18n.message import Message
from hopthu.model.former_domains import compared, in_full
from hopthu.model.organisation import Organisation
from hopthu.model.timeline import value_of
from hopthu.rules.book import RULES
from hopthu.rules.context import Claim, claims
from hopthu.rules.names.addresses import taken_over_by
from hopthu.source.records import Record, Source

HANDS, KEPT, REMOVED = (
    RULES[key] for key in ("address-changed-hands", "address-kept", "id-removed")
)
_FILES = {"units": "data/units.yaml", "people": "data/people.yaml"}


def held(entries: Entries, domain: str) -> Mapping[str, str]:
    """Return the addresses that the directory of `domain` keeps, as compared → holder's id."""
    above = f",{addresses_dn(suffix(domain))}"
    return {
        attributes["hopthuAddress"][0].removesuffix(f"@{domain}"): attributes["hopthuHolder"][0]
        for dn, attributes in entries.items()
        if dn.endswith(above) and attributes.keys() >= {"hopthuAddress", "hopthuHolder"}
    }


def taken_from_holders(
    entries: Entries,
    domain: str,
    wanted: Entries,
    source: Source,
    before: Organisation | None = None,
) -> list[Problem]:
    """Return the problems of data that takes addresses from the holders a directory names, sorted.

    `entries` and `domain` are those of the directory, `wanted` are the entries for the data in
    `source`. Only a successor that `address_to` names may have an address of somebody else. An
    address may be missing in the data if it was missing in what was applied last, `before`: then an
    apply that went back on purpose removed it.
    """
    differing = held({dn: e for dn, e in entries.items() if wanted.get(dn) != e}, domain)
    if not differing:
        return []
    claimed: dict[str, list[Claim]] = {each: [] for each in differing}
    records = {record.id: record for record in (*source.units, *source.people)}
    for record in records.values():
        for claim in claims(record):
            if claim.folded in claimed:
                claimed[claim.folded].append(claim)
    absent = set(differing) - _known(before) if before else set()
    found: list[Problem] = []
    for each, holder in differing.items():
        if each in absent and not claimed[each]:
            continue
        address, now = in_full(each, domain), _holder(wanted, each, domain)
        found += _in_other_hands(address, holder, now, claimed[each], records)
        if holder not in records:
            found.append(_removed(address, holder, _file(entries, holder, domain)))
        elif not claimed[each]:
            found.append(_dropped(address, records[holder]))
    return sorted(found)


def _in_other_hands(
    address: str, holder: str, now: str, claimed: list[Claim], records: Mapping[str, Record]
) -> Iterator[Problem]:
    """Yield the claims of others than the holder, its successors, and predecessors in their day.

    `now` is who would have the address today.
    """
    for claim in claimed:
        key, folded = claim.record.id, claim.folded
        past = key != now and holder in _heirs(key, folded, records)
        if past or key in _heirs(holder, folded, records):
            continue
        yield HANDS.violation(
            claim.record.at(*claim.steps),
            Message(
                "address {address} is that of {holder} in the directory",
                address=shown(address),
                holder=holder,
            ),
            subject=key,
            fix=Message("give another address, and leave this one where it was"),
        )


def _dropped(address: str, holder: Record) -> Problem:
    return KEPT.violation(
        holder.at("mailbox", key=True),
        Message(
            "address {address} is in the directory, but no longer on record", address=shown(address)
        ),
        subject=holder.id,
        fix=Message("keep it as an alias, or under `former`"),
    )


def _removed(address: str, holder: str, file: str) -> Problem:
    return REMOVED.violation(
        Mark(file),
        Message(
            "the record was removed, but the directory has its address {address}",
            address=shown(address),
        ),
        subject=holder,
        fix=Message("restore it; record the end with `left` or `ended`"),
    )


def _heirs(holder: str, folded: str, records: Mapping[str, Record]) -> set[str]:
    """Return a holder and the units to whom its primary address goes, one after another."""
    found: set[str] = set()
    while holder and holder not in found:
        found.add(holder)
        record = records.get(holder)
        first = compared(value_of(record.data, "address")) if record else ""
        holder = taken_over_by(record) if record and first == folded else ""
    return found


def _holder(wanted: Entries, address: str, domain: str) -> str:
    return next(iter(wanted.get(address_dn(address, domain), {}).get("hopthuHolder", ())), "")


def _known(before: Organisation) -> set[str]:
    """Return every address on record, as compared."""
    return {
        compared(each)
        for record in before.records()
        if record.mailbox
        for each in (record.mailbox.address, *record.mailbox.aliases, *record.mailbox.former)
    }


def _file(entries: Entries, holder: str, domain: str) -> str:
    """Return the file in which the record of a removed holder would be."""
    return _FILES["units" if unit_dn(holder, suffix(domain)) in entries else "people"]
