"""Build the organisation from valid records.

Run `validate` first: invalid records may raise errors here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from hopthu.model.fields import listed, made, mapping, text
from hopthu.model.organisation import (
    Document,
    Ending,
    Organisation,
    Person,
    Tenure,
    Unit,
    own_quota,
)
from hopthu.model.timeline import NEVER, Fact, Timeline, day_before, written
from hopthu.source.records import Source
from hopthu.source.values import Map, Value


def build(source: Source) -> Organisation:
    """Return the organisation that the records of a valid `source` describe."""
    timeline = Timeline(source)
    units = (_unit(record.data, timeline) for record in source.units)
    people = (_person(record.data, timeline) for record in source.people)
    documents = (made(Document, record.data) for record in source.documents)
    return Organisation(
        units={unit.id: unit for unit in sorted(units, key=lambda u: u.id)},
        people={person.id: person for person in sorted(people, key=lambda p: p.id)},
        documents={document.id: document for document in sorted(documents, key=lambda d: d.id)},
    )


def _unit(data: Map, timeline: Timeline) -> Unit:
    unit = text(data, "id")
    return made(
        Unit,
        data,
        quota=own_quota(text(data, "quota")),
        heads=_tenures(timeline.heads.get(unit, ())),
        delegates=_tenures(timeline.delegates.get(unit, ())),
        ended=_ending(data.get("ended")),
        hold=_tenure(timeline.holds[unit]) if unit in timeline.holds else None,
    )


def _person(data: Map, timeline: Timeline) -> Person:
    person = text(data, "id")
    return made(
        Person,
        data,
        posts=_tenures(timeline.posts[person]),
        quota=own_quota(text(data, "quota")),
        left=_ending(data.get("left")),
        locked=_tenures(timeline.locks.get(person, ())),
        hold=_tenure(timeline.holds[person]) if person in timeline.holds else None,
    )


def _tenures(facts: Sequence[Fact]) -> tuple[Tenure, ...]:
    """Return the rows of a list, by their first day."""
    if len(facts) == 1:  # the common case
        return (_tenure(facts[0]),)
    return tuple(sorted(map(_tenure, facts), key=lambda t: (t.start, t.unit, t.person)))


def _tenure(fact: Fact) -> Tenure:
    data = written(fact)
    return Tenure(
        person=fact.person,
        unit=fact.unit if fact.kind == "post" else "",
        start=date.fromisoformat(fact.start),
        until=date.fromisoformat(day_before(fact.term)) if fact.term < NEVER else None,
        title=text(data, "title"),
        main=fact.main,
        acting=data.get("acting", False) is True,
        decision=fact.decision,
        request=fact.request,
    )


def _ending(value: Value) -> Ending | None:
    if not value:
        return None
    data = mapping(value)
    parts = (text(mapping(item), "into") for item in listed(data, "parts"))
    return made(Ending, data, into=(*(str(item) for item in listed(data, "into")), *parts))
