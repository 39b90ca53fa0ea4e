"""Rules between two revisions: ids and addresses keep naming what they named (Art. 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hopthu.diagnostics.problem import Mark, Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, same
from hopthu.rules.citations import cited
from hopthu.rules.claims import Claim
from hopthu.rules.context import RuleContext
from hopthu.rules.revision_pairs import Between, pairs
from hopthu.rules.rows import text
from hopthu.source.records import Record

REMOVED = Rule(
    "id-removed",
    "Art. 4",
    "people leave and units end, but their records stay, so that their addresses stay taken",
)
REUSED = Rule(
    "id-reused",
    "Art. 4",
    "an id names one unit or person for life: whoever gets it gets the mail of the one before",
)
HANDS = Rule(
    "address-changed-hands",
    "Art. 4",
    "an address names one mailbox, for life: mail meant for one must not reach another",
)
DROPPED = Rule(
    "address-dropped",
    "Art. 4",
    "an address given up stays on record, or it would be free for somebody else",
)
RETURNED = Rule(
    "address-returned",
    "Art. 4",
    "an address given up is retired for good; senders have been told so",
)


def id_removed(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report records that are no longer there."""
    for kind, records in before.source.records.items():
        if kind == "policy" or not after.source.complete(kind):
            continue
        there = {record.id for record in after.source.records[kind]}
        gone = [record for record in records if record.id and record.id not in there]
        if kind == "documents":
            yield from _documents_removed(before, gone)
            continue
        for record in gone:
            yield REMOVED.violation(
                Mark(record.file),
                Message("the record was taken out"),
                subject=record.id,
                fix=Message("put it back; say that it is over with `left` or `ended`"),
            )


def id_reused(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report ids that now name another unit or person: neither name nor address is the same."""
    for old, record in pairs(before, after, "units", "people"):
        names = [fold(text(each.data, "name")) for each in (old, record)]
        held = [_primary(each) for each in (old, record)]
        if names[0] != names[1] and held[0] != held[1]:
            yield REUSED.violation(
                record.at("id"),
                Message("the id was that of {name}", name=shown(same(text(old.data, "name")))),
                subject=record.id,
                fix=Message("put the old record back, and give the new one an id of its own"),
            )


def addresses_kept(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report addresses that changed hands, were dropped, or came back."""
    now: dict[str, Claim] = {claim.folded: claim for claim in after.claims}
    for old in before.claims:
        new = now.get(old.folded)
        holder = after.units.get(old.record.id) or after.people.get(old.record.id)
        if new is None and holder is not None:
            yield DROPPED.violation(
                holder.at("mailbox", key=True),
                Message("address {address} is no longer on record", address=shown(old.address)),
                subject=holder.id,
                fix=Message("keep it as an alias, or under `former`"),
            )
        elif new is not None and new.record.id != old.record.id:
            yield HANDS.violation(
                new.record.at(*new.steps),
                Message(
                    "address {address} was that of {holder}",
                    address=shown(new.address),
                    holder=old.record.id,
                ),
                subject=new.record.id,
                fix=Message("give another address, and leave this one where it was"),
            )
        elif new is not None and "former" in old.steps and "former" not in new.steps:
            yield RETURNED.violation(
                new.record.at(*new.steps),
                Message("address {address} was given up before", address=shown(new.address)),
                subject=new.record.id,
                fix=Message("leave it under `former`, and choose another"),
            )


def _documents_removed(before: RuleContext, gone: Sequence[Record]) -> Iterator[Problem]:
    """Report documents that something rested on; of one nobody cited nothing is lost."""
    rested_on = cited(before) if gone else set()
    for record in gone:
        if record.id in rested_on:
            yield REMOVED.violation(
                Mark(record.file),
                Message("the document was taken out, and something rested on it"),
                subject=record.id,
                article="Art. 5.1",
                why=Message("documents are kept for the changes that rest on them"),
                fix=Message("put it back"),
            )


def _primary(record: Record) -> str:
    mailbox = record.data.get("mailbox")
    return fold(text(mailbox, "address")) if isinstance(mailbox, dict) else ""


RULES = (REMOVED, REUSED, HANDS, DROPPED, RETURNED)
CHECKS: tuple[Between, ...] = (id_removed, id_reused, addresses_kept)
