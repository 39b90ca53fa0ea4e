"""Which row of which record leads to how things stand on a day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from hopthu.diagnostics.problem import Mark
from hopthu.i18n.message import Message
from hopthu.i18n.terms import in_days
from hopthu.model.former_domains import domain_of
from hopthu.model.timeline import Fact, texts
from hopthu.rules.claims import Claim
from hopthu.rules.context import RuleContext


class Reason(NamedTuple):
    """A place in the data, and what it says that matters."""

    at: Mark
    what: Message

    def sentence(self) -> Message:
        """Return the place and what it says."""
        return Message(
            "{file}:{line}: {what}", file=self.at.file, line=self.at.line, what=self.what
        )


class _Office(NamedTuple):
    """What is said of the rows of an office: of a person and a day, or of a unit."""

    nobody: Message
    since: Callable[[str, str], Message]
    until: Callable[[str, str], Message]
    moved_away: Callable[[str, str], Message]


_HEAD = _Office(
    Message("the unit has no head by then"),
    lambda person, day: Message("{person} heads the unit from {day} on", person=person, day=day),
    lambda person, day: Message("{person} headed the unit until {day}", person=person, day=day),
    lambda person, unit: Message(
        "by this row {person} heads the unit, but no longer works in {unit}",
        person=person,
        unit=unit,
    ),
)
_DELEGATE = _Office(
    Message("the unit has no delegate by then"),
    lambda person, day: Message("{person} is the delegate from {day} on", person=person, day=day),
    lambda person, day: Message("{person} was the delegate until {day}", person=person, day=day),
    lambda person, unit: Message(
        "by this row {person} is the delegate, but no longer works in {unit}",
        person=person,
        unit=unit,
    ),
)


@dataclass(frozen=True)
class Reasons:
    """The reasons for how things stand on `day`, written as rows write days.

    `facts` are those of valid records.
    """

    facts: RuleContext
    day: str

    def head(self, unit: str, person: str = "") -> Reason:
        """Say why a unit has the head it has or none; or, why `person` is it or not."""
        return self._office(unit, self.facts.heads.get(unit, ()), person, _HEAD)

    def delegate(self, unit: str, person: str = "") -> Reason:
        """Say why a unit has the delegate it has or none; or, why `person` is it or not."""
        return self._office(unit, self.facts.delegates.get(unit, ()), person, _DELEGATE)

    def access(self, unit: str, person: str) -> Reason:
        """Say why somebody who neither heads a unit nor is its delegate has no access."""
        if any(row.person == person for row in self.facts.delegates.get(unit, ())):
            return self.delegate(unit, person)
        return self.head(unit, person)

    def no_mailbox(self, unit: str) -> Reason:
        """Say why a unit has no mailbox on the day."""
        over = self._not_there(unit)
        return over or Reason(self.facts.units[unit].at("id"), Message("the unit has no mailbox"))

    def sign_in(self, person: str) -> Reason:
        """Say why somebody can sign in or cannot."""
        record = self.facts.people[person]
        if "mailbox" not in record.data:
            return Reason(record.at("id"), Message("they have no mailbox"))
        if gone := self._gone(person):
            return gone
        lock = next((r for r in self.facts.locks.get(person, ()) if r.holds_on(self.day)), None)
        if lock:
            return _reason(lock, Message("they are locked from {day} on", day=lock.start))
        post = next(r for r in self.facts.posts[person] if r.holds_on(self.day))
        return _reason(post, Message("they have this post from {day} on", day=post.start))

    def mail(self, claim: Claim) -> Reason:
        """Say why mail to an address of a record leads where it does."""
        record = claim.record
        if "former" in claim.steps and not domain_of(claim.address):
            return Reason(record.at(*claim.steps), Message("the address was given up"))
        unit = record.kind == "units"
        left = self.facts.left.get(record.id)
        if not unit and left and left.start <= self.day:
            return _reason(left, Message("they left on {day}", day=left.start))
        since = self.facts.since(record)
        if not unit and self.day < since:
            return self._posts(record.id)
        if unit and (over := self._led_on(record.id) or self._not_there(record.id)):
            return over
        return Reason(record.at(*claim.steps), Message("it is an address of {id}", id=record.id))

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

    def _office(self, unit: str, rows: Sequence[Fact], person: str, said: _Office) -> Reason:
        if over := self._not_there(unit):
            return over
        own = [row for row in rows if row.person == person]
        begun = [row for row in own or rows if row.start <= self.day]
        if not begun:
            at = rows[0].record.at(*rows[0].steps) if rows else self.facts.units[unit].at("id")
            return Reason(at, said.nobody)
        row = max(begun, key=lambda each: each.start)
        if not row.holds_on(self.day):
            return _reason(row, said.until(row.person, _day_before(row.end)))
        if self.facts.works_until(row.person, unit, row.start) <= self.day:
            return _reason(row, said.moved_away(row.person, unit))
        return _reason(row, said.since(row.person, row.start))

    def _not_there(self, unit: str) -> Reason | None:
        """Say that a unit has ended or has not begun, None while it exists."""
        ended, created = self.facts.ended.get(unit), self.facts.created.get(unit)
        if ended and ended.start <= self.day:
            return _reason(ended, Message("the unit ended on {day}", day=ended.start))
        if created and self.day < created.start:
            return _reason(created, Message("the unit begins on {day}", day=created.start))
        return None

    def _led_on(self, unit: str) -> Reason | None:
        """Say for how long mail of a unit that went on in others leads to them."""
        ended = self.facts.ended.get(unit)
        if ended is None or self.day < ended.start:
            return None
        what = self.facts.units[unit].data["ended"]
        if not isinstance(what, dict) or not what.keys() & {"into", "parts"}:
            return None
        days = self.facts.policy.lifecycle.redirect_days
        said = Message("the unit ended on {day}; its mail leads on for {days}",
                       day=ended.start, days=in_days(days))  # fmt: skip
        return _reason(ended, said)

    def _gone(self, person: str) -> Reason | None:
        """Say that somebody has left or has no post, None while they work for the province."""
        left = self.facts.left.get(person)
        if left and left.start <= self.day:
            return _reason(left, Message("they left on {day}", day=left.start))
        if any(row.holds_on(self.day) for row in self.facts.posts[person]):
            return None
        return self._posts(person)

    def _posts(self, person: str) -> Reason:
        """Say when the last post ended, or when the first begins."""
        rows = sorted(self.facts.posts[person], key=lambda row: row.start)
        begun = [row for row in rows if row.start <= self.day]
        if not begun:
            return _reason(rows[0], Message("their first post begins on {day}", day=rows[0].start))
        last = max(begun, key=lambda row: row.end)
        return _reason(last, Message("their last post ended on {day}", day=_day_before(last.end)))


def _reason(row: Fact, what: Message) -> Reason:
    return Reason(row.record.at(*row.steps), what)


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
