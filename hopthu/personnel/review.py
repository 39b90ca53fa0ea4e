"""What a person is shown of a list before anything of it is believed: places, people, questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from hopthu.model.organisation import Category
from hopthu.personnel import labels
from hopthu.personnel.days import day_of
from hopthu.personnel.labels import About

Question = tuple[About, str]
"""What is to decide once, and the text of the list that it is about."""
Decisions = Mapping[Question, str]
"""What a person has decided, in the words of the workbook."""


@dataclass(slots=True)
class Place:
    """What a heading, a cell or the letterhead names: a unit, or what is to become one.

    `above` is the number of the place that it is a part of, 0 directly below the province. `unit`
    is the id on record; a new one has a proposed `id`, its name, kind and so on. `how` says what
    its level follows from; while `question` is open nothing is proposed.
    """

    number: int
    sheet: str
    row: int
    written: str
    above: int
    how: str
    question: Question | None = None
    unit: str = ""
    name: str = ""
    short: str = ""
    kind: str = ""
    id: str = ""
    address: str = ""
    path: str = ""
    people: int = 0
    first: str = ""
    last: str = ""

    @property
    def state(self) -> str:
        """Whether it is to decide, on record, or new."""
        return labels.TO_DECIDE if self.question else labels.ON_RECORD if self.unit else labels.NEW


@dataclass(slots=True)
class Person:
    """A row of a person, or one that nobody could be made of: it is left out, and shown.

    `questions` has the numbers of those about it. `taken` is empty while one of them is open, and
    "?" while the row itself is to decide, for what `why` says.
    """

    number: int
    sheet: str
    row: int
    place: int
    path: str
    name: str
    title: str = ""
    start: date | None = None
    category: Category | Literal[""] = ""
    note: str = ""
    questions: str = ""
    taken: str = labels.TAKEN
    why: str = ""
    head: str = ""
    id: str = ""
    address: str = ""


@dataclass(slots=True)
class Asked:
    """A question: where it stands first, of how many people, what may be chosen, what was."""

    number: int
    about: About
    text: str
    sheet: str
    row: int
    choices: Sequence[str]
    choice: str
    people: int = 0

    @property
    def is_valid(self) -> bool:
        """Whether what was chosen may be: a sheet may be of any unit, and a day any day."""
        is_day = self.about == "day" and day_of(self.choice) is not None
        return self.choice in ("", *self.choices) or self.about == "sheet" or is_day


class Change(NamedTuple):
    """A difference about one person: the id in the data, and what the data and the list say.

    `row` is the number of the row in the workbook; `unit` the id of the unit in the list, or of
    the one that somebody is gone from.
    """

    kind: str
    person: str
    name: str
    in_data: str
    row: int
    title: str
    path: str
    unit: str
    category: str = ""


@dataclass
class Review:
    """A list as it was read, by what was decided; with the columns that are not read."""

    decisions: Decisions
    places: list[Place] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    questions: dict[Question, Asked] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def ask(
        self, question: Question, sheet: str, row: int, choices: Sequence[str] = (),
        default: str = "",
    ) -> Asked:  # fmt: skip
        """Ask once, with the choices of all questions of its kind if none are given."""
        if question not in self.questions:
            choices = choices or labels.CHOICES[question[0]]
            said = self.decisions.get(question, default)
            choice = next((each for each in choices if each.lower() == said.lower()), said)
            number = len(self.questions) + 1
            self.questions[question] = Asked(number, *question, sheet, row, choices, choice)
        return self.questions[question]
