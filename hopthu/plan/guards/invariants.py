"""Hard invariants that no plan may violate, however small it is (Art. 4, 5.1, 7.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from hopthu.desired.state import Desired
from hopthu.model.former_domains import in_full
from hopthu.model.guard_limits import WHOLE_PROVINCE
from hopthu.model.lifecycle import LIVE
from hopthu.model.organisation import Person, Unit
from hopthu.plan.guards.custodians import Loss, loss, losses, office_of
from hopthu.plan.guards.result import Guard, GuardInput

CUSTODIAN = "unit-without-custodian"


def invariants(case: GuardInput, on: date) -> Iterator[Guard]:
    """Yield the results of the four hard invariants; they have no limit and no override.

    A custodian lost by a dated row is reported all the same, and passes.
    """
    taken_over = _taken_over(case, on)
    found = {
        "address-changes-hands": _changed_hands(case) - taken_over,
        "address-reissued": _reissued(case) - taken_over,
        "erase-under-hold": _erased_under_hold(case, on),
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
    reserved = set.intersection(
        *({f"{name}@{side.domain}" for name, _ in side.reserved} for side in _sides(case))
    )
    changed = {c.id for c in case.changes if c.kind == "address" and c.action == "change"}
    return changed - reserved


def _reissued(case: GuardInput) -> set[str]:
    """Return the former addresses that would now lead to another mailbox."""
    added = [c for c in case.changes if c.kind == "address" and c.action == "add"]
    if not added:
        return set()
    domain = case.after.domain
    once: dict[str, str] = {}
    records: list[Unit | Person] = [*case.formerly.units.values(), *case.formerly.people.values()]
    for record in records:
        if record.mailbox:
            box = record.mailbox
            every = (in_full(each, domain) for each in (box.address, *box.aliases, *box.former))
            once.update(dict.fromkeys(every, record.id))
    return {c.id for c in added if once.get(c.id, c.after) != c.after}


def _taken_over(case: GuardInput, on: date) -> set[str]:
    """Return the addresses that a successor of the same name takes over, as the decision says.

    It says so of an end that is to come or comes with this plan, never of one that was over.
    """
    units = case.organisation.units
    return {
        c.id
        for c in case.changes
        if c.kind == "address" and c.after in units
        for unit in units.values()
        if unit.mailbox
        and f"{unit.mailbox.address}@{case.after.domain}" == c.id
        and unit.ended
        and unit.ended.on <= on
        and unit.ended.address_to == c.after
        and not _was_over(case.formerly.units.get(unit.id), c.after, on)
    }


def _was_over(formerly: Unit | None, heir: object, on: date) -> bool:
    """Return whether a unit had ended before the changes, without giving its address to `heir`."""
    ended = formerly.ended if formerly else None
    return ended is not None and ended.on <= on and ended.address_to != heir


def _erased_under_hold(case: GuardInput, on: date) -> set[str]:
    """Return the mailboxes erased despite a legal hold, in the data before or after the changes."""
    erased = {c.id for c in case.changes if c.kind == "mailbox" and c.action == "erase"}
    return {
        key
        for key in erased
        for side in (case.formerly, case.organisation)
        if (record := side.units.get(key) or side.people.get(key))
        and record.hold
        and record.hold.holds_on(on)
    }


def _without_custodian(case: GuardInput) -> Iterator[Loss]:
    """Yield the open unit mailboxes that an edit leaves without head and delegate (Art. 7.2).

    If it is not known what was applied, access on the servers is what was before.
    """
    on = case.after.on
    if case.former_policy is not None:
        yield from losses(case.formerly, case.organisation, on)
        return
    lives, kept = ({m.id for m in side.mailboxes if m.state in LIVE} for side in _sides(case))
    has = {grant.unit for grant in case.after.access}
    for unit in sorted({grant.unit for grant in case.before.access} & lives & kept - has):
        record = case.organisation.units[unit]
        had = [office_of(record, grant, on) for grant in case.before.access if grant.unit == unit]
        yield loss(case.organisation, unit, on, had)


def _sides(case: GuardInput) -> tuple[Desired, Desired]:
    return case.before, case.after
