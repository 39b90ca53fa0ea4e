"""Facts that are in no dated row of their own; a row of `changes` says when and why they changed.

The record has the latest value; the row cites the documents behind it (Art. 5.1, 5.2), and says
what was there before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from hopthu.model.competence import Act

FactName = Literal[
    "name",
    "short",
    "kind",
    "parent",
    "category",
    "address",
    "aliases",
    "quota",
    "store",
    "regulation",
    "posts",
    "heads",
    "delegates",
    "locked",
    "hold",
    "left",
    "ended",
]
"""What a row of `changes` can name.

The names of rows, from `posts` on, stand for another last day of one of them than was written: it
ends early, or lasts longer; `left` and `ended`, that what was planned does not happen. A row that
the next one ends needs no such change.
"""
OF_UNITS: Mapping[FactName, Act] = {
    "name": "reorganised",
    "short": "reorganised",
    "kind": "reorganised",
    "parent": "reorganised",
    "address": "details",
    "aliases": "details",
    "quota": "details",
    "store": "details",
    "regulation": "regulation",
    "heads": "head",
    "delegates": "delegate",
    "hold": "hold",
    "ended": "ended",
}
"""The facts of units, each with the act that changes it."""
OF_PEOPLE: Mapping[FactName, Act] = {
    "name": "name",
    "category": "details",
    "address": "details",
    "aliases": "details",
    "quota": "details",
    "posts": "post",
    "locked": "lock",
    "hold": "hold",
    "left": "left",
}
"""The facts of people, each with the act that changes it."""
AHEAD: tuple[FactName, ...] = (
    *("name", "short", "kind", "parent", "category", "address", "quota", "regulation"),
)
"""What a row can set for a day to come: it says under `was` what the value is until then."""
FIRST_FREE: tuple[FactName, ...] = ("address", "regulation")
"""Of these, what a record may not have had before: the row does not say so."""
DATED: tuple[FactName, ...] = ("posts", "heads", "delegates", "locked", "hold", "left", "ended")
"""Rows with days of their own: a change of them may name the day on which they now end."""
DECIDED = frozenset(
    ("name", "short", "kind", "parent", "category", "posts", "heads", "hold", "left", "ended")
)
"""What an authority decides before the unit asks (Art. 5.2); for the others a request is enough."""
TECHNICAL: tuple[str, ...] = ("store",)
"""What changes without a document unless policy says otherwise.

Where a mailbox lies is the operator's own technical management (Art. 5.1): nobody sees it, and no
right follows from it.
"""
