"""Read a reviewed workbook back: its tables, what was decided, and which cells are not right.

Spreadsheet programs make numbers of texts and days of both, and add blanks: a cell counts for what
it says. Whatever else differs from what was written is refused, with its sheet and cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from xlsxwriter.utility import xl_col_to_name

from hopthu.diagnostics.problem import printable, shown
from hopthu.errors import HopthuError
from hopthu.i18n.message import Message
from hopthu.personnel import labels
from hopthu.personnel.days import day_of
from hopthu.personnel.review import Asked, Decisions, Question
from hopthu.personnel.spreadsheet import Spreadsheet
from hopthu.personnel.table import Cell, Row, text_of, whole
from hopthu.personnel.workbook_layout import (
    CHANGE_COLUMNS,
    PERSON_COLUMNS,
    QUESTION_COLUMNS,
    UNIT_COLUMNS,
    Column,
    one_line,
    seal,
    seal_of_all,
)

_TABLES = {
    labels.UNIT_SHEET: UNIT_COLUMNS,
    labels.PERSON_SHEET: PERSON_COLUMNS,
    labels.QUESTION_SHEET: QUESTION_COLUMNS,
    labels.CHANGE_SHEET: CHANGE_COLUMNS,
}


_ABOUT = {str(key): sentence for key, sentence in labels.ABOUT.items()}
UNDECIDED = Message("not decided yet")


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

    def text(self, key: str) -> str:
        """Return a cell as text, on one line."""
        return one_line(text_of(self.cells[key]))

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

    def choice(self, key: str, choices: Iterable[str]) -> str:
        """Return the choice that a cell says, with any capitals; refuse what is no choice."""
        said, words = self.text(key), [*dict.fromkeys(choices)]
        found = [each for each in words if each == said] or [
            each for each in words if each.casefold() == said.casefold()
        ]
        if said and len(found) != 1:
            self.refuse(key, Message("{text} is not one of: {choices}", text=shown(said),
                                     choices=", ".join(words)))  # fmt: skip
        return found[0] if len(found) == 1 else ""

    def key_of(self, key: str, words: Mapping[str, str]) -> str:
        """Return the key of the choice in a cell; refuse a blank one as well."""
        said = self.choice(key, words.values())
        if not self.text(key):
            self.refuse(key, UNDECIDED)
        return next((each for each, word in words.items() if word == said), "")

    def refuse(self, key: str, what: str) -> None:
        """Refuse a cell."""
        self.table.refusals.append(self.refusal(key, what))

    def refusal(self, key: str, what: str) -> Refusal:
        """Return that a cell is refused."""
        column = xl_col_to_name(list(self.table.columns).index(key))
        cell = f"{self.table.name}!{column}{self.row}"
        return Refusal(self.table.name, self.row, cell, what)


@dataclass
class Table:
    """A table of the workbook: its rows by their numbers."""

    name: str
    columns: Mapping[str, Column]
    refusals: list[Refusal]
    lines: dict[int, Line] = field(default_factory=dict)


@dataclass(frozen=True)
class Workbook:
    """The tables of a workbook, and all that was refused of them so far."""

    name: str
    units: Table
    people: Table
    questions: Table
    changes: Table
    refusals: list[Refusal]
    decided: Mapping[int, Decided]

    def decisions(self) -> Decisions:
        """Return what is decided, by what it is about and the text of the list."""
        return {each.question: each.choice for each in self.decided.values() if each.choice}

    def refuse_others(self, questions: Mapping[Question, Asked]) -> None:
        """Refuse decisions that are not among the choices of their questions."""
        for number, each in self.decided.items():
            asked = questions.get(each.question)
            if asked and each.choice and each.question[0] not in labels.CHOICES:
                self.questions.lines[number].choice("choice", asked.choices)

    def first_tick(self) -> str:
        """Return the first cell with a tick, an empty text if there is none."""
        for table in (self.units, self.changes):
            for line in table.lines.values():
                if line.text("tick"):
                    return line.refusal("tick", "").cell
        return ""


class Decided(NamedTuple):
    """A question of the workbook, and what was chosen: an empty text if nothing was."""

    question: Question
    choice: str


def _decided(line: Line) -> Decided | None:
    """Return what is decided; refuse what is no choice, where all questions have the same ones."""
    key = line.key_of("about", _ABOUT)
    about = next((each for each in labels.ABOUT if each == key), None)
    if about is None:
        return None
    said = line.cells["choice"]
    text = said.isoformat() if isinstance(said, date) else line.text("choice")
    is_day = about == "day" and day_of(text) is not None
    if text == labels.UNDECIDED:
        text = ""
    elif about in labels.CHOICES and not is_day:
        text = line.choice("choice", labels.CHOICES[about])
    return Decided((about, line.text("text")), text)


def is_workbook(file: Spreadsheet) -> bool:
    """Tell whether a file is a workbook that a list is reviewed in."""
    first = file.sheets[0]
    return first.name == labels.INFO_SHEET and text_of(first.rows[0].cells[0]) == labels.FORM


def tables(file: Spreadsheet) -> Workbook:
    """Return the tables of a workbook; rows that are missing, or there twice, are refused."""
    refusals: list[Refusal] = []
    info = {text_of(row.cells[0]): row for row in file.sheets[0].rows if len(row.cells) > 1}
    found: list[Table] = []
    for name, columns in _TABLES.items():
        table = Table(name, columns, refusals)
        rows = next((sheet.rows for sheet in file.sheets if sheet.name == name), ())
        said = info.get(name)
        expected = whole(text_of(said.cells[1])) if said else None
        if expected is None:
            at = said.number if said else 1
            what = Message("it is not the number of rows of {sheet}", sheet=name)
            refusals.append(Refusal(labels.INFO_SHEET, at, f"{labels.INFO_SHEET}!B{at}", what))
        else:
            _fill(table, rows, expected)
        found.append(table)
    _check_seal(file.sheets[0].rows, found, refusals)
    units, people, questions, changes = found
    decided = {n: each for n, line in questions.lines.items() if (each := _decided(line))}
    return Workbook(file.name, units, people, questions, changes, refusals, decided)


def _check_seal(rows: Sequence[Row], found: Sequence[Table], refusals: list[Refusal]) -> None:
    """Refuse a workbook that says otherwise of itself than it did, or has other rows."""
    info: list[tuple[str, str]] = []
    said, at = "", 1
    for row in rows:
        key, value = (one_line(text_of(cell)) for cell in (*row.cells, None)[:2])
        if key == labels.SEAL:
            said, at = value, row.number
            break
        info.append((key, value))
    seals = (table.lines[n].text("seal") for table in found for n in sorted(table.lines))
    if said != seal_of_all(info, seals):
        what = Message("this sheet, or which rows the others have, was changed")
        refusals.append(Refusal(labels.INFO_SHEET, at, f"{labels.INFO_SHEET}!B{at}", what))


def _fill(table: Table, rows: Sequence[Row], expected: int) -> None:
    headers = [column.header for column in table.columns.values()]
    if not (rows or expected):
        return
    if not rows or [text_of(cell) for cell in rows[0].cells[: len(headers)]] != headers:
        what = Message("the header is not the one that was written")
        table.refusals.append(Refusal(table.name, 1, f"{table.name}!A1", what))
        return
    for line in _lines(table, rows[1:]):
        number = line.number("number")
        if number in table.lines or not 0 < number <= expected:
            line.refuse("number", Message("the row is not one that was written, or is there twice"))
        else:
            table.lines[number] = line
            texts = {key: line.text(key) for key in table.columns}
            if texts["seal"] != seal(table.name, table.columns, texts):
                what = Message("the row was changed elsewhere than in its yellow cells")
                line.refuse("seal", what)
    missing = next((n for n in range(1, expected + 1) if n not in table.lines), None)
    if missing:
        what = Message("row number {number} is missing", number=missing)
        table.refusals.append(Refusal(table.name, 1, f"{table.name}!A1", what))


def _lines(table: Table, rows: Sequence[Row]) -> Iterator[Line]:
    """Yield the rows that are not blank."""
    width = len(table.columns)
    for row in rows:
        cells = (*row.cells, *[None] * width)[:width]
        if any(text_of(cell).strip() for cell in cells):
            yield Line(table, row.number, dict(zip(table.columns, cells, strict=True)))
