"""Build the policy from valid settings of data/policy.yaml, with defaults for absent keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import is_dataclass, replace
from typing import TypeVar, cast

from hopthu.model.fields import day, listed, mapping, text
from hopthu.model.former_domains import FormerDomain
from hopthu.model.guard_limits import Allowance
from hopthu.model.policy import ListQuery, Naming, Network, Policy, Storage, Stores, UnitKind
from hopthu.model.reserved import ALWAYS
from hopthu.model.review_settings import Owner, Review
from hopthu.schema.sizes import size
from hopthu.source.values import Map, Value

Section = TypeVar("Section")
_OF_RECORDS = ("former_domains", "unit_kinds", "lists", "stores", "allowances", "review", "changes")
"""The keys with records of their own; those of `changes` are no setting."""


def build_policy(sections: Map) -> Policy:
    """Return the default policy changed by `sections`, the valid keys of data/policy.yaml."""
    rest = {key: value for key, value in sections.items() if key not in _OF_RECORDS}
    changed = _changed(Policy(), rest)
    return replace(
        changed,
        # A province that names the pattern of one kind leaves the others as they are.
        naming=_naming(
            replace(changed.naming, unit={**Policy().naming.unit, **changed.naming.unit}),
            listed(sections, "changes"),
        ),
        former_domains=tuple(
            _former_domain(mapping(item)) for item in listed(sections, "former_domains")
        ),
        unit_kinds={
            kind: _unit_kind(mapping(item))
            for kind, item in mapping(sections.get("unit_kinds") or {}).items()
        },
        lists={
            key: _list_query(mapping(item))
            for key, item in mapping(sections.get("lists") or {}).items()
        },
        stores=_stores(mapping(sections.get("stores") or {})),
        allowances=tuple(_allowance(mapping(item)) for item in listed(sections, "allowances")),
        review=_review(mapping(sections.get("review") or {})),
        reserved=tuple(dict.fromkeys((*changed.reserved, *ALWAYS))),
    )


def _naming(naming: Naming, changes: Sequence[Value]) -> Naming:
    """Return the naming profile with those before it, as far as changes say what was."""
    before: list[tuple[str, Naming]] = []
    profile = naming
    for row in sorted(map(mapping, changes), key=lambda row: text(row, "on"), reverse=True):
        if stated := mapping(row.get("was") or {}):
            told = _changed(profile, {key.removeprefix("naming."): stated[key] for key in stated})
            profile = replace(told, unit={**profile.unit, **told.unit})
            before.append((text(row, "on"), profile))
    return replace(naming, before=tuple(before))


def _former_domain(data: Map) -> FormerDomain:
    return FormerDomain(
        domain=text(data, "domain"),
        start=day(data, "from"),
        until=day(data, "until"),
        document=text(data, "document"),
    )


def _unit_kind(data: Map) -> UnitKind:
    return UnitKind(name=text(data, "name"), like=text(data, "like"))


def _list_query(data: Map) -> ListQuery:
    kinds, units, among = (
        tuple(map(str, listed(data, name))) for name in ("kinds", "units", "among")
    )
    return ListQuery(text(data, "name"), text(data, "who"), kinds, units, among, text(data, "top"))


def _stores(data: Map) -> Stores:
    rest = {key: value for key, value in data.items() if key != "storage"}
    storage = mapping(data.get("storage") or {})
    kept = {store: _changed(Storage(), mapping(each)) for store, each in storage.items()}
    return replace(_changed(Stores(), rest), storage=kept)


def _allowance(data: Map) -> Allowance:
    return Allowance(
        guard=text(data, "guard"),
        scope=text(data, "scope"),
        document=text(data, "document"),
        until=day(data, "until"),
    )


def _review(data: Map) -> Review:
    rest = {key: value for key, value in data.items() if key != "owners"}
    owners = (mapping(item) for item in listed(data, "owners"))
    named = (
        Owner(text(each, "unit"), tuple(map(str, listed(each, "reviewers")))) for each in owners
    )
    return replace(_changed(Policy().review, rest), owners=tuple(named))


def _changed(section: Section, data: Map) -> Section:
    changes = {key: _like(getattr(section, key), value) for key, value in data.items()}
    return replace(section, **changes)  # type: ignore[type-var]


def _like(default: object, value: Value) -> object:
    """Return `value` converted to the type of the default; a mapping replaces it as a whole."""
    if isinstance(value, dict):
        if is_dataclass(default):
            return _changed(default, value)
        return {name: _named(v) for name, v in value.items()}
    if isinstance(value, list):
        return tuple(value)
    if isinstance(default, int) and isinstance(value, str):
        return size(value)
    return value


def _named(value: Value) -> object:
    """Return a value of a mapping with free keys: a network, a list or a plain value."""
    if isinstance(value, dict):
        ranges, may = cast("list[str]", value["ranges"]), cast("list[str]", value["may"])
        sign_in = text(value, "sign_in") or "either"
        return Network(tuple(ranges), tuple(may), text(value, "of"), sign_in)
    return tuple(value) if isinstance(value, list) else value
