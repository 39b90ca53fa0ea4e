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
    "BB", "BC", "BGN", "BTT", "CT", "CTr", "CV", "CĐ", "DA", "GBT", "GGT", "GM", "GNP", "GUQ",
    "HD", "HĐ", "HĐLV", "KH", "NQ", "NĐ", "PA", "PB", "PC", "PG", "QC", "QĐ", "TB", "TC",
    "TL", "TLKT", "TT", "TTr", "ĐA",
})  # fmt: skip
LOOKED_AT = 200
"""Matching megabytes part by part takes gigabytes; no number is nearly so long."""
FITTING: Mapping[str, Sequence[str]] = {
    "decision": ("QĐ", "NQ", "NĐ", "TT", "CT", "TB", "HĐ", "HĐLV"),
    "request": ("", "CV", "TTr", "PC"),
    "authorisation": ("GUQ", "QĐ"),
    "regulation": ("QĐ", "QC"),
    "notice": ("", "CV", "TB", "GBT", "TL", "TLKT"),
    "adoption": ("QĐ", "TB"),
}
"""The types that may decide, request and so on; "" is a letter, whose symbol has no type."""


def parsed(number: str) -> re.Match[str] | None:
    """Return a number's parts `n`, `type` and, for the state's, `year`; None if it is invalid."""
    plain = same(number)
    if len(plain) > LOOKED_AT:
        return None
    return _OF_STATE.match(plain) or _OF_PARTY.match(plain)


def type_of(number: str) -> str | None:
    """Return the type in a number's symbol, "" for a letter; None if it is not a number."""
    found = parsed(number)
    return None if found is None else found["type"] if found["type"] in _TYPES else ""


def agency(number: str) -> str:
    """Return who issued a document by its symbol: UBND of 12/QĐ-UBND, SNV of 345/SNV-TCCB.

    An empty string if it is not a number, or its symbol has no such abbreviation.
    """
    found = parsed(number)
    if found is None:
        return ""
    symbol = same(number)[found.start("type") :]
    if found.re is _OF_PARTY:
        symbol = symbol.partition("/")[2]
    elif found["type"] in _TYPES:
        symbol = symbol[len(found["type"]) :].removeprefix("-")
    return "" if "&" in symbol else re.split("[-.]", symbol)[0]


def counted(number: str) -> str:
    """Return the digits of `number` as they are written: from 01, with a 0 below 10."""
    return f"{max(int(number), 1):02d}"


def fits(kind: str, symbol: str) -> bool:
    """Tell whether a document with this type in its symbol can be of `kind`."""
    fitting = FITTING.get(kind)
    return not fitting or (symbol if symbol in _TYPES else "") in fitting


def in_order(number: str, kind: str, on: str) -> bool:
    """Tell whether a number is certainly valid, and agrees with the date and the kind."""
    found = parsed(number)
    return (
        found is not None
        and number == same(number)
        and found["n"] == counted(found["n"])
        and found.groupdict().get("year") in (None, on[:4])
        and fits(kind, found["type"])
    )
