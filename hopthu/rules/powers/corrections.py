"""What a new document under `corrections` puts right: what its issuer may decide on, no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hopthu.model.competence import Act
from hopthu.rules.context import RuleContext
from hopthu.rules.names.on_record import NamesOnRecord
from hopthu.rules.powers.competence import Competent
from hopthu.rules.powers.concern import units_of_the_day
from hopthu.rules.powers.ended_early import SET, may_undo
from hopthu.rules.powers.own_rows import main_units, second_units
from hopthu.rules.powers.uses import acts_of
from hopthu.rules.revision_pairs import newly_cited
from hopthu.rules.rows import Row, one, text, written
from hopthu.source.records import Record

_SET = (*SET, "left")
"""What is taken back by who decided on it."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """The documents by which records of `after` are corrected now, and were not before.

    That they are issued for corrections is checked by another rule.
    """

    after: RuleContext
    power: Competent

    @classmethod
    def of(cls, after: RuleContext) -> Corrections:
        """Return those of a revision."""
        return cls(after, Competent(after))

    def of_row(self, facts: RuleContext, row: Row, old: Record, new: Record) -> bool:
        """Tell whether a row of `facts` is put right, by whoever may decide on it.

        For each of its acts there is a newly cited document of an issuer that a new row would
        need, no older than the row if that has begun. A lock, a hold or a leaving, and what is
        planned, is for who decided on it, a unit above, or the province. The post of a head, and
        who was delegate on days gone by, is for who decides on the head.
        """
        begun = row.start <= self.after.today
        since = row.start if begun else ""
        cited = self._since(self.documents(row, old, new), since)
        if (row.kind in _SET or not begun) and not may_undo(self.power, row, cited):
            return False
        if row.kind == "hold" and not self._stands_for_hold(new, cited):
            return False
        units = tuple([row.unit] if row.unit else units_of_the_day(facts, row))
        return self._decide(cited, row, units)

    def of_title(self, row: Row, now: Row) -> bool:
        """Tell whether the title of a second post is put right, which its unit does as well.

        What one above that unit decided is not for it to call otherwise, nor is a post at another
        authority its own. `now` is the row as it is in the new revision.
        """
        cited = self._since(newly_cited(row.record, now.record), row.start)
        if row.kind != "post" or row.main or not may_undo(self.power, row, cited):
            return False
        names, title = NamesOnRecord(self.after), text(written(now), "title")
        if names.unit_in(title, row.unit) or names.outside_in(title):
            return False
        return self._decide(cited, row, (row.unit,))

    def _stands_for_hold(self, record: Record, cited: Sequence[str]) -> bool:
        """Tell whether the hold that is there now is for the same authority to lift.

        Nobody puts it under the decision of another, who may know nothing of it.
        """
        now = one("hold", record, "hold")
        return now is None or may_undo(self.power, now, cited)

    def documents(self, row: Row, old: Record, new: Record) -> set[str]:
        """Return the documents newly cited of those who may correct the whole record.

        Of a hold those of others as well, who may correct nothing else. An unknown issuer is
        reported elsewhere.
        """
        if row.kind == "hold":
            return newly_cited(old, new)
        main = {*main_units(old), *main_units(new)} - second_units(old)
        units = tuple(main | {*main_units(old)}) if old.kind == "people" else (old.id,)
        return {
            key
            for key in newly_cited(old, new)
            if self.power.issuers.get(key) is None
            or self._may("correction", key, units, text(self.after.documents[key].data, "date"))
        }

    def _decide(self, cited: Sequence[str], row: Row, units: tuple[str, ...]) -> bool:
        return bool(cited) and all(
            any(self._may(act, key, units, row.start) for key in cited) for act in self._acts(row)
        )

    def _acts(self, row: Row) -> tuple[Act, ...]:
        """Return the acts that an issuer must be able to decide on to put a row right.

        A unit names its delegate, but who had access to its mailbox is not for it to say anew.
        """
        if row.kind == "delegate" and row.start < self.after.today:
            return ("head",)
        return (*acts_of(row), "head") if self._is_of_head(row) else acts_of(row)

    def _is_of_head(self, row: Row) -> bool:
        heads = self.after.heads.get(row.unit, ()) if row.kind == "post" else ()
        return any(h.person == row.person and h.holds_on(self.after.today) for h in heads)

    def of_record(self, old: Record, new: Record, since: str) -> bool:
        """Tell whether the record of a document is put right, by its issuer or one above."""
        issuer = text(old.data, "issuer")
        cited = self._since(newly_cited(old, new), since)
        return any(self._may("correction", key, (issuer,), since) for key in cited)

    def _since(self, documents: Iterable[str], since: str) -> list[str]:
        known = self.after.documents
        named = sorted(key for key in documents if key in known)
        return [key for key in named if text(known[key].data, "date") >= since]

    def _may(self, act: Act, document: str, units: tuple[str, ...], day: str) -> bool:
        issuer = self.power.issuers.get(document)
        return issuer is not None and self.power.may(act, issuer, units, (day, self.after.today))
