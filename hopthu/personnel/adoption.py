"""The document by which a personnel list is adopted."""

from __future__ import annotations

from dataclasses import dataclass

from hopthu.model.timeline import text, texts
from hopthu.source.records import Record


@dataclass(frozen=True, slots=True)
class Adoption:
    """The document that a list rests on: its day, and the units it names, if it names any."""

    id: str
    day: str
    units: frozenset[str]

    @classmethod
    def of(cls, record: Record) -> Adoption:
        """Return what the record of a document says."""
        units = frozenset(unit for _, unit in texts(record, ("units", "*")))
        return cls(record.id, text(record.data, "date"), units)
