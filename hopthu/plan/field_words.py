"""The fields of records, and their values, in words that can be translated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.i18n.terms import CATEGORIES, DOCUMENTS, ENDINGS, UNITS
from hopthu.model.facts import OF_PEOPLE, OF_UNITS
from hopthu.model.organisation import Organisation
from hopthu.plan.phrases import describe_day, describe_document
from hopthu.rules.powers.uses import ACTS
from hopthu.source.values import Map, Value

ROWS = {
    "posts": Message("post"),
    "heads": Message("head"),
    "delegates": Message("delegate"),
    "locked": Message("lock"),
    "hold": Message("legal hold"),
    "changes": Message("change of facts"),
    "created": Message("establishment of the unit"),
    "ended": Message("end of the unit"),
    "left": Message("end of service"),
    "mailbox": Message("mailbox"),
}
"""What rows of a record are, by the field that holds them."""
FIELDS = {
    "name": Message("name"),
    "short": Message("short name"),
    "kind": Message("kind"),
    "parent": Message("parent unit"),
    "quota": Message("quota"),
    "store": Message("store"),
    "category": Message("category"),
    "regulation": Message("regulation of the mailbox"),
    "facts": Message("facts"),
    "was": Message("before"),
    "corrections": Message("corrected by"),
    "address": Message("address"),
    "aliases": Message("aliases"),
    "former": Message("former addresses"),
    "exception": Message("exception"),
    "person": Message("person"),
    "unit": Message("unit"),
    "title": Message("title"),
    "from": Message("first day"),
    "until": Message("last day"),
    "on": Message("day"),
    "main": Message("main post"),
    "acting": Message("acting"),
    "decision": Message("decision"),
    "request": Message("request"),
    "how": Message("how"),
    "into": Message("successor"),
    "address_to": Message("successor of the address"),
    "parts": Message("parts"),
    "number": Message("number"),
    "issuer": Message("issuer"),
    "outside_issuer": Message("outside issuer"),
    "date": Message("date"),
    "signer": Message("signer"),
    "acts": Message("acts"),
    "units": Message("units"),
    "addresses": Message("addresses"),
}
"""What the fields of records are called."""
FACTS: Mapping[str, Message] = {
    fact: FIELDS.get(fact) or ROWS[fact] for fact in (*OF_UNITS, *OF_PEOPLE)
}
"""What the facts are called that rows of `changes` name."""
CITED = ("decision", "request", "exception", "regulation", "corrections")
"""The fields that name documents."""
_DAYS = ("from", "until", "on", "date")
_TERMS: Mapping[str, Mapping[str, Message]] = {
    "how": ENDINGS,
    "kind": {**DOCUMENTS, **UNITS},
    "acts": ACTS,
    "category": CATEGORIES,
    "facts": FACTS,
}
_NAMED = ("unit", "units", "person", "parent", "into", "address_to", "issuer", "signer")


def changed_fields(before: Map, after: Map, sides: Sequence[Organisation]) -> Message:
    """Return each field with its old and its new value."""
    return joined(
        (
            Message(
                "{field}: {old} → {new}",
                field=_field(name),
                old=_value(name, before.get(name), sides),
                new=_value(name, after.get(name), sides),
            )
            for name in sorted(before.keys() | after.keys())
        ),
        ", ",
    )


def all_fields(row: Map, sides: Sequence[Organisation]) -> str:
    """Return each field of a row with its value, braces if it has none."""
    if not row:
        return "{}"
    return joined(
        (
            Message("{field}: {value}", field=_field(name), value=_value(name, value, sides))
            for name, value in row.items()
        ),
        ", ",
    )


def name_of(key: str, sides: Sequence[Organisation]) -> str:
    """Return the name of a unit or person, or how a document is cited; else the id itself."""
    for side in sides:
        record = side.units.get(key) or side.people.get(key)
        if record:
            return record.name
        if key in side.documents:
            return describe_document(side.documents[key])
    return key


def _field(name: str) -> str:
    return FIELDS.get(name, name)


def _value(field: str, value: Value, sides: Sequence[Organisation]) -> str:
    if value is None or value == []:
        return "–"
    if isinstance(value, list):
        return joined((_value(field, each, sides) for each in value), ", ")
    if isinstance(value, Mapping):
        return all_fields(value, sides)
    if isinstance(value, bool):
        return Message("yes") if value else Message("no")
    return _text(field, str(value), sides)


def _text(field: str, text: str, sides: Sequence[Organisation]) -> str:
    if field in _DAYS:
        return describe_day(date.fromisoformat(text))
    if field in _NAMED or field in CITED:
        return name_of(text, sides)
    terms = _TERMS.get(field, {})
    return terms.get(text, text)
