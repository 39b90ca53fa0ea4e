"""The schemas in `schemas/`: the kinds of records, and the rules of their fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from sys import maxsize
from typing import Any, TypeAlias

import yaml

from hopthu.diagnostics.regulation import Regulation
from hopthu.source.values import Value
from hopthu.tool.resources import resource

FOLDER = resource("schemas")
Fields = dict[str, Any]
Steps = tuple[str, ...]
_CODES = 4
"""So many code points a letter may be written with, its marks included."""
IN_CHANGES = ("policy", "powers")
"""The acts by which keys of the policy change, in a row of its `changes`."""
EACH = "*"
"""The step of a path that stands for all items of a list or all entries of a mapping."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema of one kind of record: its description and its fields."""

    kind: str
    title: str
    what: str
    article: str
    fields: Fields

    def field(self, steps: Iterable[str | int]) -> Fields:
        """Return the rules of the field at `steps` (list items have number steps); {} if none."""
        rules: Fields = {"type": "dict", "schema": self.fields}
        for step in steps:
            inner: Fields = rules.get("schema", {})
            if isinstance(step, int):
                rules = inner
            elif "valuesrules" in rules:
                rules = rules["valuesrules"]
            else:
                rules = inner.get(step, {})
        return rules

    def citing(self, regulation: Regulation) -> Schema:
        """Return the schema with every article as `regulation` cites it."""
        fields: Fields = _citing(self.fields, regulation)
        return replace(self, article=regulation.cite(self.article), fields=fields)


def _citing(rules: Any, regulation: Regulation) -> Any:
    """Return rules of fields in which each `article` is a citation."""
    if isinstance(rules, list):
        return [_citing(each, regulation) for each in rules]
    if not isinstance(rules, dict):
        return rules
    return {
        key: regulation.cite(each) if key == "article" else _citing(each, regulation)
        for key, each in rules.items()
    }


@cache
def schema(kind: str) -> Schema:
    """Return the schema of `kind`, one of `files.KINDS`."""
    text = (FOLDER / f"{kind}.yaml").read_text(encoding="utf-8")
    raw = yaml.load(text, Loader=yaml.CSafeLoader)
    if kind == "policy":
        rules = raw["schema"]["changes"]["schema"]["schema"]["facts"]["schema"]
        rules["allowed"] = [key for key, basis in _bases(raw["schema"], ()) if basis in IN_CHANGES]
    return Schema(kind=kind, fields=raw["schema"], **raw["meta"])


def bounded(kind: str, record: Value) -> Value:
    """Return a record of which no list or text is longer than shows that it is too long.

    Nothing that reads records has to look out for more.
    """
    return _bounded(record, {"type": "dict", "schema": schema(kind).fields})


def _bounded(value: Value, rules: Fields) -> Value:
    end = rules.get("maxlength", maxsize - 1) + 1
    if isinstance(value, str):
        return value[: end * _CODES]
    if isinstance(value, list):
        return [_bounded(each, rules.get("schema", {})) for each in value[:end]]
    if isinstance(value, dict):
        inner, each = rules.get("schema", {}), rules.get("valuesrules")
        few = islice(value.items(), end)
        return {name: _bounded(item, each or inner.get(name, {})) for name, item in few}
    return value


@cache
def policy_keys() -> Mapping[str, str]:
    """Return the keys of the policy that change only by a row of its `changes`, each with its act.

    Of the others each entry names a document of its own, or they rest on none.
    """
    bases = _bases(schema("policy").fields, ())
    return {key: basis for key, basis in bases if basis in IN_CHANGES}


def _bases(fields: Fields, above: Steps) -> Iterator[tuple[str, str]]:
    """Yield each key of the policy with what it rests on: `policy`, `powers`, `own` or `none`."""
    for name, rules in fields.items():
        if "basis" in rules["meta"]:
            yield ".".join((*above, name)), rules["meta"]["basis"]
        else:
            yield from _bases(rules["schema"], (*above, name))


@cache
def references(kind: str) -> tuple[tuple[Steps, str], ...]:
    """Return the references in a record of `kind`: each a path, and the kind it refers to."""
    return tuple(_references(schema(kind).fields, ()))


def names_records(rules: Fields) -> bool:
    """Return whether a field, or one within it, contains the id of a record."""
    return any(True for _ in _references_of(rules, ()))


Tree: TypeAlias = "str | dict[str, Tree]"


@cache
def reference_tree(kind: str) -> Tree:
    """Return `references` as a tree of steps, whose leaves are the kinds referred to."""
    root: dict[str, Tree] = {}
    for path, target in references(kind):
        here = root
        for step in path[:-1]:
            deeper = here.setdefault(step, {})
            if isinstance(deeper, dict):
                here = deeper
        here[path[-1]] = target
    return root


def _references(fields: Fields, above: Steps) -> Iterator[tuple[Steps, str]]:
    for name, rules in fields.items():
        yield from _references_of(rules, (*above, name))


def _references_of(rules: Fields, here: Steps) -> Iterator[tuple[Steps, str]]:
    if "refers" in rules.get("meta", {}):
        yield here, rules["meta"]["refers"]
    if rules.get("type") == "list":
        yield from _references_of(rules["schema"], (*here, EACH))
    elif "valuesrules" in rules:
        yield from _references_of(rules["valuesrules"], (*here, EACH))
    elif "schema" in rules:
        yield from _references(rules["schema"], here)
