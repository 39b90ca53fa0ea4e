"""Changes of the policy, key by key: what a reviewer must see though no mailbox changes by it.

No key of the policy is secret; passwords and keys are never in the data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from hopthu.i18n.message import Message
from hopthu.model.guard_limits import Allowance
from hopthu.model.policy import Policy
from hopthu.plan.diff import Change
from hopthu.plan.phrases import describe_day


def policy_changes(before: Policy, after: Policy) -> Iterator[Change]:
    """Yield the keys that differ, and each allowance that is given or taken back."""
    for field in fields(Policy):
        if field.name != "allowances":
            old, new = getattr(before, field.name), getattr(after, field.name)
            yield from _differing(field.name, old, new, after.operator)
    for allowance in {*after.allowances} - {*before.allowances}:
        yield _allowance(allowance, "add", after.operator)
    for allowance in {*before.allowances} - {*after.allowances}:
        yield _allowance(allowance, "remove", after.operator)


def _differing(key: str, old: Any, new: Any, operator: str) -> Iterator[Change]:
    """Yield a change for each key below `key`; a section of the policy is not told as a whole."""
    if old == new:
        return
    if is_dataclass(new) and is_dataclass(old):
        for field in fields(new):
            name = f"{key}.{field.name}"
            yield from _differing(
                name, getattr(old, field.name), getattr(new, field.name), operator
            )
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted(old.keys() | new.keys()):
            yield from _differing(f"{key}.{name}", old.get(name), new.get(name), operator)
        return
    action = "add" if old is None else "remove" if new is None else "change"
    was, now = _plain(old), _plain(new)
    told = _told(key, was, now)
    if key.startswith("guards."):
        told = Message("{told}; the stricter of both still judges this plan", told=told)
    yield Change("policy", key, action, was, now, (), told, operator)


def _allowance(allowance: Allowance, action: str, operator: str) -> Change:
    key = f"allowances.{allowance.guard}/{allowance.scope}"
    plain = _plain(allowance)
    said = {"guard": allowance.guard, "scope": allowance.scope}
    if action == "add":
        told = Message(
            "policy: the guard {guard} may be passed in {scope} until {day}",
            day=describe_day(allowance.until), **said,
        )  # fmt: skip
        return Change("policy", key, action, None, plain, (allowance.document,), told, operator)
    told = Message("policy: the guard {guard} may no longer be passed in {scope}", **said)
    return Change("policy", key, action, plain, None, (allowance.document,), told, operator)


def _told(key: str, was: Any, now: Any) -> Message:
    """Return what becomes of a key; of lists only what is in one of them."""
    if isinstance(was, list) and isinstance(now, list):
        lost, won = [v for v in was if v not in now], [v for v in now if v not in was]
        if lost or won:
            was, now = lost, won
    return Message(
        "policy: {key} goes from {old} to {new}", key=key, old=_shown(was), new=_shown(now)
    )


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, (int, str, bool)) else str(value)


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) or "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
