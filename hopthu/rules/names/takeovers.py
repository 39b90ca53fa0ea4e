"""The one way for an address to pass on: to a successor of the same name, on the day (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, spelling
from hopthu.model.timeline import Fact, text
from hopthu.rules.book import check
from hopthu.rules.claims import Claim, primary
from hopthu.rules.context import RuleContext
from hopthu.rules.successors import successors
from hopthu.source.records import Record

TAKEOVER = Rule(
    "address-takeover",
    "Art. 5.2",
    "an address passes only to a successor of the same name, on the day it takes over, as the "
    "decision says: whoever writes to it means that unit",
)
_PRIMARY = ("mailbox", "address")


@check
def address_takeover(facts: RuleContext) -> Iterator[Problem]:
    """Report addresses handed to a unit that is not the same one in all but its record."""
    for unit, row in facts.ended.items():
        heir = facts.units.get(taken_over_by(row.record))
        if heir is None:
            continue
        if fault := _fault(facts, row, heir):
            what, fix = fault
            yield TAKEOVER.violation(
                row.record.at("ended", "address_to"), what, subject=unit, fix=fix
            )


def taken_over_by(record: Record) -> str:
    """Return the unit that takes over the address of an ended one, or an empty string."""
    ended = record.data.get("ended")
    return text(ended, "address_to") if isinstance(ended, dict) else ""


def takes_over(holder: Claim, claim: Claim) -> bool:
    """Tell whether `claim` is that of the successor to whom the unit of `holder` hands over."""
    heir = taken_over_by(holder.record)
    return bool(heir) and claim.record.id == heir and holder.steps == claim.steps == _PRIMARY


def may_take_over(facts: RuleContext, holder: Claim, claim: Claim) -> bool:
    """Tell whether a decision could hand the address of `holder` to the unit of `claim`."""
    row = facts.ended.get(holder.record.id)
    primary = claim.steps == holder.steps == _PRIMARY
    return row is not None and primary and _fault(facts, row, claim.record) is None


def _fault(facts: RuleContext, row: Fact, heir: Record) -> tuple[Message, Message] | None:
    without = Message("leave `address_to` out, and give the successor an address of its own")
    if heir.id not in {named for _, named in successors(row.record)}:
        return Message("{unit} is not a successor of this unit", unit=heir.id), without
    if spelling(text(heir.data, "name")) != spelling(text(row.record.data, "name")):
        name = shown(text(heir.data, "name"))
        return Message("the successor has another name, {name}", name=name), without
    begun = facts.created.get(heir.id)
    if begun is None or begun.start != row.start:
        return Message(
            "{unit} does not begin on {day}, when this unit ends", unit=heir.id, day=row.start
        ), Message("check both dates; a unit that was there before keeps its own address")
    own, old = (primary(record.data) for record in (heir, row.record))
    if fold(own) != fold(old):
        return Message("the successor has another address, {address}", address=shown(own)), Message(
            "give it the address {address}, or leave `address_to` out", address=shown(old)
        )
    return None
