"""What has happened to a person or unit, on which documents, and what is still to happen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from hopthu.i18n.message import Message
from hopthu.model.lifecycle import archived_on, closed_on, erased_on
from hopthu.model.organisation import Document, Organisation, Person, Tenure, Unit
from hopthu.model.policy import Lifecycle
from hopthu.plan.phrases import ENDINGS


@dataclass(frozen=True, slots=True)
class Event:
    """Something that held, holds or will hold from a day on, and the documents it rests on."""

    start: date
    until: date | None
    what: Message
    article: str
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """Something that will happen of itself on a day."""

    on: date
    what: Message
    article: str


def history(record: Unit | Person, organisation: Organisation) -> list[Event]:
    """Return everything on record about a person or unit, the oldest first."""
    events = _of_person(record) if isinstance(record, Person) else _of_unit(record)
    found = [
        Event(start, until, what, article, _documents(ids, organisation))
        for start, until, what, article, ids in events
    ]
    return sorted(found, key=lambda event: (event.start, event.what))


def due(record: Unit | Person, events: list[Event], policy: Lifecycle, day: date) -> list[Due]:
    """Return what is still to happen after `day`, the next first."""
    found = [
        Due(e.start, Message("begins: {what}", what=e.what), e.article)
        for e in events
        if e.start > day
    ]
    found += [
        Due(e.until + timedelta(days=1), Message("is over: {what}", what=e.what), e.article)
        for e in events
        if e.until and e.start <= day <= e.until < date.max
    ]
    if record.mailbox and (closed := closed_on(record, policy)):
        last = erased_on(record, closed, policy)
        steps = (
            (closed, Message("the mailbox is closed; mail is refused"), "Art. 5.2"),
            (archived_on(closed, policy), Message("the content moves to the archive"), "Art. 5.2"),
            (last, Message("the content is erased; the address stays"), "Art. 5.1"),
        )
        found += [Due(on, what, article) for on, what, article in steps if day < on < date.max]
    return sorted(found, key=lambda each: (each.on, each.what))


_Plain = tuple[date, date | None, Message, str, tuple[str, ...]]


def _of_person(person: Person) -> Iterator[_Plain]:
    for post in person.posts:
        said = {"title": post.title, "unit": post.unit}
        beside = Message("{title}, {unit}, beside the main post", **said)
        yield _tenure(post, Message("{title}, {unit}", **said) if post.main else beside, "Art. 5.2")
    for lock in person.locked:
        yield _tenure(lock, Message("locked: no sign-in, mail still arrives"), "Art. 5.1")
    if left := person.left:
        what = Message("left the service: {how}", how=ENDINGS[left.how])
        yield left.on, None, what, "Art. 5.2", (left.decision, left.request)


def _of_unit(unit: Unit) -> Iterator[_Plain]:
    if begun := unit.created:
        what = Message("the unit begins")
        yield begun.on, None, what, "Art. 5.2", (begun.decision, begun.request)
    for head in unit.heads:
        acting = Message("acting head: {person}", person=head.person)
        what = acting if head.acting else Message("head: {person}", person=head.person)
        yield _tenure(head, what, "Art. 7.2")
    if delegate := unit.delegate:
        yield _tenure(delegate, Message("delegate: {person}", person=delegate.person), "Art. 7.2")
    if ended := unit.ended:
        into = Message("{how} into {units}", how=ENDINGS[ended.how], units=", ".join(ended.into))
        what = into if ended.into else ENDINGS[ended.how]
        yield ended.on, None, what, "Art. 5.2", (ended.decision, ended.request)


def _tenure(row: Tenure, what: Message, article: str) -> _Plain:
    return row.start, row.until, what, article, (row.decision, row.request)


def _documents(ids: tuple[str, ...], organisation: Organisation) -> tuple[Document, ...]:
    known = organisation.documents
    return tuple(known[key] for key in ids if key in known)
