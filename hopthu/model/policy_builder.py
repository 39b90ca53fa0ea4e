"""Build the policy from valid settings of data/policy.yaml, with defaults for absent keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import is_dataclass, replace
from typing import TypeVar, get_type_hints

from hopthu.model.fields import listed, maker, mapping, text
from hopthu.model.policy import Naming, Policy
from hopthu.model.reserved import ALWAYS
from hopthu.source.values import Map, Value

Section = TypeVar("Section")


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
    hints = get_type_hints(type(section))
    return replace(section, **{  # type: ignore[type-var]
        name: _changed(now, mapping(value)) if is_dataclass(now) else maker(hints[name])(value)
        for name, value in data.items() for now in [getattr(section, name)]
    })  # fmt: skip
