"""The numbers of documents, as their issuers write them (Decree 30/2020/NĐ-CP, annex I)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from hopthu.i18n.vietnamese import LETTERS, same

# 12/QĐ-UBND, 824/2005/QĐ-UB, 345/SNV-TCCB. Party: 44-QĐ/TW.
_PART = rf"[{LETTERS}][{LETTERS}0-9]*"
_OF_STATE = re.compile(
    rf"(?P<n>[0-9]{{1,6}})(/(?P<year>[0-9]{{4}}))?/(?P<type>{_PART})(-{_PART}|-?&{_PART})*\Z"
)
_OF_PARTY = re.compile(rf"(?P<n>[0-9]{{1,6}})-(?P<type>{_PART})/{_PART}([-.]{_PART})*\Z")
_TYPES = frozenset({
    "BB", "BC", "BGN", "BTT", "CT", "CTr", "CV", "CĐ", "DA", "GGT", "GM", "GNP", "GUQ", "HD", "HĐ",
    "KH", "NQ", "NĐ", "PA", "PB", "PC", "PG", "QC", "QĐ", "TB", "TC", "TT", "TTr", "ĐA",
})  # fmt: skip
LOOKED_AT = 200
"""Matching megabytes part by part takes gigabytes; no number is nearly so long."""
FITTING: Mapping[str, Sequence[str]] = {
    "decision": ("QĐ", "NQ", "NĐ", "TT", "CT", "TB", "HĐ"),
    "request": ("", "CV", "TTr", "PC"),
    "authorisation": ("GUQ", "QĐ"),
    "regulation": ("QĐ", "QC"),
}
"""What may decide, ask, authorise or rule; "" stands for letters, whose symbol has no type."""


def parsed(number: str) -> re.Match[str] | None:
    """Return a number's parts `n`, `type` and, of the state's, `year`; None where it is none."""
    plain = same(number)
    if len(plain) > LOOKED_AT:
        return None
    return _OF_STATE.match(plain) or _OF_PARTY.match(plain)


def counted(number: str) -> str:
    """Return the digits `number` as they are counted: from 01, one 0 before those below 10."""
    return f"{max(int(number), 1):02d}"


def fits(kind: str, symbol: str) -> bool:
    """Tell whether a type of document, as its symbol has it, can do what `kind` says it does."""
    fitting = FITTING.get(kind)
    return not fitting or (symbol if symbol in _TYPES else "") in fitting


def in_order(number: str, kind: str, on: str) -> bool:
    """Tell whether a number surely is one, spelt plainly, counted, of its day and of its kind."""
    found = parsed(number)
    return (
        found is not None
        and number == same(number)
        and found["n"] == counted(found["n"])
        and found.groupdict().get("year") in (None, on[:4])
        and fits(kind, found["type"])
    )
