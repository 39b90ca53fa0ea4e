"""Changes of units and people that say something the lines on their mailboxes do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

from hopthu.i18n.message import Message
from hopthu.model.organisation import Creation, Ending, Organisation, Person, Tenure, Unit
from hopthu.plan.diff import Change
from hopthu.plan.legal_basis import LegalBasis, Row, rows
from hopthu.plan.phrases import ENDINGS, describe_day

Step = tuple[str, Any, Any, Message]


def record_changes(
    before: Organisation, after: Organisation, on: date, ids: Collection[str], basis: LegalBasis
) -> Iterator[Change]:
    """Yield the changes of the records `ids`, which are all that differ."""
    for key in ids:
        unit, person = after.units.get(key), after.people.get(key)
        if unit:
            old = before.units.get(key)
            steps = [*_unit(old, unit, after, on), *_coming(old, unit, after, on)]
            yield from (Change("unit", key, *s[:3], basis(key), s[3], key) for s in steps)
            if old and old.name != unit.name and unit.mailbox:
                yield _directory(old, unit, after, basis)
        elif person:
            was = before.people.get(key)
            home = person.posts[-1].unit if person.posts else ""
            steps = [*_person(was, person, after, on), *_coming(was, person, after, on)]
            yield from (Change("person", key, *s[:3], basis(key), s[3], home) for s in steps)


def _unit(old: Unit | None, new: Unit, after: Organisation, on: date) -> Iterator[Step]:
    if old is None:
        if not new.mailbox and not (new.created and on < new.created.on):
            yield (
                "create",
                None,
                new.name,
                Message("{name}: a new unit, without mailbox", name=new.name),
            )
        return
    if old.name != new.name and not new.mailbox:
        yield (
            "change",
            old.name,
            new.name,
            Message("{old} is now called {new}", old=old.name, new=new.name),
        )
    if new.ended and new.ended != old.ended and new.ended.on <= on:
        yield "close", None, _ending(new.ended), _ended(new, new.ended, after)
    fields = ("short", "kind", "parent", "regulation")
    was = {f: getattr(old, f) for f in fields if getattr(old, f) != getattr(new, f)}
    if was:
        now = {f: getattr(new, f) for f in was}
        told = ", ".join(f"{f} {was[f] or '–'} → {now[f] or '–'}" for f in was)
        yield "change", was, now, Message("{name}: {changes}", name=new.name, changes=told)
    if not new.mailbox:
        yield from _head(old, new, after, on)
    yield from _hold(old, new, new.name)


def _head(old: Unit, new: Unit, after: Organisation, on: date) -> Iterator[Step]:
    """Yield the new head of a unit without mailbox: elsewhere the line on access says it."""
    was, now = ([h.person for h in unit.heads if h.holds_on(on)][-1:] for unit in (old, new))
    if was != now and now:
        person = _name(after.people, now[0])
        yield (
            "change",
            was,
            now,
            Message("{unit} is now headed by {person}", unit=new.name, person=person),
        )


def _person(old: Person | None, new: Person, after: Organisation, on: date) -> Iterator[Step]:
    if old is None:
        return
    if old.category != new.category:
        yield (
            "change",
            {"category": old.category},
            {"category": new.category},
            Message("{name}: the category is corrected", name=new.name),
        )
    was, now = (
        {(p.unit, p.title) for p in each.posts if not p.main and p.holds_on(on)}
        for each in (old, new)
    )
    for unit, title in sorted(now - was):
        yield "change", None, {"unit": unit, "title": title}, Message(
            "{name} is also {title} at {unit}",
            name=new.name, title=title, unit=_name(after.units, unit),
        )  # fmt: skip
    for unit, title in sorted(was - now):
        yield "change", {"unit": unit, "title": title}, None, Message(
            "{name} is no longer also {title} at {unit}",
            name=new.name, title=title, unit=_name(after.units, unit),
        )  # fmt: skip
    yield from _hold(old, new, new.name)


def _hold(old: Unit | Person, new: Unit | Person, name: str) -> Iterator[Step]:
    if old.hold == new.hold:
        return
    was, now = (
        None if h is None else {"from": str(h.start), "until": str(h.until) if h.until else None}
        for h in (old.hold, new.hold)
    )
    if new.hold is None:
        told = Message("{name}: the legal hold is taken off", name=name)
    elif new.hold.until is None:
        told = Message(
            "{name}: a legal hold from {day} on", name=name, day=describe_day(new.hold.start)
        )
    else:
        told = Message(
            "{name}: a legal hold until {day}", name=name, day=describe_day(new.hold.until)
        )
    yield "change", was, now, told


def _coming(
    old: Unit | Person | None, new: Unit | Person, after: Organisation, on: date
) -> Iterator[Step]:
    """Yield what is new and still to come, and what was to come and no longer will."""
    known, told = (
        {row for row in rows(each) if row.start > on} if each else set() for each in (old, new)
    )
    for row in sorted(told - known, key=lambda r: (r.start, r.decision, r.request)):
        if not isinstance(row.says, Tenure) or row.says != new.hold:
            yield "change", None, {"from": str(row.start)}, _foretold(new, row, after)
    gone = {row.start for row in known - told} - {row.start for row in told - known}
    for day in sorted(gone):
        yield (
            "change",
            {"from": str(day)},
            None,
            Message(
                "{name}: what was to begin on {day} no longer will",
                name=new.name,
                day=describe_day(day),
            ),
        )


def _foretold(record: Unit | Person, row: Row, after: Organisation) -> Message:
    """Return what a row that is still to come says."""
    if isinstance(record, Unit):
        told = _of_unit(record, row, after)
    elif isinstance(row.says, Ending):
        told = Message("{name} is no longer in service", name=record.name)
    elif isinstance(row.says, Tenure) and row.says in record.posts:
        unit = _name(after.units, row.says.unit)
        told = Message(
            "{name} is {title} at {unit}", name=record.name, title=row.says.title, unit=unit
        )
    else:
        told = Message("{name} may not sign in any more; mail still arrives", name=record.name)
    return Message("from {day}: {what}", day=describe_day(row.start), what=told)


def _of_unit(unit: Unit, row: Row, after: Organisation) -> Message:
    if isinstance(row.says, Ending):
        return _ended(unit, row.says, after)
    if isinstance(row.says, Creation):
        return Message("{name} exists", name=unit.name)
    person = _name(after.people, row.says.person)
    if row.says == unit.delegate:
        return Message("{person} is the delegate of {unit}", person=person, unit=unit.name)
    return Message("{person} heads {unit}", person=person, unit=unit.name)


def _ended(unit: Unit, ending: Ending, after: Organisation) -> Message:
    said = {"name": unit.name, "how": ENDINGS[ending.how]}
    if not ending.into:
        return Message("{name} is {how}", **said)
    into = ", ".join(_name(after.units, each) for each in ending.into)
    return Message("{name} is {how} into {into}", into=into, **said)


def _ending(ending: Ending) -> dict[str, Any]:
    return {"how": ending.how, "into": list(ending.into), "on": str(ending.on)}


def _directory(old: Unit, new: Unit, after: Organisation, basis: LegalBasis) -> Change:
    """Return the one line on the directory entries that show a unit's name."""
    number = Counter(p.posts[-1].unit for p in after.people.values() if p.posts)[new.id]
    return Change(
        "entry", new.id, "change", old.name, new.name, basis(new.id),
        Message("the directory shows the new name of {unit} at {number} people",
             unit=new.name, number=number), new.id,
    )  # fmt: skip


def _name(records: Mapping[str, Unit] | Mapping[str, Person], key: str) -> str:
    record = records.get(key)
    return record.name if record else key
