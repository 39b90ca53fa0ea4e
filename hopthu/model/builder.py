"""Build the organisation from valid records.

Run `validate` first: invalid records may raise errors here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import cast

from hopthu.model.fields import day, listed, mapping, text
from hopthu.model.organisation import (
    Address,
    Category,
    Creation,
    Document,
    Ending,
    FactChange,
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
    documents = (_document(record.data) for record in source.documents)
    return Organisation(
        units={unit.id: unit for unit in sorted(units, key=lambda u: u.id)},
        people={person.id: person for person in sorted(people, key=lambda p: p.id)},
        documents={document.id: document for document in sorted(documents, key=lambda d: d.id)},
    )


def _unit(data: Map, timeline: Timeline) -> Unit:
    created = data.get("created")
    unit = text(data, "id")
    return Unit(
        id=unit,
        name=text(data, "name"),
        short=text(data, "short") or None,
        kind=text(data, "kind"),
        parent=text(data, "parent") or None,
        mailbox=_address(data.get("mailbox")),
        quota=own_quota(text(data, "quota")),
        heads=_tenures(timeline.heads.get(unit, ())),
        delegates=_tenures(timeline.delegates.get(unit, ())),
        ended=_ending(data.get("ended")),
        store=text(data, "store") or None,
        created=_creation(mapping(created)) if created else None,
        regulation=text(data, "regulation"),
        hold=_tenure(timeline.holds[unit]) if unit in timeline.holds else None,
        changes=tuple(_fact_change(mapping(item)) for item in listed(data, "changes")),
        corrections=tuple(str(item) for item in listed(data, "corrections")),
    )


def _person(data: Map, timeline: Timeline) -> Person:
    person = text(data, "id")
    return Person(
        id=person,
        name=text(data, "name"),
        category=cast("Category", text(data, "category")),
        mailbox=_address(data.get("mailbox")),
        posts=_tenures(timeline.posts[person]),
        quota=own_quota(text(data, "quota")),
        left=_ending(data.get("left")),
        locked=_tenures(timeline.locks.get(person, ())),
        hold=_tenure(timeline.holds[person]) if person in timeline.holds else None,
        changes=tuple(_fact_change(mapping(item)) for item in listed(data, "changes")),
        corrections=tuple(str(item) for item in listed(data, "corrections")),
    )


def _document(data: Map) -> Document:
    return Document(
        id=text(data, "id"),
        kind=text(data, "kind"),
        number=text(data, "number"),
        issuer=text(data, "issuer"),
        date=day(data, "date"),
        outside_issuer=text(data, "outside_issuer"),
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
    return Ending(
        how=text(data, "how"),
        on=day(data, "on"),
        into=(*(str(item) for item in listed(data, "into")), *parts),
        address_to=text(data, "address_to"),
        mailbox_to=text(data, "mailbox_to"),
        business_to=text(data, "business_to"),
        decision=text(data, "decision"),
        request=text(data, "request"),
    )


def _creation(data: Map) -> Creation:
    return Creation(
        on=day(data, "on"), decision=text(data, "decision"), request=text(data, "request")
    )


def _fact_change(data: Map) -> FactChange:
    return FactChange(
        on=day(data, "on"),
        facts=tuple(str(item) for item in listed(data, "facts")),
        decision=text(data, "decision"),
        request=text(data, "request"),
        was={
            fact: value if value is None else str(value)
            for fact, value in mapping(data.get("was") or {}).items()
        },
    )


def _address(value: Value) -> Address | None:
    if not value:
        return None
    data = mapping(value)
    return Address(
        address=text(data, "address"),
        aliases=tuple(str(item) for item in listed(data, "aliases")),
        former=tuple(str(item) for item in listed(data, "former")),
        exception=text(data, "exception"),
    )
