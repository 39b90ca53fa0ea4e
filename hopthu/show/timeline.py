"""Past and upcoming events of a person or unit, with the documents they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.i18n.terms import ENDINGS
from hopthu.model.former_domains import domain_of
from hopthu.model.lifecycle import (
    archived_on,
    closed_on,
    copied_until,
    erased_on,
    later,
    leaves_on,
)
from hopthu.model.organisation import (
    Document,
    FactChange,
    Organisation,
    Person,
    Tenure,
    Unit,
)
from hopthu.model.phrases import describe_day
from hopthu.model.policy import Policy
from hopthu.plan.edit_words import FACTS


@dataclass(frozen=True, slots=True)
class Event:
    """A fact that holds from a day on, and the documents it rests on; `until` is inclusive."""

    start: date
    until: date | None
    what: Message
    article: str
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """An upcoming event that needs no further edit."""

    on: date
    what: Message
    article: str


def history(record: Unit | Person, organisation: Organisation) -> list[Event]:
    """Return all recorded events of a person or unit, the oldest first."""
    events = _of_person(record) if isinstance(record, Person) else _of_unit(record)
    found = [
        Event(start, until, what, article, _documents(ids, organisation))
        for start, until, what, article, ids in events
    ]
    return sorted(found, key=lambda event: (event.start, event.what))


def due(record: Unit | Person, events: list[Event], policy: Policy, day: date) -> list[Due]:
    """Return the events after `day`, the next one first."""
    lifecycle = policy.lifecycle
    found = [
        Due(e.start, Message("starts: {what}", what=e.what), e.article)
        for e in events
        if e.start > day
    ]
    found += [
        Due(e.until + timedelta(days=1), Message("ends: {what}", what=e.what), e.article)
        for e in events
        if e.until and e.start <= day <= e.until < date.max
    ]
    found += _of_former_domains(record, policy, day)
    if record.mailbox and (closed := closed_on(record, lifecycle)):
        last = erased_on(record, closed, lifecycle)
        left = leaves_on(record, closed, lifecycle)
        steps = (
            (closed, Message("the mailbox is closed; mail is refused"), "Art. 5.2"),
            (
                archived_on(closed, lifecycle),
                Message("the content is due for the archive"),
                "Art. 5.2",
            ),
            (
                copied_until(left, policy.retention.backup_days),
                Message(
                    "the copies of its store no longer have the content, which left it on {day}",
                    day=describe_day(left),
                ),
                "Art. 5.1",
            ),
            (
                last,
                Message(
                    "the content is due to be erased, later if it was archived late;"
                    " the address is never reissued"
                ),
                "Art. 5.1",
            ),
        )
        found += [Due(on, what, article) for on, what, article in steps if day < on < date.max]
    return sorted(found, key=lambda each: (each.on, each.what))


def _of_former_domains(record: Unit | Person, policy: Policy, day: date) -> Iterator[Due]:
    """Yield when the addresses of a record at former domains begin and end to receive."""
    domains = {each.domain: each for each in policy.former_domains}
    for address in record.mailbox.former if record.mailbox else ():
        former = domains.get(domain_of(address))
        if former and day < former.start:
            what = Message("mail to {address} is accepted", address=address)
            yield Due(former.start, what, "Art. 4")
        if former and not former.over_on(day):
            what = Message("mail to {address} is refused", address=address)
            yield Due(later(former.until, 1), what, "Art. 4")


_Row = tuple[date, date | None, Message, str, tuple[str, ...]]


def _of_person(person: Person) -> Iterator[_Row]:
    for post in person.posts:
        values = {"title": post.title, "unit": post.unit}
        main = Message("{title}, {unit}", **values)
        additional = Message("{title}, {unit}, additional post", **values)
        yield _tenure(post, main if post.main else additional, "Art. 5.2")
    for lock in person.locked:
        yield _tenure(lock, Message("locked: sign-in is disabled, mail is delivered"), "Art. 5.1")
    yield from _changes(person)
    if left := person.left:
        what = Message("left the service: {how}", how=ENDINGS[left.how])
        yield left.on, None, what, "Art. 5.2", (left.decision, left.request)


def _of_unit(unit: Unit) -> Iterator[_Row]:
    if begun := unit.created:
        what = Message("the unit is established")
        yield begun.on, None, what, "Art. 5.2", (begun.decision, begun.request)
    yield from _changes(unit)
    for head in unit.heads:
        acting = Message("acting head: {person}", person=head.person)
        what = acting if head.acting else Message("head: {person}", person=head.person)
        yield _tenure(head, what, "Art. 7.2")
    for delegate in unit.delegates:
        what = Message("delegate: {person}", person=delegate.person)
        yield _tenure(delegate, what, "Art. 7.2")
    if ended := unit.ended:
        into = Message("{how} into {units}", how=ENDINGS[ended.how], units=", ".join(ended.into))
        what = into if ended.into else ENDINGS[ended.how]
        yield ended.on, None, what, "Art. 5.2", (ended.decision, ended.request)


def _changes(record: Unit | Person) -> Iterator[_Row]:
    for row in record.changes:
        facts = joined((_changed(fact, row) for fact in row.facts), ", ")
        what = Message("changed: {facts}", facts=facts)
        yield row.on, None, what, "Art. 5.2", (row.decision, row.request)


def _changed(fact: str, row: FactChange) -> str:
    """Return what a fact is called, with what it was if the row says so."""
    called = FACTS.get(fact, fact)
    if fact not in row.was:
        return called
    value = row.was[fact] or Message("none")
    return Message("{fact} (before: {value})", fact=called, value=value)


def _tenure(row: Tenure, what: Message, article: str) -> _Row:
    return row.start, row.until, what, article, (row.decision, row.request)


def _documents(ids: tuple[str, ...], organisation: Organisation) -> tuple[Document, ...]:
    known = organisation.documents
    return tuple(known[key] for key in dict.fromkeys(ids) if key in known)
