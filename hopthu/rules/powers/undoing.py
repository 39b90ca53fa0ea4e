"""Who takes back, ends or puts right what is on record (Art. 5.1, 5.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.model.competence import TABLE, Act
from hopthu.model.timeline import Fact, day_of, one, rows
from hopthu.rules.context import OUTSIDE, RuleContext
from hopthu.rules.edit import Edit, Pair
from hopthu.rules.names.on_record import NamesOnRecord
from hopthu.rules.powers.competence import Competent
from hopthu.rules.powers.uses import Way, acts_of, heads, of_whom, units_of

SET = ("lock", "hold")
"""The rows that whoever set them lifts."""


def may_undo(power: Competent, row: Fact, documents: Iterable[str]) -> bool:
    """Tell whether one of `documents` is by who decided on a row, a unit above, or the province.

    Where there is no decision, that is who asked. A document whose issuer is unknown is reported
    elsewhere.
    """
    return _may(power, _undoing(power, row), documents)


def may_end(power: Competent, row: Fact, documents: Iterable[str]) -> bool:
    """Tell whether one of `documents` may end a post, a lock or a hold on another day.

    A delegation lasts longer by what gives one: the authorisation of the head.
    """
    papers, kinds = power.facts.papers, TABLE["delegate"].decision
    if row.kind == "delegate":
        documents = [each for each in documents if each not in papers or papers[each].kind in kinds]
    return _may(power, _ending(power, row), documents)


def who_may_end(power: Competent, row: Fact) -> Message:
    """Return what to do about a row that somebody else has ended."""
    act, units = _ending(power, row)
    able = dict.fromkeys(power.able(act, units))
    known = [each for each in able if each in (*power.facts.units, *units)]
    outside = Message("the authority that set it")
    issuers = joined((outside if each.startswith(OUTSIDE) else each for each in known), ", ")
    return Message("restore it, or cite in `changes` a document of: {issuers}", issuers=issuers)


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
        return _undoing(power, row)
    act: Act = "post" if row.kind == "post" else "delegate"
    return of_whom(power.facts, act, (row.unit,), row.person, row.end)[0]


def _undoing(power: Competent, row: Fact) -> Way:
    """Return how a row is taken back: by who decided on it, whoever else that is."""
    issuer = power.facts.issuers.get(row.decision or row.request)
    return "undoing", (issuer,) if issuer else ()


@dataclass(frozen=True, slots=True)
class Corrections:
    """What an edit puts right by documents that records cite under `corrections` now.

    That these are issued for corrections is checked by another rule.
    """

    edit: Edit

    def of_row(self, facts: RuleContext, row: Fact, pair: Pair) -> bool:
        """Tell whether a row of `facts` is put right, by whoever may decide on it.

        For each of its acts there is a newly cited document of an issuer that a new row would
        need, no older than the row if that has begun. A lock, a hold or a leaving, and what is
        planned, is for who decided on it, a unit above, or the province. The post of a head, and
        who was delegate on days gone by, is for who decides on the head.
        """
        begun = row.start <= self.edit.after.today
        cited = self._since(self.documents(row, pair), row.start if begun else "")
        if (row.kind in (*SET, "left") or not begun) and not may_undo(self.edit.power, row, cited):
            return False
        now = one("hold", pair.new, "hold") if row.kind == "hold" else None
        if now and not may_undo(self.edit.power, now, cited):
            return False  # nobody puts it under the decision of another, who may know nothing of it
        return self._decide(cited, row, units_of(facts, row))

    def of_title(self, row: Fact, now: Fact) -> bool:
        """Tell whether the title of a second post is put right, which its unit does as well.

        What one above that unit decided is not for it to call otherwise, nor is a post at another
        authority its own.
        """
        cited = self._since(Pair(row.record, now.record).corrected_by(), row.start)
        if row.kind != "post" or row.main or not may_undo(self.edit.power, row, cited):
            return False
        names, title = NamesOnRecord(self.edit.after), now.says("title")
        return not names.others_in(title, (row.unit,)) and self._decide(cited, row, (row.unit,))

    def documents(self, row: Fact, pair: Pair) -> set[str]:
        """Return the documents newly cited of those who may correct the whole record.

        Of a hold those of others as well, who may correct nothing else. An unknown issuer is
        reported elsewhere.
        """
        if row.kind == "hold":
            return pair.corrected_by()
        units = {pair.old.id}
        if pair.old.kind == "people":
            was, now = (rows("post", each, "posts") for each in pair)
            beside = {post.unit for post in was if not post.main}
            units = {post.unit for post in was if post.main}
            units |= {post.unit for post in now if post.main} - beside
        return {
            key
            for key in pair.corrected_by()
            if self.edit.after.issuers.get(key) is None
            or self._may("correction", key, tuple(units), self.edit.after.issued[key])
        }

    def of_record(self, pair: Pair, since: str) -> bool:
        """Tell whether the record of a document is put right, by its issuer or one above.

        Who issued it, and what corrects it, is what was on record: nobody makes a document their
        own by the edit. If its issuer changes, who corrects it must be able to for both.
        """
        before, after = self.edit.before, self.edit.after
        cited = self._since(pair.corrected_by(), since)
        issuers = {before.issuer(pair.old), after.issuer(pair.new)} - {""}  # reported elsewhere
        return any(
            all(self._may("correction", key, (each,), since) for each in issuers)
            for key in cited
            if before.issuers.get(key) in (None, after.issuers.get(key))
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
        after, today = self.edit.after, self.edit.after.today
        if row.kind == "delegate" and row.start < today:
            return ("head",)
        if row.kind == "post" and heads(after, row.unit, row.person, today, coming=today):
            return (*acts_of(row), "head")
        return acts_of(row)

    def _since(self, documents: Iterable[str], since: str) -> list[str]:
        issued = self.edit.after.issued
        return sorted(key for key in documents if key in issued and issued[key] >= since)

    def _may(self, act: Act, document: str, units: tuple[str, ...], day: str) -> bool:
        after = self.edit.after
        issuer = after.issuers.get(document)
        if issuer is None or day_of(after.ended, issuer) < after.today:
            return False  # what is put right today is for who is there today
        return self.edit.power.may(act, issuer, units, (day, after.today))
