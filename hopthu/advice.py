"""What to call a fault Cerberus found, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from cerberus import errors

from hopthu.forms import FORMS
from hopthu.problems import shown
from hopthu.schemas import Fields, Schema
from hopthu.values import Value

_TYPES = {
    "string": "text",
    "list": "a list",
    "dict": "a mapping",
    "boolean": "true or false",
    "integer": "a whole number",
}


def explain(here: Schema, error: Any) -> tuple[str, str]:
    """Return what is wrong and how to mend it, for one fault Cerberus found."""
    steps, value, constraint = error.document_path, error.value, error.constraint
    rules = here.field(steps)
    example = f"write it as in: {_example(rules)}"
    named = _named(steps)
    match error.rule or error.code:
        case "required":
            also = f" (or `{rules['excludes']}`)" if "excludes" in rules else ""
            fault = f"{named} is missing", f"add `{steps[-1]}: {_example(rules)}`{also}"
        case errors.UNKNOWN_FIELD.code:
            known = list(here.field(steps[:-1]).get("schema", {}))
            fault = f"{named} is not a field here", nearest(str(steps[-1]), known)
        case "type":
            fault = _wrong_type(named, str(constraint), value, example)
        case "nullable":
            or_not = "" if rules.get("required") else ", or leave the line out"
            fault = f"{named} has no value", example + or_not
        case "allowed":
            is_key = "keysrules" in error.schema_path
            what = f"{named} is not a key here" if is_key else f"{named} cannot be {shown(value)}"
            fault = what, nearest(str(value), constraint)
        case "empty" | "minlength":
            fault = f"{named} is empty", example
        case "form":
            fault = FORMS[constraint](value) or ("", "")
        case "excludes":
            fault = f"{named} stands beside {constraint}", "keep one of the two"
        case "min" | "max":
            end = "less" if error.rule == "min" else "more"
            fault = f"{named} is {value}, {end} than {constraint}", f"write {constraint}"
        case _:
            fault = f"{named} breaks the rule {error.rule} {constraint}", example
    return fault


def _named(steps: tuple[str | int, ...]) -> str:
    name = next((step for step in reversed(steps) if isinstance(step, str)), "")
    return f"an item of {shown(name)}" if isinstance(steps[-1], int) else shown(name)


def _example(rules: Fields) -> str:
    """Return how the field is written: its own example, or one made of what it holds."""
    example = rules.get("meta", {}).get("example")
    if example:
        return str(example)
    if rules.get("type") == "list":
        return f"[{_example(rules['schema'])}]"
    if "valuesrules" in rules:
        return f"{{name: {_example(rules['valuesrules'])}}}"
    inner = rules.get("schema", {})
    chosen = [name for name in inner if inner[name].get("required")] or list(inner)[:1]
    fields = ", ".join(f"{name}: {_example(inner[name])}" for name in chosen)
    return f"{{{fields}}}"


def _wrong_type(named: str, wanted: str, value: Value, example: str) -> tuple[str, str]:
    """Explain a value of the wrong type; what YAML writers fall for gets its own advice."""
    what = f"{named} must be {_TYPES[wanted]}, not {shown(value)}"
    if wanted == "string" and isinstance(value, (bool, int)):
        return what, f'put it in quotes: "{shown(value)}"'
    if wanted == "boolean" and isinstance(value, str):
        meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(value.lower())
        return what, f"write {meant}" if meant else "write true or false"
    if wanted == "integer" and isinstance(value, str) and value.strip().isdecimal():
        return what, f"write {int(value)}"
    return what, example


def nearest(word: str, known: Iterable[str]) -> str:
    """Advise the known word nearest to `word`, or name them all."""
    names = list(known)
    near = get_close_matches(word.lower(), names, n=1)
    guess = f"did you mean {near[0]}? " if near else ""
    return f"{guess}one of: {', '.join(names)}"
