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
