"""What the rules across records look at, and who claims which address."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from hopthu.diagnostics.problem import Mark, Problem
from hopthu.i18n.vietnamese import fold, spelling
from hopthu.model.former_domains import compared
from hopthu.model.policy import Policy
from hopthu.model.timeline import Fact, Steps, Timeline, day, day_of, rows, text, texts, value_of
from hopthu.source.records import Record

PRIMARY = ("mailbox", "address")


class Paper(NamedTuple):
    """What a document says of itself, empty where it cannot be read, and when its issuer ended.

    Its units are those it names, and their successors.
    """

    kind: str
    date: str
    issuer: str
    last: str
    acts: frozenset[str]
    units: frozenset[str]


class Claim(NamedTuple):
    """A record's claim to an address; `folded` is what the address is compared by.

    An address at a former domain is compared in full, any other one by its local part.
    """

    record: Record
    steps: tuple[str | int, ...]
    address: str
    folded: str


@dataclass(frozen=True)
class RuleContext(Timeline):
    """The records as written, the policy as far as it could be read, and the day asked about.

    A record may be of the wrong shape: that is reported elsewhere, and a rule looks only at what
    it can read, so that one slip does not hide another. What several rules ask for is worked out
    once, when the first of them asks.
    """

    policy: Policy
    on: date

    @cached_property
    def today(self) -> str:
        """The day asked about, as rows write days."""
        return self.on.isoformat()

    @cached_property
    def adoptions(self) -> frozenset[str]:
        """The ids of the documents that adopt a list of officials."""
        return frozenset(key for key, paper in self.papers.items() if paper.kind == "adoption")

    @cached_property
    def issued(self) -> Mapping[str, str]:
        """The day of each document; empty where it cannot be read."""
        return {key: paper.date for key, paper in self.papers.items()}

    def grants(self, record: Record, address: str) -> bool:
        """Tell whether the exception of a record's mailbox is for an address.

        One that is not on record, or not issued for exceptions, is reported as such, nothing else.
        """
        cited = exception(record)
        return fold(address) in self._granted[cited] if cited in self._granted else bool(cited)

    @cached_property
    def _granted(self) -> Mapping[str, frozenset[str]]:
        """The addresses that each document issued for exceptions names, folded."""
        return {
            key: frozenset(fold(named) for _, named in texts(record, ("addresses", "*")))
            for key, record in self.documents.items()
            if "acts" in record.data and "exception" in dict(texts(record, ("acts", "*"))).values()
        }

    @cached_property
    def issuers(self) -> Mapping[str, str]:
        """The issuer of each document: one of our units, or `OUTSIDE` and the name of another.

        Documents whose issuer is missing or unknown, which is reported elsewhere, are left out.
        """
        return {key: paper.issuer for key, paper in self.papers.items() if paper.issuer}

    def issuer(self, document: Record) -> str:
        """Return the issuer of a document, of this revision or another; empty if it is unknown."""
        issuer = text(document.data, "issuer")
        if issuer in self.units:
            return issuer
        named = "outside_issuer" in document.data
        return outside(text(document.data, "outside_issuer")) if named else ""

    @cached_property
    def papers(self) -> Mapping[str, Paper]:
        """What each document says of itself."""
        return {key: self._paper(record) for key, record in self.documents.items()}

    def _paper(self, record: Record) -> Paper:
        data, issuer = record.data, self.issuer(record)
        acts, units = _all(record, "acts"), _all(record, "units")
        units = units.union(*(self.heirs.get(unit, ()) for unit in units)) if units else units
        last = day_of(self.ended, issuer)
        return Paper(text(data, "kind"), day(text(data, "date")), issuer, last, acts, units)

    @cached_property
    def heirs(self) -> Mapping[str, Sequence[str]]:
        """The successors of each ended unit."""
        return {
            unit: [named for _, named in successors(row.record)] for unit, row in self.ended.items()
        }

    @cached_property
    def policy_changes(self) -> list[Fact]:
        """The rows of `changes` of the policy, which concern the operator."""
        listed = (rows("change", record, "changes") for record in self.source.policy)
        return [row._replace(unit=self.policy.operator) for found in listed for row in found]

    @cached_property
    def changes(self) -> list[Fact]:
        """Everything that rests on documents."""
        lists = (self.posts, self.heads, self.delegates, self.locks, self.fact_changes)
        events = (self.created, self.ended, self.left, self.holds)
        return [
            *(row for by_record in lists for listed in by_record.values() for row in listed),
            *(row for each in events for row in each.values()),
            *self.policy_changes,
        ]

    @cached_property
    def beside_rows(self) -> list[tuple[Record, Steps, str]]:
        """What exceptions, corrections, allowances and former domains cite.

        That is no row of a record, and no request.
        """
        source = self.source
        everything = (*source.units, *source.people, *source.documents)
        places = (
            ([r for r in everything if "corrections" in r.data], ("corrections", "*")),
            (self.particular, ("mailbox", "exception")),
            (source.policy, ("allowances", "*", "document")),
            (source.policy, ("former_domains", "*", "document")),
        )
        return [
            (record, steps, named)
            for records, path in places
            for record in records
            for steps, named in texts(record, path)
        ]

    @cached_property
    def particular(self) -> list[Record]:
        """The units, and the people of whom more than a plain name and address is to be looked at.

        A plain record has no exception, no alias, and no address given up.
        """
        return [*self.source.units, *(r for r in self.source.people if not r.plain)]

    @cached_property
    def claims(self) -> list[Claim]:
        """Every address on record: primary ones, aliases, and those given up."""
        return [c for r in (*self.source.units, *self.source.people) for c in claims(r)]

    @cached_property
    def particular_claims(self) -> list[Claim]:
        """The addresses of `particular` records: no other needs to be looked at by itself."""
        return [claim for record in self.particular for claim in claims(record)]

    @cached_property
    def former_domains(self) -> frozenset[str]:
        """The names of the former domains that the policy declares, if only they can be read."""
        return frozenset(
            domain
            for record in self.source.policy
            for _, domain in texts(record, ("former_domains", "*", "domain"))
        )

    def setting(self, *steps: str | int, key: bool = False) -> Mark:
        """Return the place of a setting of the policy, or of all of the policy if it is not set."""
        listed = self.source.policy
        found = next((r.at(*steps, key=key) for r in listed if steps[0] in r.data), None)
        return found or next((record.at() for record in listed), Mark("data/policy.yaml"))

    def above(self, unit: str, day: str = "") -> frozenset[str]:
        """Return a unit and those above it on a day, by default today."""
        return frozenset(self.past.above(unit, day or self.today))

    def is_over(self, record: Record) -> bool:
        """Tell whether a unit has ended, or somebody has left, by today; what is planned is not."""
        events = self.ended if record.kind == "units" else self.left
        return day_of(events, record.id) <= self.today


def exception(record: Record) -> str:
    """Return the document cited as the exception of a record's mailbox, or an empty string."""
    mailbox = record.data.get("mailbox")
    return text(mailbox, "exception") if isinstance(mailbox, dict) else ""


