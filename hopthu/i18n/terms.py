"""Words of the data that sentences use: what the YAML calls so, in words that can be translated."""

from __future__ import annotations

from collections.abc import Mapping

from hopthu.i18n.catalogue import LANGUAGES, translate
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold

RECORDS: Mapping[str, Message] = {
    "policy": Message("policy"),
    "units": Message("units"),
    "people": Message("people"),
    "documents": Message("documents"),
    "expectations": Message("expectations"),
}
"""What a file of data holds (`hopthu.source.files.KINDS`)."""
DOCUMENTS: Mapping[str, Message] = {
    "decision": Message("decision"),
    "request": Message("request"),
    "authorisation": Message("authorisation"),
    "regulation": Message("regulation"),
    "notice": Message("notice"),
    "adoption": Message("adoption"),
}
"""The kinds of documents a change may rest on (Art. 5.2)."""
TYPES: Mapping[str, Message] = {
    "QĐ": Message("decision"),
    "NQ": Message("resolution"),
    "NĐ": Message("decree"),
    "TT": Message("circular"),
    "CT": Message("directive"),
    "TB": Message("notice"),
    "QC": Message("regulation"),
    "GUQ": Message("authorisation"),
    "TTr": Message("submission"),
    "TL": Message("extract from the register"),
    "TLKT": Message("extract from the register of deaths"),
    "GBT": Message("death notice"),
}
"""What documents are called, by the type in their symbol (Decree 30/2020, annex III)."""
LETTERS: Mapping[str, Message] = {**DOCUMENTS, "request": Message("official letter")}
"""What documents are called, by their kind, whose symbol is that of a letter."""
CATEGORIES: Mapping[str, Message] = {
    "cadre": Message("cadre"),
    "civil_servant": Message("civil servant"),
    "public_employee": Message("public employee"),
}
"""The categories of officials (Art. 4)."""
UNITS: Mapping[str, Message] = {
    "province": Message("province"),
    "council": Message("council"),
    "office": Message("office"),
    "department": Message("department"),
    "inspectorate": Message("inspectorate"),
    "board": Message("board"),
    "branch": Message("branch"),
    "centre": Message("centre"),
    "division": Message("division"),
    "school": Message("school"),
    "health_station": Message("health station"),
    "district": Message("district"),
    "commune": Message("commune"),
    "ward": Message("ward"),
    "township": Message("township"),
    "special_zone": Message("special zone"),
    "party": Message("party organisation"),
    "mass_organisation": Message("mass organisation"),
}
"""The kinds of units that hopthu knows by itself (Art. 4)."""
ENDINGS: Mapping[str, Message] = {
    "retired": Message("retired"),
    "resigned": Message("resigned"),
    "transferred_out": Message("transferred out of the province"),
    "dismissed": Message("dismissed"),
    "died": Message("died"),
    "merged": Message("merged"),
    "dissolved": Message("dissolved"),
    "split": Message("split"),
}
"""How people leave the service, and how units end (Art. 5.2)."""
GUARDS: Mapping[str, Message] = {
    "close": Message('"close"'),
    "archive": Message('"archive"'),
    "erase": Message('"erase"'),
    "lock": Message('"lock"'),
    "move": Message('"move"'),
    "change": Message('"change"'),
    "create": Message('"create"'),
    "address-changes-hands": Message('"address-changes-hands"'),
    "address-reissued": Message('"address-reissued"'),
    "erase-under-hold": Message('"erase-under-hold"'),
    "unit-without-custodian": Message('"unit-without-custodian"'),
}
"""What guards are called (`hopthu.model.guard_limits`): English has the words of the YAML."""
_SINGULAR = {"units": "UNIT", "people": "PERSON", "documents": "DOCUMENT"}


def key_of(terms: Mapping[str, str], said: str) -> str | None:
    """Return the word of the data that somebody means, by it or its name in any language.

    >>> key_of(CATEGORIES, "công chức")
    'civil_servant'
    """
    for key, name in terms.items():
        names = {fold(each) for each in (key, *(translate(name, lang) for lang in LANGUAGES))}
        if fold(said) in names - {""}:
            return key
    return None


def choices(terms: Mapping[str, str]) -> str:
    """Return the words of the data with what they are called in Vietnamese, as `key_of` takes them.

    >>> choices({"cadre": CATEGORIES["cadre"]})
    'cadre (cán bộ)'
    """
    return ", ".join(f"{key} ({translate(name, 'vi')})" for key, name in terms.items())


def in_days(number: int) -> Message:
    """Return a number of days in words."""
    return Message("1 day") if number == 1 else Message("{number} days", number=number)


def some_id(kind: str, field: str = "") -> str:
    """Return what stands for the id of a record of `kind`, where nobody can know which is meant.

    No real id does: it would be pasted in as it is. A `field` that is called after a kind of
    document says which kind.
    """
    return f"ID-OF-THE-{field.upper() if field in DOCUMENTS else _SINGULAR[kind]}"
