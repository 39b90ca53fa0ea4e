"""Words of the data that sentences use: what the YAML calls so, in words that can be translated."""

from __future__ import annotations

from collections.abc import Mapping

from hopthu.text import Text

RECORDS: Mapping[str, Text] = {
    "policy": Text("policy"),
    "units": Text("units"),
    "people": Text("people"),
    "documents": Text("documents"),
}
"""What a file of data holds (`hopthu.files.KINDS`)."""
DOCUMENTS: Mapping[str, Text] = {
    "decision": Text("decision"),
    "request": Text("request"),
    "authorisation": Text("authorisation"),
    "regulation": Text("regulation"),
}
"""The kinds of documents a change may rest on (Art. 5.2)."""
