"""The documents that one row of the data gives for what it newly says (Art. 5.1, 5.2)."""

from __future__ import annotations

from dataclasses import dataclass

from hopthu.model.facts import Fact
from hopthu.model.organisation import FactChange, Organisation, Tenure
from hopthu.plan.deciding import (
    Row,
    counterpart,
    dated_end,
    record_of,
    replaced,
    stated,
    successor,
)
from hopthu.plan.diff import Documents


@dataclass(frozen=True, slots=True)
class RowDocuments:
    """Finds the documents of rows and facts of `after`.

    `known` is the revision that the edit changes; rows that it has too bring something about only
    by their dates.
    """

    known: Organisation
    after: Organisation

    def row(self, key: str, row: Row | None) -> Documents:
        """Return the documents that a row of `after` gives for what it newly says."""
        if row is None:
            return self._corrections(key)
        old = replaced(record_of(self.known, key), record_of(self.after, key), row)
        if old is None or old == row:
            return _named(row)
        known = _named(old)
        return tuple(each for each in _named(row) if each not in known) or self._edited(key, row)

    def end(self, key: str, row: Row) -> Documents:
        """Return the documents by which a row of `before` no longer holds."""
        record = record_of(self.after, key)
        now = counterpart(record, row)
        if not isinstance(now, Tenure) or record is None:
            return self._edited(key, row)
        if now.until and (heir := successor(record, now)):
            return self.row(key, heir)
        return self.row(key, now)

    def hold(self, key: str, hold: Tenure | None) -> Documents:
        """Return the documents of a legal hold, or of its end if there is none any more."""
        return self.row(key, hold) if hold else self.fact(key, "hold") or self._corrections(key)

    def fact(self, key: str, fact: Fact) -> Documents:
        """Return the documents of the new rows of `changes` of a record that name a fact."""
        old, new = record_of(self.known, key), record_of(self.after, key)
        known = stated(old, fact)
        found = [_named(row) for row in stated(new, fact) if row not in known]
        return tuple(dict.fromkeys(document for named in found for document in named))

    def parent(self, key: str) -> Documents:
        """Return the documents by which a unit has another parent: its own, or the former's end."""
        old = self.known.units.get(key)
        former = self.after.units.get(old.parent or "") if old else None
        ended = former.ended if former else None
        return self.fact(key, "parent") or (self.row(former.id, ended) if former and ended else ())

    def _edited(self, key: str, row: Row) -> Documents:
        """Return the documents by which a row has another end, or was corrected."""
        fact = dated_end(record_of(self.after, key), row)
        return (self.fact(key, fact) if fact else ()) or self._corrections(key)

    def _corrections(self, key: str) -> Documents:
        """Return the documents by which rows of a record are newly corrected."""
        old, new = record_of(self.known, key), record_of(self.after, key)
        known = old.corrections if old else ()
        return tuple(each for each in new.corrections if each not in known) if new else ()


def _named(row: Row | FactChange) -> Documents:
    return tuple(dict.fromkeys(filter(None, (row.decision, row.request))))
