"""What no plan may do, however small it is (Art. 4, 5.1, 7.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from hopthu.desired.state import Desired
from hopthu.model.guard_limits import WHOLE_PROVINCE
from hopthu.model.lifecycle import LIVE
from hopthu.model.organisation import Person, Unit
from hopthu.plan.guards.result import Guard, GuardInput


def never(case: GuardInput, on: date) -> Iterator[Guard]:
    """Yield what each of the four found; their limit is none, and no allowance passes them."""
    found = {
        "address-changes-hands": _changed_hands(case),
        "address-reissued": _reissued(case),
        "erase-under-hold": _held(case, on),
        "unit-without-custodian": _deserted(case),
    }
    for name, scopes in found.items():
        rows = [Guard(name, scope, 1, 0) for scope in sorted(scopes)]
        yield from rows or [Guard(name, WHOLE_PROVINCE, 0, 0)]


def _changed_hands(case: GuardInput) -> set[str]:
    """Return the addresses that led to one mailbox and now lead to another (Art. 4).

    Reserved names such as postmaster are the operator's whoever that is.
    """
    reserved = set.intersection(
        *({f"{name}@{side.domain}" for name, _ in side.reserved} for side in _sides(case))
    )
    changed = {c.id for c in case.changes if c.kind == "address" and c.action == "change"}
    return changed - reserved


def _reissued(case: GuardInput) -> set[str]:
    """Return the addresses that once were somebody's, were given up, and now lead to another."""
    added = [c for c in case.changes if c.kind == "address" and c.action == "add"]
    if not added:
        return set()
    once: dict[str, str] = {}
    records: list[Unit | Person] = [*case.formerly.units.values(), *case.formerly.people.values()]
    for record in records:
        if record.mailbox:
            held = record.mailbox
            once.update(dict.fromkeys((held.address, *held.aliases, *held.former), record.id))
    return {c.id for c in added if once.get(c.id.partition("@")[0], c.after) != c.after}


def _held(case: GuardInput, on: date) -> set[str]:
    """Return the mailboxes erased although a legal hold lasts, before or after the changes."""
    erased = {c.id for c in case.changes if c.kind == "mailbox" and c.action == "erase"}
    return {
        key
        for key in erased
        for side in (case.formerly, case.organisation)
        if (record := side.units.get(key) or side.people.get(key))
        and record.hold
        and record.hold.holds_on(on)
    }


def _deserted(case: GuardInput) -> set[str]:
    """Return the unit mailboxes that live on without head or delegate (Art. 7.2)."""
    lives, kept = ({m.id for m in side.mailboxes if m.state in LIVE} for side in _sides(case))
    had, has = ({grant.unit for grant in side.access} for side in _sides(case))
    return (had - has) & lives & kept


def _sides(case: GuardInput) -> tuple[Desired, Desired]:
    return case.before, case.after
