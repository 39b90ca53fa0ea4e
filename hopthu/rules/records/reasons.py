"""Which row of which record leads to how things stand on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from hopthu.diagnostics.problem import Mark
from hopthu.i18n.message import Message
from hopthu.model.former_domains import domain_of
from hopthu.model.timeline import EVENTS, NAMES, NEVER, Fact, day_before, texts
from hopthu.rules.claims import Claim
from hopthu.rules.context import RuleContext


class Reason(NamedTuple):
    """A place in the data, and what it says that matters."""

    at: Mark
    what: Message

    @classmethod
    def of(cls, row: Fact) -> Reason:
        """Return what a row says: what holds, and for how long."""
        if row.kind in EVENTS:
            what = Message("{kind}, on {day}", kind=NAMES[row.kind], day=row.start)
        elif row.end == NEVER:
            what = Message("{kind} from {day} on", kind=NAMES[row.kind], day=row.start)
        else:
            what = Message(
                "{kind} from {start} to {last}",
                kind=NAMES[row.kind], start=row.start, last=day_before(row.end),
            )  # fmt: skip
        if row.end < row.term:
            what = Message("{what}, their last day in the unit", what=what)
        return cls(row.at(), what)

    def sentence(self) -> Message:
        """Return the place and what it says."""
        return Message(
            "{file}:{line}: {what}", file=self.at.file, line=self.at.line, what=self.what
        )


@dataclass(frozen=True)
class Reasons:
    """The reasons for how things stand on `day`, written as rows write days.

    `facts` are those of valid records.
    """

    facts: RuleContext
    day: str

    def office(self, unit: str, person: str, *lists: Sequence[Fact]) -> Reason:
        """Say who holds an office of a unit, or nobody; or, why `person` does or does not."""
        rows = [row for listed in lists for row in listed]
        own = [row for row in rows if row.person == person]
        found = self._over(unit) or (self._latest(own or rows) if rows else None)
        nobody = Message("the unit has none by then")
        return Reason.of(found) if found else Reason(self.facts.units[unit].at("id"), nobody)

    def no_mailbox(self, unit: str) -> Reason:
        """Say why a unit has no mailbox on the day."""
        over, none = self._over(unit), Message("the unit has no mailbox")
        return Reason.of(over) if over else Reason(self.facts.units[unit].at("id"), none)

    def sign_in(self, person: str) -> Reason:
        """Say why somebody can sign in or cannot."""
        record, locks = self.facts.people[person], self.facts.locks.get(person, ())
        if "mailbox" not in record.data:
            return Reason(record.at("id"), Message("they have no mailbox"))
        in_the_way = [self.facts.left.get(person), *locks]
        found = next((row for row in in_the_way if row and row.holds_on(self.day)), None)
        return Reason.of(found or self._latest(self.facts.posts[person]))

    def mail(self, claim: Claim) -> Reason:
        """Say why mail to an address of a record leads where it does."""
        record = claim.record
        if "former" in claim.steps and not domain_of(claim.address):
            return Reason(record.at(*claim.steps), Message("the address was given up"))
        found = self._over(record.id)
        if record.kind == "people" and self.day < self.facts.since(record):
            found = self._latest(self.facts.posts[record.id])
        here = Message("it is an address of {id}", id=record.id)
        return Reason.of(found) if found else Reason(record.at(*claim.steps), here)

    def former_domain(self, domain: str) -> Reason | None:
        """Say when a former domain receives, None if it does or is none."""
        known = {each.domain: each for each in self.facts.policy.former_domains}
        if domain not in known or known[domain].receives_on(date.fromisoformat(self.day)):
            return None
        place = next(
            record.at(*steps)
            for record in self.facts.source.policy
            for steps, named in texts(record, ("former_domains", "*", "domain"))
            if named == domain
        )
        return Reason(
            place,
            Message(
                "{domain} receives from {start} to {until}",
                domain=domain,
                start=known[domain].start,
                until=known[domain].until,
            ),
        )

    def _over(self, key: str) -> Fact | None:
        """Return how a unit ended or begins, or somebody left: None while they are there."""
        created = self.facts.created.get(key)
        if created and self.day < created.start:
            return created
        ends = (self.facts.ended.get(key), self.facts.left.get(key))
        return next((end for end in ends if end and end.holds_on(self.day)), None)

    def _latest(self, rows: Sequence[Fact]) -> Fact:
        """Return the row that holds on the day or ended last, or else the first to come."""
        begun = [row for row in rows if row.start <= self.day]
        if begun:
            return max(begun, key=lambda row: row.end)
        return min(rows, key=lambda row: row.start)
