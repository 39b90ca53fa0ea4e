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

from collections.abc import Iterator, Mapping
from dataclasses import replace

from hopthu.model.former_domains import domain_of
from hopthu.model.guard_limits import WHOLE_PROVINCE
from hopthu.model.lifecycle import LIVE, SHORTEST_REDIRECT, later, state
from hopthu.model.organisation import Person, Unit
from hopthu.plan.diff import Change
from hopthu.plan.guards.invariants import invariants
from hopthu.plan.guards.result import Guard, GuardInput

_FOLLOWS = {("redirected", "close"): "closed", ("closed", "archive"): "archived"}
"""Changes that follow a declared end without an edit, and the state they lead to."""
_COUNTED_AS = {"unlock": "change", "redirect": "close", "grant": "change", "revoke": "change"}
_KEPT = ("change", "create", "move")
"""The guards of what takes no mailbox away."""
Affected = Mapping[str, bool]
"""Mailboxes, each with whether only an address of it is affected."""


def judge(case: GuardInput) -> tuple[Guard, ...]:
    """Return the result of every guard, province-wide and for each unit with changes."""
    allowed = {(a.guard, a.scope): a for a in case.policy.allowances if case.judged <= a.until}
    limited = []
    for scope, mailboxes in _counted(case).items():
        if not mailboxes or case.sizes.get(scope[1]):  # an empty scope has nothing to lose
            guard = _limited(case, *scope, mailboxes)
            allowance = None if guard.passed else allowed.get(scope)
            limited.append(replace(guard, allowance=allowance.document) if allowance else guard)
    limited.sort(key=lambda guard: (guard.scope != WHOLE_PROVINCE, guard.id, guard.scope))
    return (*invariants(case), *limited)


def _limited(case: GuardInput, action: str, scope: str, mailboxes: Affected) -> Guard:
    """Return the result of a guard by the limits, before and after, that are further exceeded."""
    size, units = case.sizes.get(scope, 0), case.organisation.units
    found = []
    for guards in (case.policy.guards, case.applied_policy.guards):
        actual = sum(
            guards.unit_mailbox if key in units and not only_address else 1
            for key, only_address in mailboxes.items()
        )
        limit = guards.limits()[action].of(size, guards.sizes)
        found.append(Guard(action, scope, actual, limit))
    strict = max(found, key=lambda guard: guard.actual - guard.limit)
    return replace(strict, mailboxes=len(mailboxes))


def _counted(case: GuardInput) -> Mapping[tuple[str, str], Affected]:
    """Return the mailboxes that each guard counts in each scope."""
    every = case.policy.guards.limits()
    found: dict[tuple[str, str], dict[str, bool]] = {(each, WHOLE_PROVINCE): {} for each in every}
    for change in _undeclared(case):
        action, mailbox = _action(change), _mailbox_of(change)
        scopes = [WHOLE_PROVINCE]
        # Otherwise a new quota in the policy would need an allowance for each unit.
        by_policy = change.cause and change.kind == "mailbox" and action in ("change", "move")
        if action != "create" and not by_policy:
            scopes.append(change.unit)
        for scope in scopes:
            affected = found.setdefault((action, scope), {})
            affected[mailbox] = affected.get(mailbox, True) and change.kind == "address"
    for mailbox in _cut_short(case):
        found["close", WHOLE_PROVINCE].setdefault(mailbox, True)
    return found


def _cut_short(case: GuardInput) -> set[str]:
    """Return the mailboxes with an address at a former domain that the policy ends before its day.

    Addresses of a domain that is over on its own day were declared to end then, and do not count.
    """
    known = case.former_policy.former_domains if case.former_policy else ()
    ended = {each.domain for each in known if each.receives_on(case.judged)}
    ended -= {each.domain for each in case.after.receiving}
    return {m.id for m in case.before.mailboxes for each in m.former if domain_of(each) in ended}


