"""What stops a plan: more than expected at once, and what must never happen (Art. 4, 5.1, 7.2).

Limits are of mailboxes, for each action, in each unit and over the province; the policy sets them
(`hopthu.model.guard_limits`). Where a plan changes the limits themselves the stricter ones judge
it, so no pull request loosens the guard that would stop it. What a declared merger, split or
dissolution does to its own units and people is not counted, nor is who is let into a mailbox that
nobody could open: an apply that broke off must be able to go on. An allowance in the policy passes
one guard in one scope. Four guards have neither limit nor allowance: `plan.guards.invariants`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from hopthu.desired.placement import Stores
from hopthu.model.guard_limits import WHOLE_PROVINCE, Allowance, Guards
from hopthu.model.lifecycle import LIVE, state
from hopthu.model.organisation import Unit
from hopthu.plan.diff import Change
from hopthu.plan.guards.invariants import never
from hopthu.plan.guards.result import Guard, GuardInput

_FOLLOWS = {("redirected", "close"): "closed", ("closed", "archive"): "archived"}
"""What follows a declared end by itself, and how the mailbox then is."""
_COUNTED_AS = {"unlock": "change", "redirect": "close", "grant": "change", "revoke": "change"}


def judge(case: GuardInput, before: Guards, on: date) -> tuple[Guard, ...]:
    """Return every guard's finding: over the province, and in units where there is any.

    `before` are the limits there were; the policy of the case says the new ones and who may pass.
    """
    policy = case.policy
    counted = _stricter(_counts(case, before, on), _counts(case, policy.guards, on))
    allowed = {(a.guard, a.scope): a for a in policy.allowances if on <= a.until}
    limited = [_allow(guard, allowed) for guard in counted]
    limited.sort(key=lambda guard: (guard.scope != WHOLE_PROVINCE, guard.id, guard.scope))
    return (*never(case, on), *limited)


def _allow(guard: Guard, allowed: Mapping[tuple[str, str], Allowance]) -> Guard:
    found = allowed.get((guard.id, guard.scope))
    if found is None or guard.passed:
        return guard
    return Guard(guard.id, guard.scope, guard.actual, guard.limit, found.document)


def _stricter(one: Iterable[Guard], other: Iterable[Guard]) -> list[Guard]:
    """Return of each guard the finding that is further beyond its limit, or nearer to it."""
    found = {(guard.id, guard.scope): guard for guard in one}
    return [
        max(guard, found.get((guard.id, guard.scope), guard), key=lambda g: g.actual - g.limit)
        for guard in other
    ]


def _counts(case: GuardInput, guards: Guards, on: date) -> Iterator[Guard]:
    limits, by_policy = guards.limits(), _ByPolicy(case)
    done: dict[tuple[str, str], set[str]] = {(action, WHOLE_PROVINCE): set() for action in limits}
    for change in _undeclared(case, on):
        action, mailbox = _action(change), _mailbox_of(change)
        done.setdefault((action, WHOLE_PROVINCE), set()).add(mailbox)
        if action != "create" and not by_policy.makes(change):
            done.setdefault((action, change.unit), set()).add(mailbox)
    for (action, scope), mailboxes in done.items():
        actual = sum(
            guards.unit_mailbox if key in case.organisation.units else 1 for key in mailboxes
        )
        size = case.sizes.get(scope, 0)
        limit = limits[action].of(size, guards.sizes)
        if size or not actual:  # where there was nothing, nothing can be lost
            yield Guard(action, scope, actual, limit)


class _ByPolicy:
    """Tells which changes the policy makes to everybody alike: they count over the province only.

    Else one new quota would need an allowance for each unit. What records change counts as ever.
    """

    def __init__(self, case: GuardInput) -> None:
        """Know where everybody would be by the new policy, had nobody touched the records."""
        self._units, self._home = case.formerly.units, {m.id: m.unit for m in case.before.mailboxes}
        differ = case.former_policy and case.former_policy.stores != case.policy.stores
        self._stores = Stores(self._units, case.policy) if differ else None

    def makes(self, change: Change) -> bool:
        if change.kind != "mailbox":
            return False
        if change.action == "move":
            home = self._home.get(change.id, "")
            if self._stores is None or home not in self._units:
                return False
            return self._stores.of(home) == str(change.after)
        return change.action == "change" and change.after.keys() == {"quota"}


def _undeclared(case: GuardInput, on: date) -> Iterator[Change]:
    """Yield the changes of mailboxes that no merger, split or dissolution explains."""
    created = {c.id for c in case.changes if c.kind == "mailbox" and c.action == "create"}
    ended = _ended_now(case, on)
    heirs = {heir for key in ended for heir in _heirs(case.organisation.units[key])}
    open_to_somebody = {access.unit for access in case.before.access}
    for change in case.changes:
        mailbox = _mailbox_of(change)
        gives = _action(change) in ("change", "create", "move")
        if not mailbox or (change.kind == "address" and mailbox in created):
            continue
        if change.action == "grant" and change.unit not in open_to_somebody:
            continue
        declared = change.unit in ended or mailbox in ended or (mailbox in heirs and gives)
        if not (declared or _follows(change, case, on)):
            yield change


def _follows(change: Change, case: GuardInput, on: date) -> bool:
    """Tell whether a change is what time makes of a declared end: only servers still to be told.

    By the records and the policy that were applied, mail of the unit leads nowhere any more, or
    content kept from that end is due for the archive. What an edit brings about counts, and so does
    what is erased, whatever it comes from.
    """
    unit = case.organisation.units.get(change.unit)
    record = case.formerly.units.get(change.id) or case.formerly.people.get(change.id)
    expected = _FOLLOWS.get((str(change.before), change.action))
    if not (expected and record and case.former_policy and change.kind == "mailbox"):
        return False
    due = state(record, "closed", case.former_policy.lifecycle, on, led=True)
    return due == expected and _over(unit, on)


def _ended_now(case: GuardInput, on: date) -> set[str]:
    """Return the units that these changes end, as declared with a decision."""
    live = {m.id for m in case.before.mailboxes if m.state in LIVE}
    return {
        key
        for key, unit in case.organisation.units.items()
        if _over(unit, on) and (key in live or not _over(case.formerly.units.get(key), on))
    }


def _over(unit: Unit | None, on: date) -> bool:
    return bool(unit and unit.ended and unit.ended.on <= on)


def _heirs(unit: Unit) -> tuple[str, ...]:
    return unit.ended.into if unit.ended else ()


def _action(change: Change) -> str:
    if change.kind == "address":
        return "close" if change.action == "remove" else "change"
    return _COUNTED_AS.get(change.action, change.action)


def _mailbox_of(change: Change) -> str:
    """Return whose mailbox a change touches; nobody's where it is about records alone."""
    if change.kind == "mailbox":
        return change.id
    if change.kind == "access":
        return change.unit
    return str(change.before or change.after) if change.kind == "address" else ""
