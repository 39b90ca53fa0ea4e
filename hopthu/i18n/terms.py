"""Words of the data that sentences use: what the YAML calls so, in words that can be translated."""

from __future__ import annotations

from collections.abc import Mapping

from hopthu.i18n.message import Message

RECORDS: Mapping[str, Message] = {
    "policy": Message("policy"),
    "units": Message("units"),
    "people": Message("people"),
    "documents": Message("documents"),
}
"""What a file of data holds (`hopthu.source.files.KINDS`)."""
DOCUMENTS: Mapping[str, Message] = {
    "decision": Message("decision"),
    "request": Message("request"),
    "authorisation": Message("authorisation"),
    "regulation": Message("regulation"),
}
"""The kinds of documents a change may rest on (Art. 5.2)."""
_SINGULAR = {"units": "UNIT", "people": "PERSON", "documents": "DOCUMENT"}


def some_id(kind: str, field: str = "") -> str:
    """Return what stands for the id of a record of `kind`, where nobody can know which is meant.

    No real id does: it would be pasted in as it is. A `field` that is called after a kind of
    document says which kind.
    """
    return f"ID-OF-THE-{field.upper() if field in DOCUMENTS else _SINGULAR[kind]}"