def _undeclared(case: GuardInput) -> Iterator[Change]:
    """Yield the changes of mailboxes that no declared merger, split or dissolution explains."""
    created = {c.id: c.unit for c in case.changes if c.kind == "mailbox" and c.action == "create"}
    ended = _ended_now(case)
    heirs = {heir for unit in ended.values() if unit.ended for heir in unit.ended.into}
    adopted = _adopted(case, created)
    accessible = {access.unit for access in case.before.access}
    for change in case.changes:
        mailbox = _mailbox_of(change)
        if not mailbox or (change.kind == "address" and mailbox in created) or _beside(change):
            continue
        first = change.action == "grant" and change.id.partition("/")[0] not in accessible
        heir = mailbox in heirs and _action(change) in _KEPT
        if first or heir or mailbox in adopted:
            continue
        if not (_explained(change, ended, case) or _follows(change, case)):
            yield change


def _beside(change: Change) -> bool:
    """Return whether a line tells what takes nobody's mail: an answer, a folder, who keeps it."""
    told_beside = {"custodian", "folder", "refusal"}
    return (change.kind, change.action) == ("mailbox", "change") and told_beside >= {*change.after}


def _adopted(case: GuardInput, created: Mapping[str, str]) -> set[str]:
    """Return the people who get a mailbox by the list that says who is in post in their unit.

    It says so once for each unit (`hopthu.rules.powers.adoption`): who joins a unit that
    has had people counts, whatever the document.
    """
    lists = {key for key, each in case.organisation.documents.items() if each.kind == "adoption"}
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


def _explained(change: Change, ended: Mapping[str, Unit], case: GuardInput) -> bool:
    """Return whether the declared end of a unit means this change.

    People of the unit move, and lose its mailbox, which is redirected if it has a successor and
    closed if it has none. That they leave or are locked, or that the redirect is cut short, is
    another act and counts.
    """
    mailbox = _mailbox_of(change)
    if _action(change) != "close":
        return _action(change) in _KEPT and not ended.keys().isdisjoint((change.unit, mailbox))
    if mailbox not in ended:
        return False
    return change.action == "redirect" or _due(ended[mailbox], case) != "redirected"


def _follows(change: Change, case: GuardInput) -> bool:
    """Return whether a change follows from an applied, declared end by the passing of time alone.

    By the records and the policy that were applied, the redirect of the unit is over, or content
    kept since that end is due to be archived. Changes that an edit brings about count, and so does
    everything that is erased.
    """
    record = case.formerly.record(change.id)
    if not (record and case.former_policy and change.kind == "mailbox"):
        return False
    due = _due(record, case)
    follows = _FOLLOWS.get((str(change.before), change.action)) == due
    return follows and case.organisation.has_ended(change.unit, case.judged)


def _due(record: Unit | Person, case: GuardInput) -> str:
    """Return the state that an end means for a mailbox by now, by the policy that was applied.

    Mail is redirected until senders can know, whatever the policy says, and since when.
    """
    ended = record.ended if isinstance(record, Unit) else None
    if ended and ended.into and case.judged < later(ended.on, SHORTEST_REDIRECT):
        return "redirected"
    return state(record, "closed", case.applied_policy.lifecycle, case.judged, led=True)


def _ended_now(case: GuardInput) -> Mapping[str, Unit]:
    """Return the units that end with these changes, as declared with a decision."""
    live = {m.id for m in case.before.mailboxes if m.state in LIVE}
    return {
        key: unit
        for key, unit in case.organisation.units.items()
        if case.organisation.has_ended(key, case.judged)
        and (key in live or not case.formerly.has_ended(key, case.judged))
    }


def _action(change: Change) -> str:
    """Return the guard that counts a change."""
    if change.kind == "address":
        return "close" if change.action == "remove" else "change"
    return _COUNTED_AS.get(change.action, change.action)


def _mailbox_of(change: Change) -> str:
    """Return the id of the mailbox that a change affects, or an empty string."""
    held = str(change.before or change.after)
    return {"mailbox": change.id, "access": change.unit, "address": held}.get(change.kind, "")
