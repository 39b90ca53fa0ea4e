"""Valid records → the organisation and the policy.

Run `validate` before: what it refuses would raise here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import is_dataclass, replace
from datetime import date, timedelta
from typing import TypeVar, cast

from hopthu.forms import size
from hopthu.organisation import (
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
from hopthu.policy import Network, Policy
from hopthu.source import Source
from hopthu.thresholds import Allowance
from hopthu.values import Map, Value
from hopthu.vietnamese import same

Section = TypeVar("Section")


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


def build_policy(sections: Map) -> Policy:
    """Return the defaults changed by `sections`, the valid keys of data/policy.yaml."""
    rest = {key: value for key, value in sections.items() if key != "allowances"}
    allowances = tuple(_allowance(_map(item)) for item in _list(sections, "allowances"))
    return replace(_changed(Policy(), rest), allowances=allowances)


def _allowance(data: Map) -> Allowance:
    return Allowance(
        guard=_text(data, "guard"),
        scope=_text(data, "scope"),
        document=_text(data, "document"),
        until=_day(data, "until"),
    )


def _changed(section: Section, data: Map) -> Section:
    changes = {key: _like(getattr(section, key), value) for key, value in data.items()}
    return replace(section, **changes)  # type: ignore[type-var]


def _like(default: object, value: Value) -> object:
    """Return `value` as the type of the key's default; mappings replace theirs as a whole."""
    if isinstance(value, dict):
        if is_dataclass(default):
            return _changed(default, value)
        return {name: _named(v) for name, v in value.items()}
    if isinstance(value, list):
        return tuple(value)
    if isinstance(default, int) and isinstance(value, str):
        return size(value)
    return value


def _named(value: Value) -> object:
    """Return an entry of a mapping by name: of networks, of lists, or of plain values."""
    if isinstance(value, dict):
        ranges, may = cast("list[str]", value["ranges"]), cast("list[str]", value["may"])
        return Network(tuple(ranges), tuple(may), _text(value, "of"))
    return tuple(value) if isinstance(value, list) else value


def _unit(data: Map) -> Unit:
    delegate = data.get("delegate")
    created = data.get("created")
    unit = _text(data, "id")
    return Unit(
        id=unit,
        name=_text(data, "name"),
        short=_text(data, "short") or _text(data, "name"),
        kind=_text(data, "kind"),
        parent=_text(data, "parent") or None,
        mailbox=_address(data.get("mailbox")),
        heads=_succession(_tenure(_map(item)) for item in _list(data, "heads")),
        delegate=_tenure(_map(delegate)) if delegate else None,
        ended=_ending(data.get("ended")),
        store=_text(data, "store") or None,
        created=_creation(_map(created)) if created else None,
        regulation=_text(data, "regulation"),
        hold=_hold(data),
    )


def _person(data: Map) -> Person:
    person = _text(data, "id")
    return Person(
        id=person,
        name=_text(data, "name"),
        category=cast("Category", _text(data, "category")),
        mailbox=_address(data.get("mailbox")),
        posts=_succession(_tenure(_map(item), person) for item in _list(data, "posts")),
        left=_ending(data.get("left")),
        locked=tuple(_tenure(_map(item), person) for item in _list(data, "locked")),
        hold=_hold(data),
    )


def _document(data: Map) -> Document:
    return Document(
        id=_text(data, "id"),
        kind=_text(data, "kind"),
        number=_text(data, "number"),
        issuer=_text(data, "issuer"),
        date=_day(data, "date"),
        outside_issuer=_text(data, "outside_issuer"),
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
        person=person or _text(data, "person"),
        unit=_text(data, "unit"),
        start=_day(data, "from"),
        until=_day(data, "until") if "until" in data else None,
        title=_text(data, "title"),
        main=data.get("main", True) is True,
        acting=data.get("acting", False) is True,
        decision=_text(data, "decision"),
        request=_text(data, "request"),
    )


def _hold(data: Map) -> Tenure | None:
    return _tenure(_map(data["hold"])) if data.get("hold") else None


def _ending(value: Value) -> Ending | None:
    if not value:
        return None
    data = _map(value)
    parts = (_text(_map(item), "into") for item in _list(data, "parts"))
    return Ending(
        how=_text(data, "how"),
        on=_day(data, "on"),
        into=(*(str(item) for item in _list(data, "into")), *parts),
        decision=_text(data, "decision"),
        request=_text(data, "request"),
    )


def _creation(data: Map) -> Creation:
    return Creation(
        on=_day(data, "on"), decision=_text(data, "decision"), request=_text(data, "request")
    )


def _address(value: Value) -> Address | None:
    if not value:
        return None
    data = _map(value)
    return Address(
        address=_text(data, "address"),
        aliases=tuple(str(item) for item in _list(data, "aliases")),
        former=tuple(str(item) for item in _list(data, "former")),
    )


def _map(value: Value) -> Map:
    return cast("Map", value)


def _list(data: Map, key: str) -> list[Value]:
    return cast("list[Value]", data.get(key) or [])


def _text(data: Map, key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str):
        return ""
    # One spelling of each letter, whatever the author's keyboard wrote (NFD, Eth for Đ).
    return value if value.isascii() else same(value)


def _day(data: Map, key: str) -> date:
    return date.fromisoformat(cast("str", data[key]))
