"""Messages for the errors that Cerberus finds, and how to fix them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.i18n.vietnamese import length
from hopthu.schema.formats import FORMS
from hopthu.schema.registry import Fields, Schema, names_records
from hopthu.source.values import Value

_TYPES = {
    "string": Message("text"),
    "list": Message("a list"),
    "dict": Message("a mapping"),
    "boolean": Message("true or false"),
    "integer": Message("a whole number"),
}
# More digits are never read as a number.
_DIGITS = re.compile(r"\s*[0-9]{1,18}\s*\Z")
_LONGEST_WORD = 64  # for which a similar known word is searched


def explain(here: Schema, error: Any, *, guess: bool = True) -> tuple[Message, Message]:
    """Return what is wrong and how to fix it, for one error of Cerberus.

    Only with `guess` is the most similar known word searched for an unknown one, because that is
    slow.
    """
    steps, value, constraint = error.document_path, error.value, error.constraint
    rules = here.field(steps)
    named = _named(steps)
    if error.rule is None:  # of an unknown field there is none
        known = here.field(steps[:-1]).get("schema", {})
        what = Message("{field} is not a field here", field=named)
        return what, nearest(str(steps[-1]), known, guess=guess)
    example = Message("write it as in: {example}", example=_example(rules, str(steps[-1])))
    match error.rule:
        case "required":
            fault = _missing(named, str(steps[-1]), rules)
        case "type":
            fault = _wrong_type(named, rules, value, example)
        case "nullable":
            leave = Message("{example}, or remove the line", example=example)
            what = Message("{field} has no value", field=named)
            fault = what, example if rules.get("required") else leave
        case "allowed":
            fault = _not_allowed(here, error, named, nearest(str(value), constraint, guess=guess))
        case "empty" | "minlength":
            fault = Message("{field} is empty", field=named), example
        case "form":
            fault = FORMS[constraint](value) or (
                Message("{field} is invalid", field=named),
                example,
            )
        case "excludes":
            fault = _beside_another(named, constraint)
        case "min" | "max" | "maxlength":
            fault = _out_of_range(named, error)
        case _:
            broken = {"field": named, "rule": error.rule, "constraint": constraint}
            fault = Message("{field} breaks the rule {rule} {constraint}", **broken), example
    return fault


def _missing(named: str, field: str, rules: Fields) -> tuple[Message, Message]:
    others = rules.get("excludes", [])
    others = [others] if isinstance(others, str) else others
    also = Message(" (or `{excludes}`)", excludes="`, `".join(others)) if others else ""
    example = "AN-ID-OF-ITS-OWN" if field == "id" else _example(rules, field)
    add = Message("add `{field}: {example}`{also}", field=field, example=example, also=also)
    return Message("{field} is missing", field=named), add


def _beside_another(named: str, others: str | Sequence[str]) -> tuple[Message, Message]:
    if isinstance(others, str):
        what = Message(
            "{field} cannot be combined with {constraint}", field=named, constraint=others
        )
        return what, Message("keep one of the two")
    names = ", ".join(others)
    what = Message("{field} cannot be combined with any of {names}", field=named, names=names)
    return what, Message("keep one of them; write the other as a record of its own")


def _not_allowed(here: Schema, error: Any, named: str, near: Message) -> tuple[Message, Message]:
    if "keysrules" in error.schema_path:
        rules = here.field(error.document_path[:-1]).get("keysrules", {})
        return Message("{field} is not a key here", field=named), _or_else(near, rules)
    what = Message("{field} cannot be {value}", field=named, value=shown(error.value))
    return what, _or_else(near, here.field(error.document_path))


def _or_else(fix: Message, rules: Fields) -> Message:
    """Add to `fix` what to do where none of the values of a list is right, if its schema says."""
    otherwise = rules.get("meta", {}).get("otherwise")
    return (
        Message("{fix}; {otherwise}", fix=fix, otherwise=Message(otherwise)) if otherwise else fix
    )


def _out_of_range(named: str, error: Any) -> tuple[Message, Message]:
    if error.rule == "maxlength":
        long = {"field": named, "limit": error.constraint}
        if not isinstance(error.value, str):
            what = Message("{field} has more than {limit} items", **long)
            return what, Message("shorten the list; was something pasted in here by mistake?")
        what = Message("{field} has more than {limit} characters", **long)
        return what, Message("shorten it; was something pasted in here by mistake?")
    found = {"field": named, "value": error.value, "limit": error.constraint}
    what = (
        Message("{field} is {value}, less than {limit}", **found)
        if error.rule == "min"
        else Message("{field} is {value}, more than {limit}", **found)
    )
    return what, Message("write {value}", value=error.constraint)


def _named(steps: tuple[str | int, ...]) -> str:
    name = next((step for step in reversed(steps) if isinstance(step, str)), "")
    return (
        Message("an item of {name}", name=shown(name))
        if isinstance(steps[-1], int)
        else shown(name)
    )


def _example(rules: Fields, field: str) -> str:
    """Return an example of a field: its own, or one made from its inner fields.

    No example names a real record: people who paste it would cite an unrelated one.
    """
    meta = rules.get("meta", {})
    if "refers" in meta:
        return some_id(meta["refers"], field)
    if "example" in meta and not names_records(rules):
        return str(meta["example"])
    if rules.get("type") == "list":
        return f"[{_example(rules['schema'], field)}]"
    if "valuesrules" in rules:
        return f"{{name: {_example(rules['valuesrules'], field)}}}"
    inner = rules.get("schema", {})
    chosen = [name for name in inner if inner[name].get("required")] or list(inner)[:1]
    fields = ", ".join(f"{name}: {_example(inner[name], name)}" for name in chosen)
    return f"{{{fields}}}"


def _wrong_type(
    named: str, rules: Fields, value: Value, example: Message
) -> tuple[Message, Message]:
    """Explain a value of the wrong type, with special advice for common mistakes in YAML."""
    wanted = rules["type"]
    what = Message(
        "{field} must be {wanted}, not {value}",
        field=named,
        wanted=_TYPES[wanted],
        value=shown(value),
    )
    if wanted == "string" and isinstance(value, (bool, int)):
        return what, _as_text(shown(value), rules)
    if wanted == "boolean" and isinstance(value, str):
        meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(value.lower())
        return what, Message("write {value}", value=meant) if meant else Message(
            "write true or false"
        )
    if wanted == "integer" and isinstance(value, str) and _DIGITS.match(value):
        return what, Message("write {value}", value=int(value))
    return what, example


def _as_text(value: str, rules: Fields) -> Message:
    """Advise quotes, unless the quoted text would be refused as well."""
    if "allowed" in rules:
        return nearest(value, rules["allowed"])
    fault = FORMS[rules["form"]](value) if "form" in rules else None
    return fault[1] if fault else Message('put it in quotes: "{value}"', value=value)


def nearest(word: str, known: Iterable[str], *, guess: bool = True) -> Message:
    """Suggest the known word most similar to `word`, and list all."""
    names = tuple(known)
    near = _near(word.lower(), names) if guess and len(word) <= _LONGEST_WORD else ""
    return Message(
        "{guess}one of: {names}",
        guess=Message("did you mean {near}? ", near=near) if near else "",
        names=", ".join(names),
    )


@lru_cache(maxsize=1024)  # the same mistake is often in every record
def _near(word: str, names: tuple[str, ...]) -> str:
    return next(iter(get_close_matches(word, names, n=1)), "")


def counted(value: Value) -> int:
    """Return the length for `maxlength`: letters with their marks, items, or 0."""
    if isinstance(value, str):
        return length(value)
    return len(value) if isinstance(value, (list, dict)) else 0
