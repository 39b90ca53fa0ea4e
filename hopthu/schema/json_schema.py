"""The schemas as JSON Schema, for editors that check and complete YAML while it is typed.

Draft 7 is what yaml-language-server supports best. Texts are in both languages, for an editor does
not say which one its user reads. What JSON Schema cannot express, such as that an id exists, is
left to `hopthu check`; what it refuses, `check` refuses too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hopthu.diagnostics.regulation import Regulation
from hopthu.i18n.catalogue import LANGUAGES, translate
from hopthu.i18n.message import Message
from hopthu.schema.patterns import PATTERNS
from hopthu.schema.registry import Fields, schema
from hopthu.source.files import KINDS

FOLDER = "schemas/json"
"""Where the files are, in a checkout of hopthu and in the repository of a province, ..."""
NAMES = {f"{FOLDER}/{kind}.json": kind for kind in KINDS}
"""... and the kind that each of them describes."""
_DRAFT = "http://json-schema.org/draft-07/schema#"
_TYPES = {
    "string": "string",
    "integer": "integer",
    "boolean": "boolean",
    "list": "array",
    "dict": "object",
}
_LENGTHS = {"string": "Length", "list": "Items", "dict": "Properties"}
_COMMENT = "Made from schemas/{kind}.yaml of hopthu by `hopthu schema --write`; do not edit it."

Json = dict[str, Any]


def json_schema(kind: str, regulation: Regulation) -> Json:
    """Return the JSON Schema of a file of `kind`, one of `files.KINDS`; it cites `regulation`."""
    here = schema(kind).citing(regulation)
    record = _mapping(here.fields)
    described = {"description": _both(here.what, here.article)}
    body: Json = record if kind == "policy" else {"type": "array", "items": {**described, **record}}
    return {
        "$schema": _DRAFT,
        "$comment": _COMMENT.format(kind=kind),
        "title": here.title,
        **described,
        **body,
    }


def files(regulation: Regulation) -> Mapping[str, str]:
    """Return every file of `FOLDER` by its path from the root of a repository."""
    return {
        name: json.dumps(json_schema(kind, regulation), ensure_ascii=False, indent=1) + "\n"
        for name, kind in NAMES.items()
    }


def _field(rules: Fields) -> Json:
    kind = rules["type"]
    found: Json = {"type": _TYPES[kind], **_described(rules.get("meta", {}))}
    if rules.get("nullable"):
        found["type"] = [_TYPES[kind], "null"]
    if "or_form" in rules:
        # An editor shows the text of the branch beside each value that it offers.
        offered = {"enum": list(rules["allowed"]), **_described(rules.get("meta", {}))}
        found["anyOf"] = [offered, _form(rules["or_form"])]
    elif "allowed" in rules:
        found["enum"] = list(rules["allowed"])
    if "form" in rules:
        found |= _form(rules["form"])
    found |= _limits(kind, rules)
    if kind == "list":
        found["items"] = _field(rules["schema"])
    elif "valuesrules" in rules:
        found |= _named(rules["keysrules"], rules["valuesrules"])
    elif kind == "dict":
        found |= _mapping(rules["schema"])
    return found


def _limits(kind: str, rules: Fields) -> Json:
    named = {"min": "minimum", "max": "maximum"}
    named |= {
        f"{end}length": f"{end}{_LENGTHS[kind]}" for end in ("min", "max") if kind in _LENGTHS
    }
    least = {"minLength": 1} if rules.get("empty") is False else {}
    return least | {ours: rules[rule] for rule, ours in named.items() if rule in rules}


def _mapping(fields: Fields) -> Json:
    rivals = {name: _rivals(rules) for name, rules in fields.items() if "excludes" in rules}
    required = [n for n, rules in fields.items() if rules.get("required") and n not in rivals]
    found: Json = {
        "type": "object",
        "properties": {name: _field(rules) for name, rules in fields.items()},
        "additionalProperties": False,
    }
    if required:
        found["required"] = required
    if rivals:
        # Each of them is required, and excludes the others: exactly one is there.
        found["oneOf"] = [{"required": [name]} for name in rivals]
    return found


def _rivals(rules: Fields) -> list[str]:
    rivals = rules["excludes"]
    return [rivals] if isinstance(rivals, str) else rivals


def _named(keys: Fields, values: Fields) -> Json:
    """Return the rules of a mapping by name; where few names are allowed, an editor offers them."""
    if "allowed" in keys:
        each = {name: _field(values) for name in keys["allowed"]}
        named: Json = {"properties": each, "additionalProperties": False}
        if "or_form" in keys:
            named["patternProperties"] = {_form(keys["or_form"])["pattern"]: _field(values)}
        return named
    return {"propertyNames": _form(keys["form"]), "additionalProperties": _field(values)}


def _form(form: str) -> Json:
    pattern = PATTERNS[form]
    longest = {"maxLength": pattern.longest} if pattern.longest else {}
    said = _slashed(pattern.what)
    return {"pattern": f"^(?:{pattern.regex})$", "patternErrorMessage": said, **longest}


def _described(meta: Mapping[str, str]) -> Json:
    if "what" not in meta:
        return {}
    # As text: an editor would offer JSON Schema's `examples` as values, and a record that an
    # example names has nothing to do with the one that is being written.
    paragraphs = [_both(meta["what"], meta["article"])]
    if "example" in meta:
        paragraphs.append(f"{_slashed(Message('Example'))}: {meta['example']}")
    return {"description": "\n\n".join(paragraphs)}


def _both(what: str, cited: str) -> str:
    """Return a text with its article in both languages, a paragraph each."""
    return "\n\n".join(
        f"{_capital(translate(Message(what), language))} ({translate(cited, language)})."
        for language in LANGUAGES
    )


def _slashed(text: Message) -> str:
    return " / ".join(translate(text, language) for language in LANGUAGES)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:].removesuffix(".")
