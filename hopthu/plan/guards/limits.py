"""Guards that refuse a plan with more changes than expected (Art. 4, 5.1, 7.2).

Limits count mailboxes, by action, in each unit and province-wide; the policy sets them
(`hopthu.model.guard_limits`). If a plan changes the limits themselves, the stricter ones are used,
so no pull request can loosen the guard that would refuse it. A unit mailbox counts as several, but
as one where only an address of it is affected. Not counted is what a declared merger,
split or dissolution means for its own units and people, the first people of a unit by an adopted
list, the last day of a former domain unless the same plan sets it earlier, and grants of access to
a mailbox that nobody could open, so that an interrupted apply can be continued. An allowance in
the policy overrides one guard in one scope. Four guards have neither limit nor allowance:
`plan.guards.invariants`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from hopthu.model.former_domains import domain_of
from hopthu.model.guard_limits import WHOLE_PROVINCE, Allowance, Guards
from hopthu.model.lifecycle import LIVE, SHORTEST_REDIRECT, later, state
from hopthu.model.organisation import Unit
from hopthu.plan.diff import Change
from hopthu.plan.guards.invariants import invariants
from hopthu.plan.guards.result import Guard, GuardInput

_FOLLOWS = {("redirected", "close"): "closed", ("closed", "archive"): "archived"}
"""Changes that follow a declared end without an edit, and the state they lead to."""
_COUNTED_AS = {"unlock": "change", "redirect": "close", "grant": "change", "revoke": "change"}


def judge(case: GuardInput, before: Guards, on: date) -> tuple[Guard, ...]:
    """Return the result of every guard, province-wide and for each unit with changes.

    `before` are the limits before the plan; the policy of `case` has the new ones and the
    allowances.
    """
    policy = case.policy
    counted = _stricter(_counts(case, before, on), _counts(case, policy.guards, on))
    allowed = {(a.guard, a.scope): a for a in policy.allowances if on <= a.until}
    limited = [_allow(guard, allowed) for guard in counted]
    limited.sort(key=lambda guard: (guard.scope != WHOLE_PROVINCE, guard.id, guard.scope))
    return (*invariants(case, on), *limited)


def _allow(guard: Guard, allowed: Mapping[tuple[str, str], Allowance]) -> Guard:
    found = allowed.get((guard.id, guard.scope))
    if found is None or guard.passed:
        return guard
    return replace(guard, allowance=found.document)


def _stricter(one: Iterable[Guard], other: Iterable[Guard]) -> list[Guard]:
    """Return for each guard the result that is further beyond its limit, or closer to it."""
    found = {(guard.id, guard.scope): guard for guard in one}
    return [
        max(guard, found.get((guard.id, guard.scope), guard), key=lambda g: g.actual - g.limit)
        for guard in other
    ]


def _counts(case: GuardInput, guards: Guards, on: date) -> Iterator[Guard]:
    limits = guards.limits()
    # Each mailbox with whether only an address of it is affected.
    done: dict[tuple[str, str], dict[str, bool]] = {(each, WHOLE_PROVINCE): {} for each in limits}
    for change in _undeclared(case, on):
        action, mailbox = _action(change), _mailbox_of(change)
        scopes = [WHOLE_PROVINCE]
        # Otherwise a new quota in the policy would need an allowance for each unit.
        by_policy = change.cause and change.kind == "mailbox" and action in ("change", "move")
        if action != "create" and not by_policy:
            scopes.append(change.unit)
        for scope in scopes:
            affected = done.setdefault((action, scope), {})
            affected[mailbox] = affected.get(mailbox, True) and change.kind == "address"
    for mailbox in _cut_short(case, on):
        affected = done["close", WHOLE_PROVINCE]
        affected[mailbox] = affected.get(mailbox, True)
    for (action, scope), mailboxes in done.items():
        actual = sum(
            guards.unit_mailbox if key in case.organisation.units and not only_address else 1
            for key, only_address in mailboxes.items()
        )
        size = case.sizes.get(scope, 0)
        limit = limits[action].of(size, guards.sizes)
        if size or not actual:  # an empty scope has nothing to lose
            yield Guard(
                action,
                scope,
                actual,
                limit,
                mailboxes=len(mailboxes),
                addresses=sum(mailboxes.values()),
            )


def _cut_short(case: GuardInput, on: date) -> set[str]:
    """Return the mailboxes with an address at a former domain that the policy ends before its day.

    Addresses of a domain that is over on its own day were declared to end then, and do not count.
    """
    known = case.former_policy.former_domains if case.former_policy else ()
    ended = {each.domain for each in known if each.receives_on(on)}
    ended -= {each.domain for each in case.after.receiving}
    return {m.id for m in case.before.mailboxes for each in m.former if domain_of(each) in ended}


def _undeclared(case: GuardInput, on: date) -> Iterator[Change]:
    """Yield the changes of mailboxes that no declared merger, split or dissolution explains."""
    created = {c.id for c in case.changes if c.kind == "mailbox" and c.action == "create"}
    ended = _ended_now(case, on)
    heirs = {heir for key in ended for heir in _heirs(case.organisation.units[key])}
    adopted = _adopted(case)
    accessible = {access.unit for access in case.before.access}
    for change in case.changes:
        mailbox = _mailbox_of(change)
        adds = _action(change) in ("change", "create", "move")
        if not mailbox or (change.kind == "address" and mailbox in created):
            continue
        if mailbox in adopted:
            continue
        if change.action == "grant" and change.unit not in accessible:
            continue
        heir = mailbox in heirs and adds
        if not (heir or _explained(change, ended, case, on) or _follows(change, case, on)):
            yield change


def _adopted(case: GuardInput) -> set[str]:
    """Return the people who get a mailbox by the list that says who is in post in their unit.

    It says so once for each unit (`hopthu.rules.powers.adoption`): who joins a unit that
    has had people counts, whatever the document.
    """
    lists = {key for key, each in case.organisation.documents.items() if each.kind == "adoption"}
    created = {c.id: c.unit for c in case.changes if c.kind == "mailbox" and c.action == "create"}
    people = case.organisation.people
    found = {
        key
        for key, unit in created.items()
        if key in people
        and any(post.unit == unit and post.decision in lists for post in people[key].posts)
    }
    if not found:
        return found
    peopled = {post.unit for person in case.formerly.people.values() for post in person.posts}
    return {key for key in found if created[key] not in peopled}


def _explained(change: Change, ended: set[str], case: GuardInput, on: date) -> bool:
    """Return whether the declared end of a unit means this change.

    People of the unit move, and lose its mailbox, which is redirected if it has a successor and
    closed if it has none. That they leave or are locked, or that the redirect is cut short, is
    another act and counts.
    """
    mailbox = _mailbox_of(change)
    if not (change.unit in ended or mailbox in ended):
        return False
    if _action(change) != "close":
        return _action(change) in ("change", "create", "move")
    return mailbox in ended and (change.action == "redirect" or _closes(mailbox, case, on))


def _closes(unit: str, case: GuardInput, on: date) -> bool:
    """Return whether a unit that ended is closed that day by the policy before the changes."""
    record, policy = case.organisation.units[unit], case.former_policy
    if _cuts_redirect_short(record, on):
        return False
    if not record.ended or record.ended.how == "dissolved" or policy is None:
        return True
    return state(record, "closed", policy.lifecycle, on, led=True) != "redirected"


def _cuts_redirect_short(unit: Unit, on: date) -> bool:
    """Return whether mail of a merged or split unit would be refused before senders know.

    Whatever the policy says, and since when: no declared end means that.
    """
    if unit.ended is None or not unit.ended.into:
        return False
    return on < later(unit.ended.on, SHORTEST_REDIRECT)


def _follows(change: Change, case: GuardInput, on: date) -> bool:
    """Return whether a change follows from an applied, declared end by the passing of time alone.

    By the records and the policy that were applied, the redirect of the unit is over, or content
    kept since that end is due to be archived. Changes that an edit brings about count, and so does
    everything that is erased.
    """
    unit = case.organisation.units.get(change.unit)
    record = case.formerly.units.get(change.id) or case.formerly.people.get(change.id)
    expected = _FOLLOWS.get((str(change.before), change.action))
    if not (expected and record and case.former_policy and change.kind == "mailbox"):
        return False
    if isinstance(record, Unit) and _cuts_redirect_short(record, on):
        return False
    due = state(record, "closed", case.former_policy.lifecycle, on, led=True)
    return due == expected and _over(unit, on)


def _ended_now(case: GuardInput, on: date) -> set[str]:
    """Return the units that end with these changes, as declared with a decision."""
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
    """Return the id of the mailbox that a change affects, or an empty string."""
    if change.kind == "mailbox":
        return change.id
    if change.kind == "access":
        return change.unit
    return str(change.before or change.after) if change.kind == "address" else ""
