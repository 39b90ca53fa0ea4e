"""Which documents a change rests on (Art. 5.1, 5.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

from hopthu.model.organisation import Creation, Ending, Organisation, Person, Tenure, Unit

Documents = tuple[str, ...]
LegalBasis = Callable[[str], Documents]
"""Gives the documents that what happens to a unit or person rests on, by the record's id."""


class Row(NamedTuple):
    """What a record says holds, or happens, from a day on, and by which documents."""

    start: date
    decision: str
    request: str
    says: Tenure | Creation | Ending


def rows(record: Unit | Person) -> Iterator[Row]:
    """Yield every row of a record that rests on documents."""
    if isinstance(record, Person):
        tenures = [*record.posts, *record.locked]
        event = record.left
    else:
        tenures = [*record.heads, *filter(None, [record.delegate])]
        event = record.ended
        if record.created:
            began = record.created
            yield Row(began.on, began.decision, began.request, began)
    for tenure in (*tenures, *filter(None, [record.hold])):
        yield Row(tenure.start, tenure.decision, tenure.request, tenure)
    if event:
        yield Row(event.on, event.decision, event.request, event)


def basis_of(before: Organisation, after: Organisation, on: date) -> LegalBasis:
    """Return a function giving the documents of what is new about a record, as of `on`.

    The newest row that `before` does not have decides; where no row is new, the newest one that
    has begun does. `unit/person` asks for whichever of the two has a new row, the unit first.
    """

    def documents(name: str) -> Documents:
        found = [(_record(before, each), _record(after, each)) for each in name.split("/")]
        for old, new in found:
            known = set(rows(old)) if old else set()
            if new and (fresh := [row for row in rows(new) if row not in known]):
                return _newest(fresh, on)
        new = found[0][1]
        return _newest([row for row in rows(new) if row.start <= on], on) if new else ()

    return documents


def _record(organisation: Organisation, key: str) -> Unit | Person | None:
    return organisation.units.get(key) or organisation.people.get(key)


def _newest(among: list[Row], on: date) -> Documents:
    cited = [row for row in among if row.decision or row.request]
    begun = [row for row in cited if row.start <= on] or cited
    newest = max(begun, key=lambda row: (row.start, row.decision, row.request), default=None)
    return tuple(filter(None, (newest.decision, newest.request))) if newest else ()
