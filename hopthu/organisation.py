"""Units, people and documents as the data states them, and who is what on a given day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Category = Literal["cadre", "civil_servant", "public_employee"]
MailboxState = Literal["active", "locked", "closed"]


@dataclass(frozen=True, slots=True)
class Address:
    """The local part a mailbox is reached at, and its further ones (Art. 4)."""

    address: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A decision or request a change rests on (Art. 5.1, 5.2)."""

    id: str
    kind: str
    number: str
    issuer: str
    date: date


@dataclass(frozen=True, slots=True)
class Tenure:
    """A person in a unit for a time: a post, the headship, or a delegation (Art. 5.2, 7.2).

    `until` is the last day it holds; None while open. `unit` is empty for heads and delegates,
    whose unit is the record they stand in; `title` only posts have.
    """

    person: str
    unit: str
    start: date
    until: date | None
    title: str = ""
    main: bool = True
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
class Unit:
    """An organisation of the tree."""

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


@dataclass(frozen=True, slots=True)
class Person:
    """An official; `locked` are the spans in which sign-in is off."""

    id: str
    name: str
    category: Category
    mailbox: Address | None
    posts: tuple[Tenure, ...]
    left: Ending | None = None
    locked: tuple[Tenure, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """The organisation on one day: the answers `desired` is made from.

    `head` and `delegate` map a unit to the person holding it that day; `posts` maps a person to
    their current posts, the main one first. `states` gives every mailbox (of units and people,
    by id) that exists that day; one not yet or never there is absent.
    """

    on: date
    head: Mapping[str, str]
    delegate: Mapping[str, str]
    posts: Mapping[str, tuple[Tenure, ...]]
    states: Mapping[str, MailboxState]


@dataclass(frozen=True, slots=True)
class Organisation:
    """All records, by id."""

    units: Mapping[str, Unit]
    people: Mapping[str, Person]
    documents: Mapping[str, Document] = field(default_factory=dict)
