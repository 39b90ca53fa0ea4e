"""Rows of a list as places and people: which row heads which, by marks, records and decisions.

Nothing is guessed. A heading whose level neither its mark nor a record shows is a question, and so
is everything else of a row that cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from hopthu.i18n.vietnamese import fold
from hopthu.model.organisation import Category
from hopthu.personnel import labels
from hopthu.personnel.header import PLACES, Columns, category_of, columns_of, is_header
from hopthu.personnel.known_units import TOP, KnownUnits
from hopthu.personnel.numbering import Mark, Marked, continues, marked
from hopthu.personnel.review import Place, Question, Review
from hopthu.personnel.table import Cell, Row, Sheet, text_of

_LABEL = ("donvi", "coquan", "tendonvi", "tencoquan")
"""What stands before a colon and the name of a unit."""


class Line(NamedTuple):
    """A row below the header: of a person, a heading, or neither; `text` is that of a heading."""

    row: Row
    columns: Columns
    is_person: bool
    text: str = ""
    is_heading: bool = False


@dataclass(slots=True)
class _Level:
    """A heading that is open: its mark, None without one, the place it leads to, a category.

    `question` is what was asked about it.
    """

    mark: Mark | None
    place: int
    category: Category | None = None
    question: Question | None = None


class Outline:
    """Adds the places of sheets to a review."""

    def __init__(self, review: Review, known: KnownUnits) -> None:
        """Begin without places."""
        self._review, self._known = review, known
        self._places: dict[tuple[int, str], Place] = {}
        self._open: list[_Level] = []

    def begin(self, sheet: Sheet, columns: Columns, *, alone: bool) -> None:
        """Begin a sheet: find of which unit it is by what stands above its header, and its name."""
        self._open = [_Level(None, 0)]
        above = [*_lines_above(sheet, columns)]
        names = [*above, *([] if alone else [sheet.name])]
        if not names:
            return
        head = _letterhead(sheet, columns)
        inner = [] if alone else [f"{each}{labels.WITHIN}{sheet.name}" for each in head]
        row, how = columns.above + 1, "đầu trang, theo hồ sơ hiện có"
        path = self._on_record(head[-1:] if alone else inner[-1:] or names)
        inner += [f"{one}{labels.WITHIN}{two}" for one, two in pairwise(head)]
        if not path:
            question: Question = ("sheet", " / ".join(names))
            choices = (labels.SEVERAL, *names, *inner)
            path = self._review.ask(question, sheet.name, row, choices).choice
            how = "đầu trang, theo quyết định"
            self._open[0].question = question
        if not path:
            place = self._place(0, sheet, row, f"(chưa xác định: {sheet.name})", "")
            place.question = self._open[0].question
            self._open[0].place = place.number
        for part in path.split(labels.WITHIN) if path not in ("", labels.SEVERAL) else ():
            self._open[0].place = self._at(self._open[0].place, sheet, row, part, how)

    def heading(self, sheet: Sheet, line: Line) -> None:
        """Open a heading, and close those that are as deep, or deeper."""
        found = self._read(line)
        while not found.marks and self._open[-1].category and not self._open[-1].mark:
            self._open.pop()
        mark = self._level(found)
        if category := category_of(found.text):
            self._open.append(_Level(mark, self._open[-1].place, category))
        elif mark:
            how = f"số thứ tự {found.written}" if found.written else "thụt đầu dòng"
            at = self._at(self._open[-1].place, sheet, line.row.number, found.text, how)
            self._open.append(_Level(mark, at, question=self._no_unit(found.text)))
        else:
            self._unmarked(sheet, line, " ".join(found.text.split()))

    def heads(self, line: Line, following: Line | None) -> bool:
        """Tell whether somebody may stand below a heading, by the line that follows.

        A heading without a mark ends at the next one, and at a mark of those around it.
        """
        if following is None or following.is_person or self._read(line).marks:
            return following is not None
        marks = self._read(following).marks
        around = {each.mark.style for each in self._open if each.mark}
        return bool(marks) and around.isdisjoint(mark.style for mark in marks)

    def _read(self, line: Line) -> Marked:
        """Return a heading and its mark; a letter is one only where it begins or goes on."""
        number = " ".join(line.columns.texts(line.row, "number"))
        found = marked("" if number == line.text.strip() else number, line.text)
        open_marks = [each.mark for each in self._open if each.mark]
        known = any(
            m.value <= 1 or any(m.style == o.style and continues(m, o.value) for o in open_marks)
            for m in found.marks
        )
        letters = all(mark.style in "AaIi" for mark in found.marks)
        return found if known or number or not letters else Marked(" ".join(line.text.split()))

    def place_of(self, sheet: Sheet, line: Line, last: int) -> int:
        """Return the place of a person: that of the headings, and of the columns within it."""
        at = self._open[-1].place
        cells = [text for name in PLACES for text in line.columns.texts(line.row, name)]
        if not cells and any(name in line.columns.of for name in PLACES):
            return self._of_blank(sheet, line, at, last)
        for cell in cells:
            text = marked("", cell).text
            here = self._review.places[at - 1] if at else None
            if here and self._same(here, text):
                continue
            at = self._at(at, sheet, line.row.number, text, "cột đơn vị")
        return at

    def count(self) -> None:
        """Count one more person for each question that the open headings ask."""
        for question in {each.question for each in self._open if each.question}:
            self._review.questions[question].people += 1

    def category(self) -> Category | None:
        """Return the category that the headings name."""
        return next((each.category for each in reversed(self._open) if each.category), None)

    def unit_of(self, number: int) -> str:
        """Return the unit on record that a place is, `TOP` above them all, "?" if it is none."""
        return (self._review.places[number - 1].unit or "?") if number else TOP

    def _level(self, found: Marked) -> Mark | None:
        """Close the headings that a marked one ends; return its mark, None if it shows no level.

        It is as deep as the open one that it goes on from; else, as the first of a style that is
        not open, below what is; else as deep as the one of its style. A mark that may be read in
        two ways shows nothing, nor does a first one whose style is open.
        """
        marks = [(n, level.mark) for n, level in enumerate(self._open) if level.mark]
        fits = [(n, m, o) for n, o in marks for m in found.marks if m.style == o.style]
        going_on = [(n, m) for n, m, o in fits if continues(m, o.value)]
        styles = {open_mark.style for _, open_mark in marks}
        first = [
            (len(self._open), m) for m in found.marks if m.value <= 1 and m.style not in styles
        ]
        later = [(n, m) for n, m, _ in fits if m.value > 1]
        chosen = [*going_on, *first] or later
        if len(chosen) != 1:
            return None
        at, mark = chosen[0]
        del self._open[at:]
        return mark

    def _unmarked(self, sheet: Sheet, line: Line, text: str) -> None:
        """Open a heading without a mark: a record shows its level, or else it is a question."""
        while self._open[-1].mark is None and len(self._open) > 1:
            self._open.pop()
        here = self._open[-1].place
        around = [*self._up(here)] or [0]
        levels = {n: self._known.below(self.unit_of(n), text) for n in around}
        known = [n for n, unit in levels.items() if unit]
        if len(known) == 1:
            at = self._at(known[0], sheet, line.row.number, text, "theo hồ sơ hiện có")
            self._open.append(_Level(None, at))
            return
        question: Question = self._no_unit(text) or ("level", text)
        choice = self._review.ask(question, sheet.name, line.row.number, labels.LEVELS).choice
        if choice == labels.NO_UNIT:
            self._open.append(_Level(None, here, question=question))
            return
        parent = self._review.places[here - 1].above if here else 0
        above = {labels.BELOW: here, labels.BESIDE: parent, labels.AT_TOP: 0}.get(choice, here)
        at = self._at(above, sheet, line.row.number, text, "theo quyết định")
        if not choice:
            self._review.places[at - 1].question = question
        self._open.append(_Level(None, at, question=question))

    def _of_blank(self, sheet: Sheet, line: Line, at: int, last: int) -> int:
        """Return the place of a person without a unit in its column."""
        question: Question = ("level", labels.BLANK)
        choices = (labels.NO_UNIT, labels.AS_ABOVE)
        choice = self._review.ask(question, sheet.name, line.row.number, choices).choice
        if choice:
            return at if choice == labels.NO_UNIT else last
        place = self._place(at, sheet, line.row.number, labels.BLANK, "")
        place.question = question
        return place.number

    def _up(self, number: int) -> Iterator[int]:
        while number:
            yield number
            number = self._review.places[number - 1].above

    def _no_unit(self, text: str) -> Question | None:
        """Return the question by which a text was decided to be no unit, None if it was not."""
        question: Question = ("kind", text)
        return question if self._review.decisions.get(question) == labels.NO_UNIT else None

    def _at(self, above: int, sheet: Sheet, row: int, text: str, how: str) -> int:
        """Return the number of a place within another; of that one if the text names no unit."""
        if question := self._no_unit(text):
            self._review.ask(question, sheet.name, row, self._known.kind_choices())
            return above
        return self._place(above, sheet, row, text, how).number

    def _place(self, above: int, sheet: Sheet, row: int, text: str, how: str) -> Place:
        """Return the place of a name within another: the one that is there, or a new one."""
        unit = self._known.below(self.unit_of(above), text)
        key = (above, unit or self._known.key(text) or text)
        if key not in self._places:
            made = Place(len(self._review.places) + 1, sheet.name, row, text, above, how, unit=unit)
            self._places[key] = made
            self._review.places.append(made)
        return self._places[key]

    def _same(self, place: Place, text: str) -> bool:
        """Tell whether a text names a place that it stands in, as a column repeats the heading."""
        unit = self._known.below(self.unit_of(place.above), text)
        alike = self._known.key(text) == self._known.key(place.written)
        return alike or bool(unit and unit == place.unit)

    def _on_record(self, paths: Sequence[str]) -> str:
        """Return the one of some paths that names a unit below the province, if it is one unit."""
        units = {path: self._unit(path) for path in paths}
        named = [path for path, unit in units.items() if unit]
        return named[0] if len({units[path] for path in named}) == 1 else ""

    def _unit(self, path: str) -> str:
        unit = TOP
        for part in path.split(labels.WITHIN):
            unit = self._known.below(unit, part)
            if unit in ("", self._known.province):
                return ""
        return unit


def lines(sheet: Sheet) -> Iterator[Line]:
    """Yield the rows below the header of a sheet; another header begins other columns."""
    columns = columns_of(sheet.rows)
    at = columns.below if columns else len(sheet.rows)
    while columns and at < len(sheet.rows):
        row = sheet.rows[at]
        if is_header(row) and (new := columns_of(sheet.rows, at)):
            columns, at = new, new.below
            continue
        at += 1
        yield _line(row, columns)


def _line(row: Row, columns: Columns) -> Line:
    """Return what a row is: of one text, in or before the column of names, it is a heading."""
    aside = set(columns.of.get("number", ()))
    number = " ".join(columns.texts(row, "number"))
    cells = {n: cell for n, cell in enumerate(row.cells) if cell is not None}
    texts = {n: cell for n, cell in cells.items() if isinstance(cell, str) and n not in aside}
    if not texts and number and not number.replace(".", "").isdigit():
        return Line(row, columns, False, _raw(row, aside), True)
    first = min(texts, default=-1)
    others = [cell for n, cell in cells.items() if n not in aside and n != first]
    only_counts = all(isinstance(cell, float) or cell == texts.get(first) for cell in others)
    if only_counts and 0 <= first <= columns.name_column:
        return Line(row, columns, False, texts[first], True)
    return Line(row, columns, bool(columns.name(row)) and bool(others), _raw(row, set(cells)))


def _raw(row: Row, columns: set[int]) -> str:
    cells = (row.cells[n] for n in sorted(columns) if n < len(row.cells))
    return " ".join(dict.fromkeys(text_of(cell) for cell in cells if cell is not None))


def _letterhead(sheet: Sheet, columns: Columns) -> list[str]:
    """Return the lines of the block at the top left: the authority above, then the office."""
    found: list[str] = []
    at = last = -1
    for row in sheet.rows[: columns.above]:
        if found and (row.number != last + 1 or row.cells[at] is None):
            break
        at = next(n for n, cell in enumerate(row.cells) if cell is not None)
        last = row.number
        found += _texts(row.cells[at])
    return found


def _lines_above(sheet: Sheet, columns: Columns) -> Iterator[str]:
    """Yield the different texts above the header, without a label such as `Đơn vị:`."""
    cells = (cell for row in sheet.rows[: columns.above] for cell in row.cells)
    yield from dict.fromkeys(text for cell in cells for text in _texts(cell))


def _texts(cell: Cell) -> Iterator[str]:
    """Yield the lines of a cell that may name a unit: behind a label, if that is of one."""
    for line in cell.split("\n") if isinstance(cell, str) else ():
        label, colon, rest = line.partition(":")
        text = " ".join((rest if colon else line).split())
        if fold(text) and (not colon or fold(label) in _LABEL):
            yield text
