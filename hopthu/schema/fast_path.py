"""A fast test whether a record matches its schema.

Cerberus reports the errors, but takes 0.1 ms per record. Nearly all records are valid, which is
faster to find out: the schema is compiled once into plain tests. If one of them fails, or a schema
uses a rule that is not known here, the result is False and Cerberus checks the record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import cast

from hopthu.schema.formats import FORMS
from hopthu.schema.registry import Fields, schema
from hopthu.source.values import Map, Value

_Test = Callable[[Value], bool]
_KNOWN = {
    "string": {
        "required",
        "form",
        "empty",
        "maxlength",
        "allowed",
        "or_form",
        "excludes",
        "nullable",
    },
    "boolean": {"required"},
    "integer": {"required", "min", "max"},
    "list": {"required", "minlength", "maxlength", "schema"},
    "dict": {"required", "schema", "minlength", "maxlength", "keysrules", "valuesrules"},
}
"""The rules of each type that are tested here, in addition to `type` and `meta`."""
_NO_LIMIT = 2**63


@cache
def matches_schema(kind: str) -> Callable[[Map], bool]:
    """Return the test for records of `kind`; Cerberus accepts every record that passes it."""
    return cast("Callable[[Map], bool]", _mapping(schema(kind).fields))


def _test(rules: Fields) -> _Test:
    kind = rules.get("type", "")
    if rules.keys() - {"type", "meta"} - _KNOWN.get(kind, set()) or kind not in _KNOWN:
        return _never
    if kind == "string":
        return _or_nothing(rules) if rules.get("nullable") else _string(rules)
    if kind == "integer":
        least, most = rules.get("min", -_NO_LIMIT), rules.get("max", _NO_LIMIT)
        return lambda value: type(value) is int and least <= value <= most
    if kind == "boolean":
        return lambda value: type(value) is bool
    if kind == "list":
        return _list(rules)
    return _mapping(rules["schema"]) if "schema" in rules else _entries(rules)


def _or_nothing(rules: Fields) -> _Test:
    filled = _string(rules)
    return lambda value: value is None or filled(value)


def _never(_value: Value) -> bool:
    return False


def _string(rules: Fields) -> _Test:
    if "allowed" in rules:
        return _word(rules)
    # Decomposed letters may be fewer than their code points: Cerberus counts those.
    least, most = 0 if rules.get("empty", True) else 1, rules.get("maxlength", _NO_LIMIT)
    if "form" in rules:
        form = FORMS[rules["form"]]
        if rules["form"] == "iso_date":
            form = cache(form)  # the same few thousand dates occur again and again
        if rules.keys() & {"empty", "maxlength"}:
            return lambda value: (
                type(value) is str and least <= len(value) <= most and form(value) is None
            )
        return lambda value: type(value) is str and form(value) is None
    return lambda value: type(value) is str and least <= len(value) <= most


def _word(rules: Fields) -> _Test:
    allowed = frozenset(rules["allowed"])
    if rules.keys() & {"form", "empty", "maxlength"}:
        return _never
    if "or_form" in rules:
        form = FORMS[rules["or_form"]]
        return lambda value: type(value) is str and (value in allowed or form(value) is None)
    return lambda value: type(value) is str and value in allowed


def _list(rules: Fields) -> _Test:
    least, most = rules.get("minlength", 0), rules.get("maxlength", _NO_LIMIT)
    if "schema" not in rules:
        return lambda value: type(value) is list and least <= len(value) <= most
    each = _test(rules["schema"])
    return lambda value: (
        type(value) is list and least <= len(value) <= most and all(map(each, value))
    )


def _entries(rules: Fields) -> _Test:
    """Return the test of a mapping whose keys are names that its author gives."""
    least, most = rules.get("minlength", 0), rules.get("maxlength", _NO_LIMIT)
    key, entry = _test(rules.get("keysrules", {})), _test(rules.get("valuesrules", {}))
    return lambda value: (
        type(value) is dict
        and least <= len(value) <= most
        and all(map(key, value))
        and all(map(entry, value.values()))
    )


def _mapping(fields: Mapping[str, Fields]) -> _Test:
    tests = {name: _test(rules) for name, rules in fields.items()}
    # Of fields that exclude each other exactly one is accepted here; Cerberus handles all other
    # cases.
    rivals = [
        frozenset((name, *([others] if isinstance(others, str) else others)))
        for name, rules in fields.items()
        if (others := rules.get("excludes"))
    ]
    free = frozenset().union(*rivals) if rivals else frozenset()
    required = frozenset(n for n, rules in fields.items() if rules.get("required")) - free

    def test(value: Value) -> bool:
        if type(value) is not dict or not required <= value.keys():
            return False
        if any(len(some & value.keys()) != 1 for some in rivals):
            return False
        for name, inner in value.items():
            known = tests.get(name)
            if known is None or not known(inner):
                return False
        return True

    return test
