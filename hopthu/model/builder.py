"""Valid records → the organisation.

Run `validate` before: what it refuses may raise here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import cast

from hopthu.model.fields import day, listed, mapping, text
from hopthu.model.organisation import (
    Address,
    Category,
    Creation,
    Document,
    Ending,
    Organisation,
    Person,
    Tenure,
    Unit,
)
from hopthu.source.records import Source
from hopthu.source.values import Map, Value


def build(source: Source) -> Organisation:
    """Return the organisation the records of a valid `source` describe."""
    units = (_unit(record.data) for record in source.units)
    people = (_person(record.data) for record in source.people)
    documents = (_document(record.data) for record in source.documents)
    return Organisation(
        units={unit.id: unit for unit in sorted(units, key=lambda u: u.id)},
        people={person.id: person for person in sorted(people, key=lambda p: p.id)},
        documents={document.id: document for document in sorted(documents, key=lambda d: d.id)},
    )


def _unit(data: Map) -> Unit:
    delegate = data.get("delegate")
    created = data.get("created")
    unit = text(data, "id")
    return Unit(
        id=unit,
        name=text(data, "name"),
        short=text(data, "short") or text(data, "name"),
        kind=text(data, "kind"),
        parent=text(data, "parent") or None,
        mailbox=_address(data.get("mailbox")),
        heads=_succession(_tenure(mapping(item)) for item in listed(data, "heads")),
        delegate=_tenure(mapping(delegate)) if delegate else None,
        ended=_ending(data.get("ended")),
        store=text(data, "store") or None,
        created=_creation(mapping(created)) if created else None,
        regulation=text(data, "regulation"),
        hold=_hold(data),
    )


def _person(data: Map) -> Person:
    person = text(data, "id")
    return Person(
        id=person,
        name=text(data, "name"),
        category=cast("Category", text(data, "category")),
        mailbox=_address(data.get("mailbox")),
        posts=_succession(_tenure(mapping(item), person) for item in listed(data, "posts")),
        left=_ending(data.get("left")),
        locked=tuple(_tenure(mapping(item), person) for item in listed(data, "locked")),
        hold=_hold(data),
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


def _succession(tenures: Iterable[Tenure]) -> tuple[Tenure, ...]:
    """Sort tenures by their start and end each main one where the next begins (Art. 5.2, 7.2).

    So that a transfer or a new head is one added row.
    """
    listed = list(tenures)
    if len(listed) < 2:
        return tuple(listed)
    ended: list[Tenure] = []
    next_start: date | None = None
    for tenure in sorted(listed, key=lambda t: (t.start, t.unit, t.person), reverse=True):
        until = tenure.until
        if tenure.main:
            if next_start is not None:
                last = next_start - timedelta(days=1)
                until = min(until or last, last)
            next_start = tenure.start
        ended.append(tenure if until == tenure.until else replace(tenure, until=until))
    return tuple(reversed(ended))


def _tenure(data: Map, person: str = "") -> Tenure:
    return Tenure(
        person=person or text(data, "person"),
        unit=text(data, "unit"),
        start=day(data, "from"),
        until=day(data, "until") if "until" in data else None,
        title=text(data, "title"),
        main=data.get("main", True) is True,
        acting=data.get("acting", False) is True,
        decision=text(data, "decision"),
        request=text(data, "request"),
    )


def _hold(data: Map) -> Tenure | None:
    return _tenure(mapping(data["hold"])) if data.get("hold") else None


def _ending(value: Value) -> Ending | None:
    if not value:
        return None
    data = mapping(value)
    parts = (text(mapping(item), "into") for item in listed(data, "parts"))
    return Ending(
        how=text(data, "how"),
        on=day(data, "on"),
        into=(*(str(item) for item in listed(data, "into")), *parts),
        decision=text(data, "decision"),
        request=text(data, "request"),
    )


def _creation(data: Map) -> Creation:
    return Creation(
        on=day(data, "on"), decision=text(data, "decision"), request=text(data, "request")
    )


def _address(value: Value) -> Address | None:
    if not value:
        return None
    data = mapping(value)
    return Address(
        address=text(data, "address"),
        aliases=tuple(str(item) for item in listed(data, "aliases")),
        former=tuple(str(item) for item in listed(data, "former")),
    )
