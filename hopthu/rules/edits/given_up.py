"""The rule that only an address that was in use can be given up (Art. 4)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.model.former_domains import domain_of
from hopthu.rules.book import check_edit
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.granting import grants

NEVER_HELD = Rule(
    "address-never-held",
    "Art. 4",
    "an address under `former` is taken from everybody else for good; one that nobody ever had "
    "would be withheld from its later owner",
)


@check_edit
def address_never_held(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report addresses newly given up that nobody had.

    One that somebody else had is reported as such. An address at a former domain takes none of
    ours, and we have no record of who held it: the other province says so.
    """
    known = {claim.folded for claim in before.claims}
    for claim in after.claims:
        if "former" not in claim.steps or claim.folded in known:
            continue
        if not before.source.complete(claim.record.kind):
            continue  # it may well be there
        if domain_of(claim.address):
            continue
        if not grants(after, claim.record, claim.address):
            yield NEVER_HELD.violation(
                claim.record.at(*claim.steps),
                Message("address {address} was never in use", address=shown(claim.address)),
                subject=claim.record.id,
                fix=Message(
                    "leave it out; if it was in use before there was a record of it, cite as "
                    "`exception` the document that says so, with `addresses: [{address}]` in its "
                    "record",
                    address=shown(claim.address),
                ),
            )
