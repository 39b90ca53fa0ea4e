"""Build the policy from valid settings of data/policy.yaml, with defaults for absent keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass, replace
from datetime import date
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from hopthu.i18n.vietnamese import same
from hopthu.model.fields import listed, mapping, text
from hopthu.model.policy import Naming, Policy
from hopthu.model.reserved import ALWAYS
from hopthu.schema.sizes import size
from hopthu.source.values import Map, Value

Section = TypeVar("Section")
_FIELDS = {"from": "start"}
"""Keys that are no names in Python, and the fields that have their values."""


def build_policy(sections: Map) -> Policy:
    """Return the default policy changed by `sections`, the valid keys of data/policy.yaml."""
    settings: Map = {key: value for key, value in sections.items() if key != "changes"}
    default = Policy()
    policy: Policy = _changed(default, settings)
    # A province that names the pattern of one kind leaves the others as they are.
    patterns = {**default.naming.unit, **policy.naming.unit}
    naming = _naming(replace(policy.naming, unit=patterns), listed(sections, "changes"))
    reserved = tuple(dict.fromkeys((*policy.reserved, *ALWAYS)))
    return replace(policy, naming=naming, reserved=reserved)


def _naming(naming: Naming, changes: Sequence[Value]) -> Naming:
    """Return the naming profile with those before it, as far as changes say what was."""
    before: list[tuple[str, Naming]] = []
    profile = naming
    for row in sorted(map(mapping, changes), key=lambda row: text(row, "on"), reverse=True):
        if stated := mapping(row.get("was") or {}):
            was: Map = {key.removeprefix("naming."): stated[key] for key in stated}
            told = _changed(profile, was)
            profile = replace(told, unit={**profile.unit, **told.unit})
            before.append((text(row, "on"), profile))
    return replace(naming, before=tuple(before))


def _changed(section: Section, data: Map) -> Section:
    """Return a section with other values; of sections in it as well."""
    kind: Any = type(section)
    hints = _hints(kind)
    return replace(section, **{  # type: ignore[type-var]
        name: _changed(now, mapping(value)) if is_dataclass(now) else _made(hints[name], value)
        for name, value in data.items() for now in [getattr(section, name)]
    })  # fmt: skip


def _made(kind: Any, value: Any) -> Any:
    """Return a value as what its field is declared to be."""
    if isinstance(kind, type) and is_dataclass(kind):
        hints, fields = _hints(kind), {_FIELDS.get(key, key): each for key, each in value.items()}
        return kind(**{name: _made(hints[name], each) for name, each in fields.items()})
    if get_origin(kind) is tuple:
        return tuple(_made(get_args(kind)[0], each) for each in value)
    if get_origin(kind) is Mapping:
        return {key: _made(get_args(kind)[1], each) for key, each in value.items()}
    if kind is date:
        return date.fromisoformat(value)
    if kind is int and isinstance(value, str):
        return size(value)
    return same(value) if isinstance(value, str) else value


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)
