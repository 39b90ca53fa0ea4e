"""Hard invariants that no plan may violate, however small it is (Art. 4, 5.1, 7.2)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.model.former_domains import in_full
from hopthu.model.guard_limits import WHOLE_PROVINCE
from hopthu.model.lifecycle import LIVE
from hopthu.plan.guards.custodians import Custody, Loss, losses
from hopthu.plan.guards.result import Guard, GuardInput

CUSTODIAN = "unit-without-custodian"


def invariants(case: GuardInput) -> Iterator[Guard]:
    """Yield the results of the four hard invariants; they have no limit and no override.

    A custodian lost by a dated row is reported all the same, and passes.
    """
    taken_over = _taken_over(case)
    found = {
        "address-changes-hands": _changed_hands(case) - taken_over,
        "address-reissued": _reissued(case) - taken_over,
        "erase-under-hold": _erased_under_hold(case),
    }
    for name, scopes in found.items():
        rows = [Guard(name, scope, 1, 0) for scope in sorted(scopes)]
        yield from rows or [Guard(name, WHOLE_PROVINCE, 0, 0)]
    lost = [Guard(CUSTODIAN, loss.unit, 1, 0, loss=loss) for loss in _without_custodian(case)]
    yield from lost or [Guard(CUSTODIAN, WHOLE_PROVINCE, 0, 0)]


def _changed_hands(case: GuardInput) -> set[str]:
    """Return the addresses that led to one mailbox and now lead to another (Art. 4).

    Reserved names such as postmaster are left out: they follow the operator.
    """
    sides = (case.before, case.after)
    reserved = set.intersection(
        *({f"{name}@{side.domain}" for name, _ in side.reserved} for side in sides)
    )
    changed = {c.id for c in case.changes if c.kind == "address" and c.action == "change"}
    return changed - reserved


def _reissued(case: GuardInput) -> set[str]:
    """Return the former addresses that would now lead to another mailbox."""
    added = [c for c in case.changes if c.kind == "address" and c.action == "add"]
    if not added:
        return set()
    once: dict[str, str] = {}
    for record in case.formerly.records():
        if box := record.mailbox:
            every = (box.address, *box.aliases, *box.former)
            once.update((in_full(each, case.after.domain), record.id) for each in every)
    return {c.id for c in added if once.get(c.id, c.after) != c.after}


def _taken_over(case: GuardInput) -> set[str]:
    """Return the addresses that a successor of the same name takes over, as the decision says.

    It says so of an end that is to come or comes with this plan, never of one that was over.
    """
    declared = {
        (f"{unit.mailbox.address}@{case.after.domain}", unit.ended.address_to)
        for unit in case.organisation.units.values()
        if unit.mailbox and unit.ended and unit.ended.on <= case.judged
        and not _was_over(case, unit.id, unit.ended.address_to)
    }  # fmt: skip
    return {c.id for c in case.changes if c.kind == "address" and (c.id, c.after) in declared}


def _was_over(case: GuardInput, key: str, heir: str) -> bool:
    """Return whether a unit had ended before the changes, without giving its address to `heir`."""
    formerly = case.formerly.units.get(key)
    ended = formerly.ended if formerly else None
    return ended is not None and ended.on <= case.judged and ended.address_to != heir


def _erased_under_hold(case: GuardInput) -> set[str]:
    """Return the mailboxes erased despite a legal hold, in the data before or after the changes."""
    erased = {c.id for c in case.changes if c.kind == "mailbox" and c.action == "erase"}
    return {
        key
        for key in erased
        for side in (case.formerly, case.organisation)
        if (record := side.record(key)) and record.hold and record.hold.holds_on(case.judged)
    }


def _without_custodian(case: GuardInput) -> Iterator[Loss]:
    """Yield the open unit mailboxes that an edit leaves without head and delegate (Art. 7.2).

    If it is not known what was applied, access on the servers is what was before.
    """
    on = case.after.on
    if case.former_policy is not None:
        yield from losses(case.formerly, case.organisation, on)
        return
    sides = (case.before, case.after)
    lives, kept = ({m.id for m in side.mailboxes if m.state in LIVE} for side in sides)
    has = {grant.unit for grant in case.after.access}
    for unit in sorted({grant.unit for grant in case.before.access} & lives & kept - has):
        now = Custody.of(case.organisation, unit)
        yield now.lost(
            on, [now.office(each, on) for each in case.before.access if each.unit == unit]
        )