def claims(record: Record) -> list[Claim]:
    """Return a record's claims: its address, aliases, and addresses given up."""
    if record.plain:  # then it has one address, if any, which is what it is compared by
        address = value_of(record.data, "address")
        return [Claim(record, PRIMARY, address, address)] if address else []
    paths = (PRIMARY, ("mailbox", "aliases", "*"), ("mailbox", "former", "*"))
    found = (each for path in paths for each in texts(record, path))
    return [Claim(record, steps, address, compared(address)) for steps, address in found]


def successors(record: Record) -> Iterator[tuple[Steps, str]]:
    """Yield the units that a unit was merged into or split up into, with the steps to each."""
    for path in (("ended", "into", "*"), ("ended", "parts", "*", "into")):
        yield from texts(record, path)


def _all(record: Record, field: str) -> frozenset[str]:
    """Return what a list of a record names."""
    found = texts(record, (field, "*")) if field in record.data else ()
    return frozenset(named for _, named in found)


OUTSIDE = "@"
"""Begins the name of an issuer that is none of our units, whose ids it cannot begin."""


def outside(name: str) -> str:
    """Return the issuer that a name outside our units stands for, however it is spelt."""
    return f"{OUTSIDE}{spelling(name)}"


DEEPEST = 32
"""So many units in one line from the top down there may be, and many more than there are."""
Check = Callable[[RuleContext], Iterator[Problem]]
