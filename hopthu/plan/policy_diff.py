"""Changes of the policy, key by key; a reviewer must see them even if no mailbox changes.

No key of the policy is secret; passwords and keys are never in the data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.i18n.terms import GUARDS
from hopthu.model.guard_limits import WHOLE_PROVINCE, Allowance
from hopthu.model.policy import Policy
from hopthu.plan.diff import Change
from hopthu.plan.phrases import describe_day, describe_size

_SIZES = frozenset({"quotas.personal", "quotas.unit", "limits.message"})
"""Keys whose values are numbers of bytes."""


def policy_changes(before: Policy, after: Policy) -> Iterator[Change]:
    """Yield a change for each key that differs, and for each record added or removed in a list.

    Such records are allowances and former domains.
    """
    for key, old, new, _ in _leaves("", before, after):
        if key not in ("allowances", "former_domains"):
            yield _changed(key, old, new, after.operator)
    yield from _former_domains(before, after)
    yield from _allowances(before, after)


def _former_domains(before: Policy, after: Policy) -> Iterator[Change]:
    """Yield a change for each former domain that is declared, removed, or has other days."""
    old, new = ({each.domain: each for each in side.former_domains} for side in (before, after))
    for domain in old.keys() | new.keys():
        was, now = old.get(domain), new.get(domain)
        if was == now:
            continue
        key, said = f"former_domains.{domain}", {"domain": domain}
        if now is None:
            summary = Message("policy: {domain} is no longer a former domain", **said)
            yield Change("policy", key, "remove", plain(was), None, (), summary, after.operator)
            continue
        summary = Message(
            "policy: mail to {domain} is accepted from {start} to {until}",
            start=describe_day(now.start), until=describe_day(now.until), **said,
        )  # fmt: skip
        action = "change" if was else "add"
        yield Change(
            "policy", key, action, plain(was), plain(now), (now.document,), summary,
            after.operator,
        )  # fmt: skip


def policy_steps(before: Policy, after: Policy) -> Iterator[tuple[str, Policy]]:
    """Yield each key that differs, and the policy in which it and all keys before it are new."""
    for key, _, _, step in _leaves("", before, after):
        yield key, step


def _leaves(key: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any, Any]]:
    """Yield each key below `key` that differs, never a whole section, with both its values.

    The last is what is at `key` if that and all keys before it are new.
    """
    if old == new:
        return
    there, here = _parts(old), _parts(new)
    if there is None or here is None:
        yield key, old, new, new
        return
    for name in sorted(there.keys() | here.keys()):
        below = f"{key}.{name}".lstrip(".")
        for leaf, was, now, part in _leaves(below, there.get(name), here.get(name)):
            old = _with(old, name, part)
            yield leaf, was, now, old


def _parts(section: Any) -> Mapping[str, Any] | None:
    """Return what is in a section of the policy, None for a value."""
    if is_dataclass(section):
        return {field.name: getattr(section, field.name) for field in fields(section)}
    return section if isinstance(section, Mapping) else None


def _with(section: Any, name: str, value: Any) -> Any:
    """Return a section of the policy with another value at `name`; without it for None."""
    if is_dataclass(section):
        return replace(section, **{name: value})  # type: ignore[type-var]
    rest = {key: each for key, each in section.items() if key != name}
    return rest if value is None else {**rest, name: value}


def _changed(key: str, was: Any, now: Any, operator: str) -> Change:
    """Return the change of one key."""
    action = "add" if was is None else "remove" if now is None else "change"
    was, now = plain(was), plain(now)
    summary = _summary(key, was, now)
    if key.startswith("guards."):
        summary = Message(
            "{change}; this plan is still judged by the stricter limits", change=summary
        )
    return Change("policy", key, action, was, now, (), summary, operator)


def _allowances(before: Policy, after: Policy) -> Iterator[Change]:
    """Yield a change for each allowance that is given, taken back, or has another day or document.

    Those of one document are the same one, and else those of one guard in one scope.
    """
    gone = sorted({*before.allowances} - {*after.allowances}, key=str)
    new = sorted({*after.allowances} - {*before.allowances}, key=str)
    for same in (_by_document, _by_scope):
        for old in list(gone):
            if now := next((each for each in new if same(each) == same(old)), None):
                gone.remove(old)
                new.remove(now)
                yield _other_allowance(old, now, after.operator)
    for allowance in new:
        yield _allowance(allowance, "add", after.operator)
    for allowance in gone:
        yield _allowance(allowance, "remove", after.operator)


def _by_scope(allowance: Allowance) -> tuple[str, ...]:
    return allowance.guard, allowance.scope


def _by_document(allowance: Allowance) -> tuple[str, ...]:
    return allowance.guard, allowance.scope, allowance.document


def _other_allowance(old: Allowance, new: Allowance, operator: str) -> Change:
    """Return the change of the last day, or of the document if the day stays."""
    if old.until == new.until:
        summary = Message(
            "policy: plans may exceed the guard {guard} in {scope} until {day}, "
            "by another document",
            day=describe_day(new.until), **_said(new),
        )  # fmt: skip
    else:
        summary = Message(
            "policy: plans may exceed the guard {guard} in {scope}: until {old} → {new}",
            old=describe_day(old.until), new=describe_day(new.until), **_said(new),
        )  # fmt: skip
    key = f"allowances.{new.guard}/{new.scope}"
    return Change(
        "policy", key, "change", plain(old), plain(new), (new.document,), summary, operator
    )


def _said(allowance: Allowance) -> dict[str, str]:
    everywhere = allowance.scope == WHOLE_PROVINCE
    scope = Message("the whole province") if everywhere else allowance.scope
    return {"guard": GUARDS.get(allowance.guard, allowance.guard), "scope": scope}


def _allowance(allowance: Allowance, action: str, operator: str) -> Change:
    key = f"allowances.{allowance.guard}/{allowance.scope}"
    value = plain(allowance)
    values = _said(allowance)
    if action == "add":
        summary = Message(
            "policy: plans may exceed the guard {guard} in {scope} until {day}",
            day=describe_day(allowance.until), **values,
        )  # fmt: skip
        return Change("policy", key, action, None, value, (allowance.document,), summary, operator)
    summary = Message("policy: plans may no longer exceed the guard {guard} in {scope}", **values)
    return Change("policy", key, action, value, None, (), summary, operator)


def _summary(key: str, was: Any, now: Any) -> Message:
    """Return the old and new value of a key; of lists in one order only the items that differ."""
    if isinstance(was, list) and isinstance(now, list):
        removed, added = [v for v in was if v not in now], [v for v in now if v not in was]
        in_order = [v for v in was if v in now] == [v for v in now if v in was]
        if in_order and (removed or added):
            return Message("policy: {key}: {change}", key=key, change=items(removed, added))
    shown = describe_size if key in _SIZES else _shown
    return Message("policy: {key}: {old} → {new}", key=key, old=shown(was), new=shown(now))


def items(removed: list[Any], added: list[Any]) -> Message:
    """Return which items of a list are new, and which are gone."""
    parts = []
    if added:
        parts.append(Message("added: {items}", items=_shown(added)))
    if removed:
        parts.append(Message("removed: {items}", items=_shown(removed)))
    return joined(parts)


def plain(value: Any) -> Any:
    """Return a value as JSON can represent it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, (int, str, bool)) else str(value)


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, list):
        each_shown = (f"({_shown(v)})" if isinstance(v, Mapping) else _shown(v) for v in value)
        return ", ".join(each_shown) or "–"
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_shown(each)}" for key, each in value.items() if each)
    return value if isinstance(value, str) else json.dumps(value)
