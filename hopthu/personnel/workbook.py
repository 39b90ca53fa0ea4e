"""The workbook in which a list is reviewed, in memory: as it is written, and as it comes back.

Spreadsheet programs make numbers of texts and days of both, and add blanks: a cell counts for what
it says. A sheet that is hidden has each row as it was written: whatever else differs from that, in
a closed cell or in a row that does not say how much, is refused with its sheet and cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from xlsxwriter.utility import xl_col_to_name

from hopthu.diagnostics.problem import printable, shown
from hopthu.errors import HopthuError
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.personnel import labels
from hopthu.personnel.child import WRITTEN_SHEET
from hopthu.personnel.labels import About
from hopthu.personnel.review import LAYOUTS, UNITS, Decisions, Layout, Question, words_of
from hopthu.personnel.spreadsheet import Spreadsheet
from hopthu.personnel.table import Row, day_of, one_line, whole

UNDECIDED = Message("not decided yet")


class Refusal(NamedTuple):
    """A cell of the workbook, such as `Đơn vị!M7`, and what is wrong with it."""

    sheet: str
    row: int
    cell: str
    what: str

    def text(self, language: str) -> str:
        """Return a line of it."""
        return printable(f"{self.cell}: {translate(self.what, language)}")


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

    def text(self, language: str) -> str:
        """Return every cell, each on a line, and how many they are."""
        return "\n".join([*(each.text(language) for each in self.refusals), super().text(language)])


@dataclass(eq=False)
class Line:
    """A row of a table, by the keys of its columns; it refuses cells of its own."""

    table: Table
    row: int
    cells: Mapping[str, str]
    was: Mapping[str, str] = field(default_factory=dict)
    """The texts that were written; none of a row that a person added."""

    def text(self, key: str) -> str:
        """Return a cell as text, on one line; a day as ISO 8601."""
        cell = self.cells[key]
        day = day_of(cell) if self.table.layout.columns[key].is_day else None
        return one_line(str(day or cell))

    def changed(self) -> list[str]:
        """Return the columns that do not say what was written into them."""
        was = [(k, self.was.get(k, "")) for k in self.table.layout.columns if k != "number"]
        return [k for k, text in was if self.cells[k] != text and self.text(k) != text]

    @property
    def about(self) -> About:
        """What a question is about."""
        said = self.choice("about")
        return next(each for each in labels.ABOUT if each == said)

    def needed(self, key: str) -> str:
        """Return a cell as text; refuse a blank one."""
        if not (said := self.text(key)):
            self.refuse(key, Message("this cell may not be blank"))
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

    def choice(self, key: str, words: Mapping[str, str] | None = None) -> str:
        """Return the value whose word a cell says, with any capitals; refuse any other word.

        The words are those of the column if none are given.
        """
        words = words or self.table.layout.columns[key].words
        said = self.text(key)
        found = next((each for each, word in words.items() if word.lower() == said.lower()), "")
        if said and not found:
            choices = ", ".join(dict.fromkeys(words.values()))
            self.refuse(key, Message("{text} is not one of: {choices}", text=shown(said),
                                     choices=choices))  # fmt: skip
        return found

    def refuse(self, key: str, what: str) -> None:
        """Refuse a cell."""
        self.table.refusals.append(self.refusal(key, what))

    def refusal(self, key: str, what: str) -> Refusal:
        """Return that a cell is refused."""
        column = xl_col_to_name(list(self.table.layout.columns).index(key))
        sheet = self.table.layout.sheet
        return Refusal(sheet, self.row, f"{sheet}!{column}{self.row}", what)

    def edited(self) -> list[str]:
        """Return the columns that were changed and are open, besides what is said of the row."""
        columns = self.table.layout.columns
        return [k for k in self.changed() if columns[k].open and k not in ("edited", "tick")]

    def edits(self) -> Iterator[Refusal]:
        """Yield the cells that were changed, with what was written there, and what is."""
        for key in self.edited():
            what = Message("it was {was}, and is {text}", was=shown(self.was.get(key, "")),
                           text=shown(self.text(key)))  # fmt: skip
            yield self.refusal(key, what)

    def compare(self) -> None:
        """Refuse closed cells that were changed, and others if the row does not say how many were.

        So nothing goes elsewhere as a column is sorted, whatever was changed in the row besides.
        """
        columns, edited = self.table.layout.columns, self.edited()
        for key in self.changed():
            if not columns[key].open:
                self.refuse(key, Message("it was {text}, and may not be changed",
                                         text=shown(self.was.get(key, ""))))  # fmt: skip
        if self.was and "edited" in columns and self.number("edited") != len(edited):
            self.table.refusals += self.edits()
            self.refuse("edited", Message("{number} cell(s) of this row were changed: write that "
                                          "here if it is right", number=len(edited)))  # fmt: skip


@dataclass
class Table:
    """A table of the workbook: its rows by their numbers."""

    layout: Layout
    refusals: list[Refusal] = field(default_factory=list)
    lines: dict[int, Line] = field(default_factory=dict)

    def fill(self, rows: Sequence[Row], written: Sequence[str]) -> None:
        """Fill a table with the rows that are not blank, each with what was written into it."""
        name, columns = self.layout.sheet, self.layout.columns
        headers = [column.header for column in columns.values()]
        if rows and [*rows[0].cells[: len(headers)]] != headers:
            what = Message("the header is not the one that was written")
            self.refusals.append(Refusal(name, 1, f"{name}!A1", what))
            return
        for row in rows[1:]:
            cells = (*row.cells, *[""] * len(columns))[: len(columns)]
            line = Line(self, row.number, dict(zip(columns, cells, strict=True)))
            if not any(map(line.text, columns)):
                continue
            number = line.number("number")
            is_added = self.layout == UNITS and number > len(written)
            if number in self.lines or not (is_added or 0 < number <= len(written)):
                line.refuse(
                    "number", Message("the row is not one that was written, or is there twice")
                )
                continue
            texts = [] if is_added else written[number - 1].split("\n")
            line.was = dict(zip(columns, texts, strict=False))
            self.lines[number] = line
        for number in sorted({*range(1, len(written) + 1)} - {*self.lines}):
            what = Message("row number {number} is missing", number=number)
            self.refusals.append(Refusal(name, 1, f"{name}!A1", what))


class Workbook:
    """The tables of a workbook, what it says of itself, and all that was refused of them so far."""

    def __init__(self, file: Spreadsheet | None = None) -> None:
        """Take the tables of a file; without one they have no rows."""
        self.name, self.refusals = file.name if file else "", list[Refusal]()
        self.tables = [Table(each, self.refusals) for each in LAYOUTS]
        self.units, self.people, self.questions, self.changes = self.tables
        sheets = {sheet.name: sheet.rows for sheet in file.sheets} if file else {}
        written = [row.cells for row in sheets.get(WRITTEN_SHEET, ())]
        for number, table in enumerate(self.tables if file else ()):
            rows = [cells[number] for cells in written if number < len(cells)]
            table.fill(sheets.get(table.layout.sheet, ()), [*filter(None, rows)])

    def compare(self, *tables: Table) -> None:
        """Refuse what was changed in some tables, or in all, and is not said to be edited."""
        for line in (line for each in tables or self.tables for line in each.lines.values()):
            line.compare()

    def decisions(self, kinds: Sequence[str]) -> Decisions:
        """Return what is decided, by what it is about and the text of the list.

        A decision that is none of the choices is refused: a sheet may be of any unit, and a day any
        day. `kinds` are the words of the kinds of units.
        """
        found: dict[Question, str] = {}
        for line in self.questions.lines.values():
            about, said = line.about, line.text("choice")
            if said not in ("", labels.UNDECIDED):
                if about != "sheet" and (about != "day" or not day_of(said)):
                    said = line.choice("choice", words_of(labels.choices(about, kinds)))
                found[about, line.text("text")] = said
        return found

    def written(self) -> Iterator[str]:
        """Yield the cells that a person has written into, but for decisions."""
        for table in (self.units, self.people, self.changes):
            for line in table.lines.values():
                yield from (line.refusal(key, "").cell for key in line.changed())


def is_workbook(file: Spreadsheet) -> bool:
    """Tell whether a file is a workbook that a list is reviewed in."""
    return any(
        sheet.name == labels.INFO_SHEET and labels.FORM in sheet.rows[0].cells
        for sheet in file.sheets
    )
