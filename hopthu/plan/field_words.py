"""What the lists, fields and words of records are called."""

from __future__ import annotations

from collections.abc import Mapping

from hopthu.i18n.message import Message
from hopthu.i18n.terms import CATEGORIES, DOCUMENTS, ENDINGS, UNITS
from hopthu.model.facts import OF_PEOPLE, OF_UNITS
from hopthu.rules.powers.uses import ACTS

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
TERMS: Mapping[str, Mapping[str, Message]] = {
    "how": ENDINGS,
    "kind": {**DOCUMENTS, **UNITS},
    "acts": ACTS,
    "category": CATEGORIES,
    "facts": FACTS,
}
"""The words of the schema, by the fields that have them."""
