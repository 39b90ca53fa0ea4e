"""Who takes back, ends or puts right what is on record (Art. 5.1, 5.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.model.competence import TABLE, Act
from hopthu.model.timeline import Fact, day_of, one, rows, text, written
from hopthu.rules.context import OUTSIDE, RuleContext
from hopthu.rules.names.on_record import NamesOnRecord
from hopthu.rules.powers.competence import Competent
from hopthu.rules.powers.uses import Way, acts_of, heads, of_whom, units_of
from hopthu.rules.revision_pairs import newly_cited
from hopthu.source.records import Record

SET = ("lock", "hold")
"""The rows that whoever set them lifts."""


def may_undo(power: Competent, row: Fact, documents: Iterable[str]) -> bool:
    """Tell whether one of `documents` is by who decided on a row, a unit above, or the province.

    Where there is no decision, that is who asked. A document whose issuer is unknown is reported
    elsewhere.
    """
    return _may(power, ("undoing", _setter(power, row)), documents)


def may_end(power: Competent, row: Fact, documents: Iterable[str]) -> bool:
    """Tell whether one of `documents` may end a post, a lock or a hold on another day.

    A delegation lasts longer by what gives one: the authorisation of the head.
    """
    known, kinds = power.facts.documents, TABLE["delegate"].decision
    if row.kind == "delegate":
        documents = [
            key for key in documents if key not in known or text(known[key].data, "kind") in kinds
        ]
    return _may(power, _ending(power, row), documents)


def _may(power: Competent, way: Way, documents: Iterable[str]) -> bool:
    issuers = (power.facts.issuers.get(document) for document in documents)
    act, units = way
    return not units or any(each is None or power.may(act, each, units) for each in issuers)


def _ending(power: Competent, row: Fact) -> Way:
    """Return the act by which a row ends on another day, and the units that it concerns.

    A lock or a hold is lifted by who set it. A post is the matter of the unit it is in, or of
    whoever else decides on posts there, and that of its head from `row.end` on of who decides on
    the head: a unit has no say in another post of those who work in it.
    """
    if row.kind in SET:
        return "undoing", _setter(power, row)
    act: Act = "post" if row.kind == "post" else "delegate"
    return of_whom(power.facts, act, (row.unit,), row.person, row.end)[0]


def who_may_end(power: Competent, row: Fact) -> Message:
    """Return what to do about a row that somebody else has ended."""
    act, units = _ending(power, row)
    known = [each for each in power.able(act, units) if each in (*power.facts.units, *units)]
    outside = Message("the authority that set it")
    issuers = joined((outside if each.startswith(OUTSIDE) else each for each in known), ", ")
    if row.kind == "delegate":
        return Message(
            "restore it, or cite in `changes` an authorisation of: {issuers}", issuers=issuers
        )
    return Message("restore it, or cite in `changes` a document of: {issuers}", issuers=issuers)


def _setter(power: Competent, row: Fact) -> tuple[str, ...]:
    """Return who decided on a row, or nobody where that cannot be read."""
    issuer = power.facts.issuers.get(row.decision or row.request)
    return (issuer,) if issuer else ()


def lifted(old: Record, new: Record, today: str) -> Iterator[Fact]:
    """Yield the locks and the hold of today that are there no more, or begin on another day."""
    there = {row.start for row in rows("lock", new, "locked")}
    yield from (
        row for row in rows("lock", old, "locked") if row.holds_on(today) and row.start not in there
    )
    was, now = one("hold", old, "hold"), one("hold", new, "hold")
    if was and was.holds_on(today) and not (now and now.start == was.start):
        yield was


@dataclass(frozen=True, slots=True)
class Corrections:
    """The documents by which records of `after` are corrected now, and were not before.

    That they are issued for corrections is checked by another rule.
    """

    before: RuleContext
    after: RuleContext
    power: Competent

    @classmethod
    def of(cls, before: RuleContext, after: RuleContext) -> Corrections:
        """Return those that an edit adds."""
        return cls(before, after, Competent(after))

    def of_row(self, facts: RuleContext, row: Fact, old: Record, new: Record) -> bool:
        """Tell whether a row of `facts` is put right, by whoever may decide on it.

        For each of its acts there is a newly cited document of an issuer that a new row would
        need, no older than the row if that has begun. A lock, a hold or a leaving, and what is
        planned, is for who decided on it, a unit above, or the province. The post of a head, and
        who was delegate on days gone by, is for who decides on the head.
        """
        begun = row.start <= self.after.today
        cited = self._since(self.documents(row, old, new), row.start if begun else "")
        if (row.kind in (*SET, "left") or not begun) and not may_undo(self.power, row, cited):
            return False
        now = one("hold", new, "hold") if row.kind == "hold" else None
        if now and not may_undo(self.power, now, cited):
            return False  # nobody puts it under the decision of another, who may know nothing of it
        return self._decide(cited, row, units_of(facts, row))

    def of_title(self, row: Fact, now: Fact) -> bool:
        """Tell whether the title of a second post is put right, which its unit does as well.

        What one above that unit decided is not for it to call otherwise, nor is a post at another
        authority its own.
        """
        cited = self._since(newly_cited(row.record, now.record), row.start)
        if row.kind != "post" or row.main or not may_undo(self.power, row, cited):
            return False
        names, title = NamesOnRecord(self.after), text(written(now), "title")
        return not names.others_in(title, (row.unit,)) and self._decide(cited, row, (row.unit,))

    def documents(self, row: Fact, old: Record, new: Record) -> set[str]:
        """Return the documents newly cited of those who may correct the whole record.

        Of a hold those of others as well, who may correct nothing else. An unknown issuer is
        reported elsewhere.
        """
        if row.kind == "hold":
            return newly_cited(old, new)
        units = {old.id}
        if old.kind == "people":
            was, now = rows("post", old, "posts"), rows("post", new, "posts")
            beside = {post.unit for post in was if not post.main}
            units = {post.unit for post in was if post.main}
            units |= {post.unit for post in now if post.main} - beside
        return {
            key
            for key in newly_cited(old, new)
            if self.after.issuers.get(key) is None
            or self._may("correction", key, tuple(units), self._date(key))
        }

    def of_record(self, old: Record, new: Record, since: str) -> bool:
        """Tell whether the record of a document is put right, by its issuer or one above.

        Who issued it, and what corrects it, is what was on record: nobody makes a document their
        own by the edit. If its issuer changes, who corrects it must be able to for both.
        """
        cited = self._since(newly_cited(old, new), since)
        issuers = {self.before.issuer(old), self.after.issuer(new)} - {""}  # reported elsewhere
        return any(
            all(self._may("correction", key, (each,), since) for each in issuers)
            for key in cited
            if self.before.issuers.get(key) in (None, self.after.issuers.get(key))
        )

    def _decide(self, cited: Sequence[str], row: Fact, units: Iterable[str]) -> bool:
        return bool(cited) and all(
            any(self._may(act, key, tuple(units), row.start) for key in cited)
            for act in self._acts(row)
        )

    def _acts(self, row: Fact) -> tuple[Act, ...]:
        """Return the acts that an issuer must be able to decide on to put a row right.

        A unit names its delegate, but who had access to its mailbox is not for it to say anew.
        """
        if row.kind == "delegate" and row.start < self.after.today:
            return ("head",)
        if row.kind == "post" and heads(
            self.after, row.unit, row.person, self.after.today, coming=self.after.today
        ):
            return (*acts_of(row), "head")
        return acts_of(row)

    def _since(self, documents: Iterable[str], since: str) -> list[str]:
        known = self.after.documents
        return sorted(key for key in documents if key in known and self._date(key) >= since)

    def _date(self, document: str) -> str:
        return text(self.after.documents[document].data, "date")

    def _may(self, act: Act, document: str, units: tuple[str, ...], day: str) -> bool:
        issuer, today = self.after.issuers.get(document), self.after.today
        if issuer is None or day_of(self.after.ended, issuer) < today:
            return False  # what is put right today is for who is there today
        return self.power.may(act, issuer, units, (day, today))
