"""Units, people and documents as the data states them, and who is what on a given day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

Category = Literal["cadre", "civil_servant", "public_employee"]
MailboxState = Literal["active", "locked", "closed"]


@dataclass(frozen=True, slots=True)
class Address:
    """The local part a mailbox is reached at, its further ones, and those given up (Art. 4)."""

    address: str
    aliases: tuple[str, ...] = ()
    former: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A decision or request a change rests on (Art. 5.1, 5.2).

    `issuer` is a unit's id; it is empty where `outside_issuer` names an authority that is no
    unit of ours.
    """

    id: str
    kind: str
    number: str
    issuer: str
    date: date
    outside_issuer: str = ""


@dataclass(frozen=True, slots=True)
class Tenure:
    """A person in a unit for a time: a post, the headship, or a delegation (Art. 5.2, 7.2).

    `until` is the last day it holds, also where only the next main post or head ends it; None
    while open. `unit` is empty for heads and delegates,
    whose unit is the record they stand in; `title` only posts have. `acting` marks who only acts
    as head.
    """

    person: str
    unit: str
    start: date
    until: date | None
    title: str = ""
    main: bool = True
    acting: bool = False
    decision: str = ""
    request: str = ""

    def holds_on(self, day: date) -> bool:
        """Tell whether the tenure holds on `day`."""
        return self.start <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Ending:
    """How and when a unit ended or a person left, from that day on."""

    how: str
    on: date
    into: tuple[str, ...] = ()
    decision: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True)
class Creation:
    """On which day a unit began, and by what."""

    on: date
    decision: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation of the tree; one without `created` has always been.

    `regulation` is the document by which its head rules the use of its mailbox (Art. 7.3); while
    a legal `hold` lasts, nothing of the mailbox may be erased.
    """

    id: str
    name: str
    short: str
    kind: str
    parent: str | None
    mailbox: Address | None
    heads: tuple[Tenure, ...] = ()
    delegate: Tenure | None = None
    ended: Ending | None = None
    store: str | None = None
    created: Creation | None = None
    regulation: str = ""
    hold: Tenure | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """An official; `locked` are the spans in which sign-in is off, `hold` as of a unit."""

    id: str
    name: str
    category: Category
    mailbox: Address | None
    posts: tuple[Tenure, ...]
    left: Ending | None = None
    locked: tuple[Tenure, ...] = ()
    hold: Tenure | None = None


@dataclass(frozen=True, slots=True)
class OrganisationOnDate:
    """The organisation on one day: the answers `desired` is made from.

    `head` and `delegate` map a unit to the person holding it that day; `posts` maps a person to
    their current posts, the main one first. `states` gives every mailbox (of units and people,
    by id) that exists that day; one not yet or never there is absent. `home` gives the unit each
    of those belongs to: a unit's own id; of a person the main post's, the last one once they
    have left.
    """

    on: date
    head: Mapping[str, str]
    delegate: Mapping[str, str]
    posts: Mapping[str, tuple[Tenure, ...]]
    states: Mapping[str, MailboxState]
    home: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Organisation:
    """All records, by id."""

    units: Mapping[str, Unit]
    people: Mapping[str, Person]
    documents: Mapping[str, Document] = field(default_factory=dict)

    def on(self, day: date) -> OrganisationOnDate:
        """Return who is what on `day`."""
        posts = {p.id: _current(p, day) for p in self.people.values()}
        unit_states = {u.id: _unit_state(u, day) for u in self.units.values()}
        person_states = {p.id: _person_state(p, day, posts[p.id]) for p in self.people.values()}
        states = {**unit_states, **person_states}
        homes = {u: u for u in self.units} | {p.id: _home(p, day) for p in self.people.values()}
        return OrganisationOnDate(
            on=day,
            head=self._holders(day, {u.id: u.heads for u in self.units.values()}),
            delegate=self._holders(
                day, {u.id: (u.delegate,) for u in self.units.values() if u.delegate}
            ),
            posts={person: held for person, held in posts.items() if held},
            states={key: state for key, state in states.items() if state},
            home={key: homes[key] for key, state in states.items() if state},
        )

    def homes(self, day: date) -> Iterator[str]:
        """Yield for each mailbox that takes mail on `day` the unit it belongs to.

        As `on` says, in a fifth of the time.
        """
        yield from (unit.id for unit in self.units.values() if _unit_state(unit, day) == "active")
        for person in self.people.values():
            if person.mailbox is None or (person.left and person.left.on <= day):
                continue
            if len(person.posts) > 1:
                if home := _home(person, day):
                    yield home
            elif person.posts and person.posts[0].start <= day:
                yield person.posts[0].unit

    def _holders(self, day: date, tenures: Mapping[str, tuple[Tenure, ...]]) -> dict[str, str]:
        """Return who holds each unit that day: only who has worked in it all the while (Art. 7.2).

        So a transfer, or leaving, takes the unit's mailbox away on the same day and for good.
        """
        holders: dict[str, str] = {}
        for unit, candidates in tenures.items():
            ending = self.units[unit].ended
            if ending and ending.on <= day:
                continue
            for tenure in candidates:
                person = self.people.get(tenure.person)
                if person and tenure.holds_on(day) and _stayed(person, unit, tenure.start, day):
                    holders[unit] = tenure.person
        return holders


def _current(person: Person, day: date) -> tuple[Tenure, ...]:
    if person.left and person.left.on <= day:
        return ()
    if len(person.posts) == 1:  # as nearly everybody has
        return person.posts if person.posts[0].holds_on(day) else ()
    held = [post for post in person.posts if post.holds_on(day)]
    return tuple(sorted(held, key=lambda post: (not post.main, post.start, post.unit)))


def _stayed(person: Person, unit: str, start: date, day: date) -> bool:
    """Tell whether somebody has worked in `unit` on every day from `start` to `day`."""
    if person.left and person.left.on <= day:
        return False
    reached = start
    for post in person.posts:  # by their first days
        if post.unit == unit and post.holds_on(reached):
            if post.until is None or day <= post.until:
                return True
            reached = post.until + timedelta(days=1)
    return False


def _unit_state(unit: Unit, day: date) -> MailboxState | None:
    if unit.mailbox is None or (unit.created and day < unit.created.on):
        return None
    return "closed" if unit.ended and unit.ended.on <= day else "active"


def _person_state(person: Person, day: date, held: tuple[Tenure, ...]) -> MailboxState | None:
    """Return the state of a personal mailbox, with the posts `held`; None before the first post.

    Between posts, or after the last one has run out, the owner is nobody's official: mail is
    kept but nobody signs in until the data says who they are (Art. 3).
    """
    if person.mailbox is None:
        return None
    if not held and all(day < post.start for post in person.posts):
        return None
    if person.left and person.left.on <= day:
        return "closed"
    locked = not held or (person.locked and any(span.holds_on(day) for span in person.locked))
    return "locked" if locked else "active"


def _home(person: Person, day: date) -> str:
    """Return the unit of the main post that day, else of the last one begun."""
    if len(person.posts) == 1:
        return person.posts[0].unit if person.posts[0].start <= day else ""
    begun = [post for post in person.posts if post.start <= day]
    main = [post for post in begun if post.main] or begun
    return max(main, key=lambda post: post.start).unit if main else ""
