"""The changes that an edit of the policy makes by itself, such as another quota for everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from hopthu.model.policy import Policy
from hopthu.plan.diff import Change
from hopthu.plan.policy_diff import policy_steps

Effect = tuple[str, str, str, str]
Effects = Callable[[Policy], Iterable[Change]]
"""What another policy would change if no record did."""


def cited_by_policy(
    changes: Iterable[Change], former: Policy | None, policy: Policy, effects: Effects
) -> tuple[Change, ...]:
    """Return the changes; those that the policy makes have a key that is among them as their cause.

    They rest on what the change of that key rests on. The keys are changed one after another: each
    is the cause of what it adds to the keys before it. `former` is None if it is not known what was
    applied.
    """
    given, causes = tuple(changes), dict[Effect, str]()
    keys = {change.id: change for change in given if change.kind == "policy"}
    if keys and former and any(True for _ in effects(policy)):
        for key, step in policy_steps(former, policy):
            made = map(_effect, effects(step))
            causes = {effect: causes.get(effect, key) for effect in made}

    def cited(change: Change) -> Change:
        key = causes.get(_effect(change))
        if change.kind == "policy" or key not in keys:
            return change
        return replace(change, cause=key, basis=keys[key].basis)

    return tuple(map(cited, given))


def _effect(change: Change) -> Effect:
    return change.kind, change.id, change.action, str(change.after)
