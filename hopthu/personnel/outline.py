"""Rows of a list as places and people: which row heads which, by marks, records and decisions.

Nothing is guessed. A heading whose level neither its mark nor a record shows is a question, and so
is everything else of a row that cannot be told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hopthu.model.organisation import Category
from hopthu.personnel import labels
from hopthu.personnel.header import PLACES, Columns, category_of, columns_of, is_header
from hopthu.personnel.known_units import TOP, Key, KnownUnits, spelled
from hopthu.personnel.labels import About
from hopthu.personnel.numbering import Mark, Marked, marked
from hopthu.personnel.review import Place, Question, Review
from hopthu.personnel.table import Row, Sheet, text_of

_WITHIN = re.compile("[›>]")
"""What may stand between a unit and its part in a decision."""


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
        self._places: dict[tuple[int, Key | str], Place] = {}
        self._open: list[_Level] = []

    def begin(self, sheet: Sheet, columns: Columns, *, alone: bool) -> None:
        """Begin a sheet: a person says of which unit it is, unless it is alone and says nothing."""
        self._open = [_Level(None, 0)]
        cells = (text_of(cell) for row in sheet.rows[: columns.above] for cell in row.cells)
        said = [*dict.fromkeys(" ".join(text.split()) for text in cells if text)]
        if alone and not said:
            return
        question: Question = ("sheet", " / ".join(said if alone else [*said, sheet.name]))
        row, here = columns.above + 1, self._open[0]
        choice = self._review.ask(question, sheet.name, row, (labels.SEVERAL,)).choice
        here.question = question
        if not choice:
            unknown = f"(chưa xác định: {sheet.name})"
            here.place = self._place(0, sheet, row, unknown, "", question).number
        parts = _WITHIN.split(choice) if choice != labels.SEVERAL else ()
        for part in filter(None, map(str.strip, parts)):
            here.place = self._at(here.place, sheet, row, part, "theo quyết định")

    def heading(self, sheet: Sheet, line: Line) -> bool:
        """Open a heading, and close those that are as deep, or deeper.

        Return false, and change nothing, if it was decided to be a person.
        """
        found = marked(" ".join(line.columns.texts(line.row, "number")), line.text)
        whole = " ".join(line.text.split())
        if any(self._is_person(sheet, line, text) for text in {found.text, whole}):
            return False
        while not found.marks and self._open[-1].category and not self._open[-1].mark:
            self._open.pop()
        mark = self._level(found)
        if category := category_of(found.text):
            self._open.append(_Level(mark, self._open[-1].place, category))
        elif mark:
            how = f"số thứ tự {found.written}"
            at = self._at(self._open[-1].place, sheet, line.row.number, found.text, how)
            self._open.append(_Level(mark, at, question=self._no_unit(found.text)))
        else:
            # A letter before a text, such as P., may be an abbreviation.
            self._unmarked(sheet, line, whole if found.written.isalpha() else found.text)
        return True

    def _is_person(self, sheet: Sheet, line: Line, text: str) -> bool:
        """Tell whether a text was decided to be a person, and count them."""
        choices: Mapping[About, Sequence[str]] = {
            "level": labels.LEVELS,
            "kind": self._known.kind_choices(),
        }
        for about, those in choices.items():
            if self._review.decisions.get((about, text)) == labels.A_PERSON:
                self._review.ask((about, text), sheet.name, line.row.number, those).people += 1
                return True
        return False

    def place_of(self, sheet: Sheet, line: Line, last: int) -> int:
        """Return the place of a person: that of the headings, and of the columns within it."""
        at = self._open[-1].place
        cells = [text for name in PLACES for text in line.columns.texts(line.row, name)]
        if not cells and any(name in line.columns.of for name in PLACES):
            return self._of_blank(sheet, line, at, last)
        for cell in cells:
            text = marked("", cell).text
            if not self._repeats(at, text):
                at = self._at(at, sheet, line.row.number, text, "cột đơn vị")
        return at

    def count(self, place: int) -> None:
        """Count a person of a place for each question that their headings ask, or their places."""
        questions = {each.question for each in self._open}
        questions.update(self._review.places[each - 1].question for each in self._up(place))
        for question in filter(None, questions):
            self._review.questions[question].people += 1

    def category(self) -> Category | None:
        """Return the category that the headings name."""
        return next((each.category for each in reversed(self._open) if each.category), None)

    def unit_of(self, number: int) -> str:
        """Return the unit on record that a place is, "?" if it is none; `TOP` is the province."""
        unit = (self._review.places[number - 1].unit or "?") if number else TOP
        return TOP if unit == self._known.province else unit

    def _level(self, found: Marked) -> Mark | None:
        """Close the headings that a marked one ends; return its mark, None if it shows no level.

        It is as deep as the open one that it goes on from; else, as the first of a style that is
        not open, below what is; else, of a number, as deep as a lower one of its style. A mark that
        may be read in two ways shows nothing, nor does any other.
        """
        marks = [(n, level.mark) for n, level in enumerate(self._open) if level.mark]
        fits = [(n, m, o) for n, o in marks for m in found.marks if m.style == o.style]
        going_on = [(n, m) for n, m, o in fits if m.goes_on_from(o)]
        styles = {open_mark.style for _, open_mark in marks}
        first = [
            (len(self._open), m) for m in found.marks if m.value <= 1 and m.style not in styles
        ]
        later = [(n, m) for n, m, o in fits if m.value > o.value and m.style[0] == "1"]
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
        known = [n for n in around if self._known.below(self.unit_of(n), text)]
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
        asked = None if choice else question
        at = self._at(above, sheet, line.row.number, text, "theo quyết định", asked)
        self._open.append(_Level(None, at, question=question))

    def _up(self, number: int) -> Iterator[int]:
        """Yield a place and those around it, the innermost first, up to the province."""
        while number:
            yield number
            number = self._review.places[number - 1].above

    def _of_blank(self, sheet: Sheet, line: Line, at: int, last: int) -> int:
        """Return the place of a person without a unit in its column."""
        question: Question = ("level", labels.BLANK)
        choices = (labels.NO_UNIT, labels.AS_ABOVE)
        choice = self._review.ask(question, sheet.name, line.row.number, choices).choice
        if choice:
            return at if choice == labels.NO_UNIT else last
        return self._place(at, sheet, line.row.number, labels.BLANK, "", question).number

    def _no_unit(self, text: str) -> Question | None:
        """Return the question by which a text was decided to be no unit, None if it was not."""
        question: Question = ("kind", text)
        return question if self._review.decisions.get(question) == labels.NO_UNIT else None

    def _at(
        self, above: int, sheet: Sheet, row: int, text: str, how: str,
        asked: Question | None = None,
    ) -> int:  # fmt: skip
        """Return the number of a place within another; of that one if the text names no unit."""
        if question := self._no_unit(text):
            self._review.ask(question, sheet.name, row, self._known.kind_choices())
            return above
        return self._place(above, sheet, row, text, how, asked).number

    def _place(
        self, above: int, sheet: Sheet, row: int, text: str, how: str, asked: Question | None
    ) -> Place:
        """Return the place of a name within another: the one that is there, or a new one."""
        unit = self._known.below(self.unit_of(above), text)
        key = (above, unit or self._known.key(text) or text)
        if key not in self._places:
            number = len(self._review.places) + 1
            made = Place(number, sheet.name, row, text, above, how, asked, unit, id=unit)
            self._places[key] = made
            self._review.places.append(made)
            self._name(made)
        return self._places[key]

    def _name(self, place: Place) -> None:
        """Say what a place is: a unit on record, or a new one with its name and kind."""
        above = self._review.places[place.above - 1] if place.above else None
        if place.unit:
            path = self._known.path(place.unit)
            place.name, place.path = path[-1], labels.WITHIN.join(path)
            place.kind = self._known.kind_of(place.unit)
            return
        bare = self._known.bare(place.written)
        place.question = place.question or (above.question if above else None)
        if not place.question:
            self._find_kind(place, self._known.kind_by_name(bare, at_top=not above))
        name = spelled(bare, place.kind)
        place.name = "" if place.question else name
        shown = f"{name} (?)" if place.question else name
        place.path = labels.WITHIN.join(filter(None, (above.path if above else TOP, shown)))

    def _find_kind(self, place: Place, by_name: str) -> None:
        """Give a new place its kind: the one that was decided, else that of its name, else ask."""
        question: Question = ("kind", place.written)
        choice = self._review.decisions.get(question, "")
        if choice or not by_name:
            choices = self._known.kind_choices()
            self._review.ask(question, place.sheet, place.row, choices)
            place.question = None if choice else question
        kinds = self._known.kinds.items()
        place.kind = next((key for key, word in kinds if word == choice), by_name)

    def _repeats(self, number: int, text: str) -> bool:
        """Tell whether a text names the place that it stands in, as a column repeats a heading."""
        if not number:
            return False
        place = self._review.places[number - 1]
        unit = self._known.below(self.unit_of(place.above), text)
        return self._known.key(text) == self._known.key(place.written) or unit == place.unit != ""


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
