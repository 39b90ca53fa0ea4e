"""Build the organisation from valid records.

Run `validate` first: invalid records may raise errors here.
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
    FactChange,
    Organisation,
    Person,
    Tenure,
    Unit,
)
from hopthu.source.records import Source
from hopthu.source.values import Map, Value


def build(source: Source) -> Organisation:
    """Return the organisation that the records of a valid `source` describe."""
    units = (_unit(record.data) for record in source.units)
    people = (_person(record.data) for record in source.people)
    documents = (_document(record.data) for record in source.documents)
    return Organisation(
        units={unit.id: unit for unit in sorted(units, key=lambda u: u.id)},
        people={person.id: person for person in sorted(people, key=lambda p: p.id)},
        documents={document.id: document for document in sorted(documents, key=lambda d: d.id)},
    )


def _unit(data: Map) -> Unit:
    created = data.get("created")
    unit = text(data, "id")
    heads = _succession(_tenure(mapping(item)) for item in listed(data, "heads"))
    return Unit(
        id=unit,
        name=text(data, "name"),
        short=text(data, "short") or None,
        kind=text(data, "kind"),
        parent=text(data, "parent") or None,
        mailbox=_address(data.get("mailbox")),
        heads=heads,
        delegates=_delegations(data, heads),
        ended=_ending(data.get("ended")),
        store=text(data, "store") or None,
        created=_creation(mapping(created)) if created else None,
        regulation=text(data, "regulation"),
        hold=_hold(data),
        changes=tuple(_fact_change(mapping(item)) for item in listed(data, "changes")),
        corrections=tuple(str(item) for item in listed(data, "corrections")),
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


def _succession(tenures: Iterable[Tenure]) -> tuple[Tenure, ...]:
    """Sort tenures by start, and end each main one on the day before the next (Art. 5.2, 7.2).

    A transfer or a new head is therefore a single added row.
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


def _delegations(data: Map, heads: tuple[Tenure, ...]) -> tuple[Tenure, ...]:
    """Return the delegates; each ends at the latest with the head who gave it (Art. 7.2)."""
    delegates = _succession(_tenure(mapping(item)) for item in listed(data, "delegates"))
    return tuple(_within_term(each, heads) for each in delegates)


def _within_term(delegate: Tenure, heads: tuple[Tenure, ...]) -> Tenure:
    head = next((head for head in heads if head.holds_on(delegate.start)), None)
    if head is None or head.until is None:
        return delegate
    return replace(delegate, until=min(delegate.until or head.until, head.until))


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
        address_to=text(data, "address_to"),
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
        was={fact: str(value) for fact, value in mapping(data.get("was") or {}).items()},
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
