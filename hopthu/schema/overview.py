"""The fields of a kind of record as text, for people who write data by hand."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.regulation import Regulation
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.i18n.terms import RECORDS
from hopthu.schema.registry import Fields, Schema, schema
from hopthu.source.files import KINDS

_TYPES = {
    "string": Message("text"),
    "integer": Message("a whole number"),
    "boolean": Message("true or false"),
    "list": Message("a list"),
    "dict": Message("a mapping"),
}
_FORMS = {"iso_date": Message("a date"), "id": Message("an id")}
_INDENT = "  "


def overview(language: str) -> str:
    """Return a line for every kind of record."""
    width = max(map(len, KINDS))
    lines = [f"{kind:{width}}  {_said(schema(kind).what, language)}" for kind in KINDS]
    return "\n".join(lines) + "\n"


def fields(kind: str, language: str, regulation: Regulation) -> str:
    """Return every field of `kind`: its type, article and meaning, and how it is written."""
    here = schema(kind).citing(regulation)
    return "\n".join([*_head(here, language), *_mapping(here.fields, 0, language)]) + "\n"


def _head(here: Schema, language: str) -> Iterator[str]:
    cited = translate(here.article, language)
    yield f"data/{here.kind}.yaml · {_said(here.title, language)} · {cited}"
    yield _said(here.what, language)
    yield translate(Message("A field marked * is required."), language)


def _mapping(fields: Fields, depth: int, language: str) -> Iterator[str]:
    for name, rules in fields.items():
        yield ""
        yield from _field(name, rules, depth, language)


def _field(name: str, rules: Fields, depth: int, language: str) -> Iterator[str]:
    meta = rules["meta"]
    edge = _INDENT * depth
    must = "*" if rules.get("required") else ""
    kind = _type(rules, language)
    yield f"{edge}{name}{must}: {kind} · {translate(meta['article'], language)}"
    yield f"{edge}{_INDENT}{_said(meta['what'], language)}"
    if "allowed" in rules:
        allowed = Message("one of: {names}", names=", ".join(map(str, rules["allowed"])))
        yield f"{edge}{_INDENT}{translate(allowed, language)}"
        if "or_form" in rules:
            yield f"{edge}{_INDENT}{_said(meta['otherwise'], language)}"
    elif "example" in meta:
        yield f"{edge}{_INDENT}{translate(Message('Example'), language)}: {meta['example']}"
    inner = rules.get("valuesrules") or rules.get("schema", {})
    if rules["type"] == "dict" and "valuesrules" not in rules:
        yield from _mapping(inner, depth + 1, language)
    elif inner.get("type") == "dict":
        yield from _mapping(inner["schema"], depth + 1, language)


def _type(rules: Fields, language: str) -> str:
    if target := rules["meta"].get("refers"):
        said = Message("id of {records}", records=RECORDS[target])
    else:
        said = _FORMS.get(rules.get("form", ""), _TYPES[rules["type"]])
    return translate(said, language)


def _said(text: str, language: str) -> str:
    return translate(Message(text), language)
