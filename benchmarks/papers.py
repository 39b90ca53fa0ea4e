"""The documents of a generated province: numbered as their issuers count them, kept once cited."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta

from benchmarks.units import MERGER, OPERATOR, PROVINCE, REFORM, Office

_RESOLUTION = "nq-1686-ubtvqh15-2025"
_OUTSIDE = (
    f"- {{id: {_RESOLUTION}, kind: decision, number: 1686/NQ-UBTVQH15, "
    "outside_issuer: Ủy ban Thường vụ Quốc hội, date: 2025-06-16}\n"
)
_PREFIXES = {"request": "cv", "authorisation": "guq"}


class Papers:
    """Every document, by year and id; one is written when a change first rests on it."""

    def __init__(self, offices: Mapping[str, Office]) -> None:
        """Begin with no document of the `offices`, by id."""
        self._offices = offices
        self._counted: Counter[tuple[str, int]] = Counter()
        self._bases: dict[tuple[str, date], tuple[str, str]] = {}
        self._once: dict[tuple[str, str, str, date], str] = {}
        self._named: dict[tuple[str, date], str] = {}
        self.by_year: dict[str, dict[str, str]] = defaultdict(dict)

    def basis(self, office: Office, start: date, left: Office | None = None) -> str:
        """Return the fields that say what a change in a unit rests on.

        Of somebody who comes to it from another unit, or works there as well, that one asks.
        """
        return _fields(*self.pair(office, start, left))

    def pair(self, office: Office, start: date, left: Office | None = None) -> tuple[str, str]:
        """Return what a change in a unit rests on: first a decision, then a unit's request."""
        deciding, asking = self._deciding(office, start)
        issued = (("decision", deciding, 7), ("request", left.id if left else asking, 3))
        decision, request = (
            self._for(office, start, kind, issuer, start - timedelta(days=days))
            for kind, issuer, days in issued
        )
        return decision, request

    def _for(self, office: Office, start: date, kind: str, issuer: str, day: date) -> str:
        """Return the one document of its kind and issuer for what begins in a unit on a day."""
        key = kind, issuer, office.id, start
        if key not in self._once:
            self._once[key] = self.issue(kind, issuer, day)
        return self._once[key]

    def heading(self, office: Office, day: date) -> str:
        """Return the fields that say what a head rests on: no unit decides on its own."""
        decision, request = self.pair(office, day)
        if self._deciding(office, day)[0] == office.id:
            key = office.id, day
            if key not in self._named:
                before = day - timedelta(days=7)
                self._named[key] = self.issue("decision", office.parent, before)
            decision = self._named[key]
        return _fields(decision, request)

    def reform(self) -> str:
        """Return what the end of districts and the beginning of today's communes rests on."""
        if ("", REFORM) not in self._bases:
            self.by_year["2025"][_RESOLUTION] = _OUTSIDE
            request = self.issue("request", OPERATOR, date(2025, 6, 20))
            self._bases["", REFORM] = _RESOLUTION, request
        return _fields(*self._bases["", REFORM])

    def merger(self) -> str:
        """Return what the end of departments of before rests on."""
        if ("", MERGER) not in self._bases:
            decision = self.issue("decision", PROVINCE, date(2025, 2, 21))
            request = self.issue("request", OPERATOR, date(2025, 2, 26))
            self._bases["", MERGER] = decision, request
        return _fields(*self._bases["", MERGER])

    def issue(self, kind: str, issuer: str, day: date, act: str = "", address: str = "") -> str:
        """Write the next document of a unit, for one act or for any; return its id.

        An exception names the one `address` that it grants.
        """
        self._counted[issuer, day.year] += 1
        number = self._counted[issuer, day.year]
        symbol, prefix = self._offices[issuer].symbol, _PREFIXES.get(kind, "qd")
        key = f"{prefix}-{number}-{issuer}-{day.year}"
        printed = f"{symbol}-VP" if kind == "request" else f"{_type(kind)}-{symbol}"
        issued_for = f", acts: [{act}]" if act else ""
        issued_for += f", addresses: [{address}]" if address else ""
        self.by_year[str(day.year)][key] = (
            f"- {{id: {key}, kind: {kind}, number: {number:02d}/{printed}, issuer: {issuer}, "
            f"date: {day}{issued_for}}}\n"
        )
        return key

    def _deciding(self, office: Office, start: date) -> tuple[str, str]:
        """Return who decides and who asks; a unit not yet there writes nothing of the kind.

        Nor does a district decide on what begins after it ended.
        """
        if start - timedelta(days=7) < REFORM:
            if office.created:
                return PROVINCE, OPERATOR
            over = office.before and start > REFORM
            return PROVINCE if over else office.before or office.parent, office.id
        return (office.id if office.created else office.parent), office.id


def _fields(decision: str, request: str) -> str:
    return f"decision: {decision}, request: {request}"


def _type(kind: str) -> str:
    return "GUQ" if kind == "authorisation" else "QĐ"
