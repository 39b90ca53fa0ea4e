"""Changes of units and people that the changes of their mailboxes do not show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from hopthu.i18n.message import Message
from hopthu.i18n.terms import CATEGORIES, ENDINGS
from hopthu.model.organisation import Ending, Organisation, Person, Unit
from hopthu.plan.diff import Change, Documents
from hopthu.plan.field_words import changed_fields
from hopthu.plan.legal_basis import Basis
from hopthu.plan.phrases import describe_day, told_apart

Step = tuple[str, Any, Any, Documents, Message]
Days = tuple[date, date]
"""The day of the state before, and that of the state after; often the same."""


def record_changes(
    before: Organisation, after: Organisation, days: Days, ids: Collection[str], basis: Basis
) -> Iterator[Change]:
    """Yield the changes of the records `ids` between `before` on one day and `after` on another.

    `ids` are all the records that differ, or those of which a row begins or ends between the days.
    """
    for key in ids:
        unit, person = after.units.get(key), after.people.get(key)
        if unit:
            old = before.units.get(key)
            steps = _unit(old, unit, after, days, basis)
            yield from (Change("unit", key, *step, key) for step in steps)
            if old and old.name != unit.name and unit.mailbox:
                yield _directory(old, unit, after, basis)
        elif person:
            was = before.people.get(key)
            home = person.posts[-1].unit if person.posts else ""
            steps = _person(was, person, after, days, basis)
            yield from (Change("person", key, *step, home) for step in steps)


def _unit(
    old: Unit | None, new: Unit, after: Organisation, days: Days, basis: Basis
) -> Iterator[Step]:
    since, on = days
    if not new.mailbox and _has_begun(new, on) and not (old and _has_begun(old, since)):
        yield (
            "create",
            None,
            new.name,
            basis.row(new.id, new.created),
            Message("{name}: a new unit without a mailbox", name=new.name),
        )
        return
    if old is None:
        return
    if old.name != new.name and not new.mailbox:
        yield (
            "change",
            old.name,
            new.name,
            basis.fact(new.id, "name"),
            Message("{old} is renamed to {new}", old=old.name, new=new.name),
        )
    if new.ended and new.ended.on <= on and not (old.ended and old.ended.on <= since):
        yield (
            "close",
            None,
            _ending(new.ended),
            basis.row(new.id, new.ended),
            _ended(new, new.ended, after),
        )
    for documents, fields in _by_documents(old, new, basis).items():
        was, now = ({f: getattr(side, f) for f in fields} for side in (old, new))
        changes = changed_fields(was, now, (after,))
        summary = Message("{name}: {changes}", name=new.name, changes=changes)
        yield "change", was, now, documents, summary
    if not new.mailbox:
        yield from _head(old, new, after, days, basis)
    yield from _hold(old, new, basis)


def _by_documents(old: Unit, new: Unit, basis: Basis) -> Mapping[Documents, Sequence[str]]:
    """Return the fields of a unit that differ, by the documents they rest on."""
    cited: dict[str, Documents] = {
        "short": basis.fact(new.id, "short"),
        "kind": basis.fact(new.id, "kind"),
        "parent": basis.parent(new.id),
        "regulation": (new.regulation,) if new.regulation else basis.fact(new.id, "regulation"),
    }
    found: dict[Documents, list[str]] = {}
    for field, documents in cited.items():
        if getattr(old, field) != getattr(new, field):
            found.setdefault(documents, []).append(field)
    return found


def _has_begun(unit: Unit, day: date) -> bool:
    return unit.created is None or unit.created.on <= day


def _head(old: Unit, new: Unit, after: Organisation, days: Days, basis: Basis) -> Iterator[Step]:
    """Yield the change of the head of a unit without a mailbox.

    For others the change of access shows it.
    """
    rows = [
        [head for head in unit.heads if head.holds_on(day)][-1:]
        for unit, day in zip((old, new), days, strict=True)
    ]
    was, now = ([head.person for head in heads] for heads in rows)
    if was == now:
        return
    if now:
        person = _name(after.people, now[0])
        documents = basis.row(new.id, rows[1][0])
        said = {"unit": new.name, "person": person}
        summary = Message("{unit} is now headed by {person}", **said)
        if rows[1][0].acting:
            summary = Message("{unit} now has {person} as its acting head", **said)
        yield "change", was, now, documents, summary
    elif not (new.ended and new.ended.on <= days[1]):
        person = _name(after.people, was[0])
        documents = basis.end(new.id, rows[0][0])
        summary = Message("{unit} is no longer headed by {person}", unit=new.name, person=person)
        yield "change", was, now, documents, summary


def _person(
    old: Person | None, new: Person, after: Organisation, days: Days, basis: Basis
) -> Iterator[Step]:
    if old is None:
        return
    if old.category != new.category:
        yield (
            "change",
            {"category": old.category},
            {"category": new.category},
            basis.fact(new.id, "category"),
            Message(
                "{name}: the category is corrected: {old} → {new}",
                name=new.name,
                old=CATEGORIES[old.category],
                new=CATEGORIES[new.category],
            ),
        )
    was, now = (
        {(p.unit, p.title): p for p in each.posts if not p.main and p.holds_on(day)}
        for each, day in zip((old, new), days, strict=True)
    )
    for unit, title in sorted(now.keys() - was.keys()):
        documents = basis.row(new.id, now[unit, title])
        yield "change", None, {"unit": unit, "title": title}, documents, Message(
            "{name} gets an additional post: {title} at {unit}",
            name=new.name, title=title, unit=_name(after.units, unit),
        )  # fmt: skip
    for unit, title in sorted(was.keys() - now.keys()):
        documents = basis.end(new.id, was[unit, title])
        yield "change", {"unit": unit, "title": title}, None, documents, Message(
            "{name} loses an additional post: {title} at {unit}",
            name=new.name, title=title, unit=_name(after.units, unit),
        )  # fmt: skip
    yield from _hold(old, new, basis)


def _hold(old: Unit | Person, new: Unit | Person, basis: Basis) -> Iterator[Step]:
    name = new.name
    was, now = (
        None if h is None else {"from": str(h.start), "until": str(h.until) if h.until else None}
        for h in (old.hold, new.hold)
    )
    if was == now:
        return
    if new.hold is None:
        summary = Message("{name}: the legal hold is lifted", name=name)
    elif new.hold.until is None:
        summary = Message(
            "{name}: legal hold from {day}", name=name, day=describe_day(new.hold.start)
        )
    else:
        summary = Message(
            "{name}: legal hold until {day}", name=name, day=describe_day(new.hold.until)
        )
    yield "change", was, now, basis.hold(new.id, new.hold), summary


def _ended(unit: Unit, ending: Ending, after: Organisation) -> Message:
    how = ENDINGS[ending.how]
    if not ending.into:
        return Message("{name} is {how}", name=unit.name, how=how)
    own = unit.id, unit.name
    pairs = [told_apart(own, (each, _name(after.units, each))) for each in ending.into]
    # With its id beside a successor of the same name.
    name = max((name for name, _ in pairs), key=len)
    into = ", ".join(heir for _, heir in pairs)
    return Message("{name} is {how} into {into}", name=name, how=how, into=into)


def _ending(ending: Ending) -> dict[str, Any]:
    return {"how": ending.how, "into": list(ending.into), "on": str(ending.on)}


def _directory(old: Unit, new: Unit, after: Organisation, basis: Basis) -> Change:
    """Return one change for all directory entries that show the name of a unit."""
    number = Counter(p.posts[-1].unit for p in after.people.values() if p.posts)[new.id]
    return Change(
        "entry", new.id, "change", old.name, new.name, basis.fact(new.id, "name"),
        Message("the directory shows the new name of {unit} for {number} people",
             unit=new.name, number=number), new.id,
    )  # fmt: skip


def _name(records: Mapping[str, Unit] | Mapping[str, Person], key: str) -> str:
    record = records.get(key)
    return record.name if record else key
