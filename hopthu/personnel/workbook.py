"""The workbook in which a list is reviewed, in memory: as it is written, and as it comes back.

Spreadsheet programs make numbers of texts and days of both, and add blanks: a cell counts for what
it says. Whatever else differs from what was written is refused, with its sheet and cell.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from xlsxwriter.utility import xl_col_to_name

from hopthu.diagnostics.problem import printable, shown
from hopthu.errors import HopthuError
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import same
from hopthu.personnel import labels
from hopthu.personnel.days import day_of
from hopthu.personnel.review import Asked, Decisions, Question
from hopthu.personnel.table import Cell, text_of, whole
from hopthu.personnel.workbook_layout import CHANGES, PEOPLE, QUESTIONS, UNITS, Layout, words_of

FIRST_ROW = 2
"""The row of a table that is the first below its header."""
_WRITTEN = "written"
"""The key of the digest of what a person may write into."""
_NOTHING = "-"
"""Stands for the digest of a blank cell."""
EMPTY = Message("this cell may not be blank")
UNDECIDED = Message("not decided yet")
_KEPT = Message(
    'it is the number that was proposed, though the row says "{word}"', word=labels.MOVED
)
_MOVED = Message(
    'it is not the number that was proposed: if it is right, choose "{word}" in the row',
    word=labels.MOVED,
)


def one_line(written: str) -> str:
    """Return a text as it counts in a cell, whatever blanks a spreadsheet program makes of it."""
    return " ".join(same(written).split())


def _digest(*texts: str) -> str:
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:12]


class Refusal(NamedTuple):
    """A cell of the workbook, such as `Đơn vị!M7`, and what is wrong with it."""

    sheet: str
    row: int
    cell: str
    what: str


class WorkbookRefused(HopthuError):
    """The workbook cannot be imported; `refusals` say which cells are not right."""

    exit_code = 2

    def __init__(self, file: str, refusals: Sequence[Refusal]) -> None:
        """Say how many cells of a file are not right."""
        self.refusals = refusals
        super().__init__(
            Message("{file}: {number} cell(s) are not right; nothing was written",
                    file=printable(file), number=len(refusals)),
            fix=Message("correct them in the workbook, save it, and import it again"),
        )  # fmt: skip


@dataclass
class Line:
    """A row of a table, by the keys of its columns; it refuses cells of its own."""

    table: Table
    row: int
    cells: Mapping[str, Cell]
    choices: Sequence[str] = ()
    """What may be chosen in a question."""

    def text(self, key: str) -> str:
        """Return a cell as text, on one line."""
        return one_line(text_of(self.cells[key]))

    def needed(self, key: str) -> str:
        """Return a cell as text; refuse a blank one."""
        if not (said := self.text(key)):
            self.refuse(key, EMPTY)
        return said

    def number(self, key: str) -> int:
        """Return a cell as a whole number, 0 if it is blank; refuse any other."""
        said = self.text(key)
        found = whole(said)
        if said and found is None:
            self.refuse(key, Message("{text} is not a whole number", text=shown(said)))
        return found or 0

    def day(self, key: str) -> date | None:
        """Return a cell as a day; refuse one that is not blank and none."""
        found = day_of(self.cells[key])
        if found is None and self.text(key):
            self.refuse(key, Message("{text} is not a day; write dd/mm/yyyy",
                                     text=shown(self.text(key))))  # fmt: skip
        return found

    def choice(self, key: str, words: Mapping[str, str] | None = None, said: str = "") -> str:
        """Return the value whose word a cell says, with any capitals; refuse any other word.

        The words are those of the column if none are given.
        """
        words = words or self.table.layout.columns[key].words
        said = said or self.text(key)
        found = [each for each, word in words.items() if word == said] or [
            each for each, word in words.items() if word.casefold() == said.casefold()
        ]
        if said and len(found) != 1:
            choices = ", ".join(dict.fromkeys(words.values()))
            self.refuse(key, Message("{text} is not one of: {choices}", text=shown(said),
                                     choices=choices))  # fmt: skip
        return found[0] if len(found) == 1 else ""

    def refuse(self, key: str, what: str) -> None:
        """Refuse a cell."""
        self.table.refusals.append(self.refusal(key, what))

    def refusal(self, key: str, what: str) -> Refusal:
        """Return that a cell is refused."""
        column = xl_col_to_name(list(self.table.layout.columns).index(key))
        sheet = self.table.layout.sheet
        return Refusal(sheet, self.row, f"{sheet}!{column}{self.row}", what)

    def seals(self) -> Mapping[str, str]:
        """Return digests of the closed cells, of its own ones and its place, and of the open."""
        columns = self.table.layout.columns
        closed = [self.text(k) for k, each in columns.items() if not each.open and k != "seal"]
        owned = {k: self.text(k) for k, each in columns.items() if each.owned}
        own = {key: _digest(key, said) if said else _NOTHING for key, said in owned.items()}
        own |= {key: _digest(key, self.text(key)) for key in self.table.layout.places()}
        others = [self.text(k) for k, each in columns.items() if each.open]
        return {
            "seal": _digest(self.table.layout.sheet, *closed),
            **own,
            _WRITTEN: _digest(*others),
        }


@dataclass
class Table:
    """A table of the workbook: its rows by their numbers."""

    layout: Layout
    refusals: list[Refusal] = field(default_factory=list)
    lines: dict[int, Line] = field(default_factory=dict)

    def refuse_others(self) -> None:
        """Refuse a row that was changed where it is closed, and what is that of another row.

        So is a place that differs from the one proposed if the row does not say that it does, or
        the other way round: nobody goes elsewhere as one column is sorted. A unit may be added, in
        a row without a seal.
        """
        said = {number: line.text("seal").split() for number, line in self.lines.items()}
        owners = {each: number for number, seals in said.items() for each in seals}
        for number, line in self.lines.items():
            is_added = self.layout == UNITS and not said[number]
            changed = {k: each for k, each in line.seals().items() if each not in said[number]}
            changed.pop(_WRITTEN, None)
            if changed.pop("seal", None) and not is_added:
                what = Message("the row was changed elsewhere than in its yellow cells")
                line.refuse("seal", what)
            for key, says in self.layout.places().items():
                is_moved = line.text(says).casefold() == labels.MOVED.casefold()
                if is_moved != bool(changed.pop(key, "")) and not is_added:
                    line.refuse(key, _KEPT if is_moved else _MOVED)
            for key, seal in changed.items():
                if seal != _NOTHING and seal in owners:
                    line.refuse(key, Message("it was proposed for row number {number}",
                                             number=owners[seal]))  # fmt: skip


class Decided(NamedTuple):
    """A question of the workbook, and what was chosen: an empty text if nothing was."""

    question: Question
    choice: str


@dataclass
class Workbook:
    """The tables of a workbook, what it says of itself, and all that was refused of them so far."""

    name: str = ""
    refusals: list[Refusal] = field(default_factory=list)
    info: Sequence[tuple[str, str]] = ()

    def __post_init__(self) -> None:
        """Begin with tables that have no rows."""
        self.tables = [Table(each, self.refusals) for each in (UNITS, PEOPLE, QUESTIONS, CHANGES)]
        self.units, self.people, self.questions, self.changes = self.tables

    def seal(self) -> str:
        """Return a digest of what a workbook says of itself, and of all its rows."""
        seals = (table.lines[n].text("seal") for table in self.tables for n in sorted(table.lines))
        return _digest(*(text for row in self.info for text in row), *filter(None, seals))

    @cached_property
    def decided(self) -> Mapping[int, Decided]:
        """What is decided of each question; what is no choice of all of a kind is refused."""
        lines = self.questions.lines
        return {n: each for n, line in lines.items() if (each := _decided(line))}

    def decisions(self) -> Decisions:
        """Return what is decided, by what it is about and the text of the list."""
        return {each.question: each.choice for each in self.decided.values() if each.choice}

    def refuse_others(self, questions: Mapping[Question, Asked]) -> None:
        """Refuse decisions that are not among the choices of their questions, if they have some."""
        for number, each in self.decided.items():
            asked = questions.get(each.question)
            if asked and each.choice and len(asked.choices) > 1:
                self.questions.lines[number].choice("choice", words_of(asked.choices))

    def written(self) -> Iterator[str]:
        """Yield the rows that a person has written into, but for decisions: a tick by its cell."""
        for table in (self.units, self.people, self.changes):
            for line in table.lines.values():
                if line.seals()[_WRITTEN] not in line.text("seal").split():
                    has_tick = "tick" in line.cells and line.text("tick")
                    yield line.refusal("tick" if has_tick else "number", "").cell


def _decided(line: Line) -> Decided | None:
    about = next((each for each in labels.ABOUT if each == line.choice("about")), None)
    if about is None:
        return None
    text = line.text("choice")
    if text == labels.UNDECIDED:
        text = ""
    elif about in labels.CHOICES and not (about == "day" and day_of(text)):
        text = line.choice("choice", words_of(labels.CHOICES[about]))
    return Decided((about, line.text("text")), text)
