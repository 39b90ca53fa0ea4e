"""Rows of a list as places and people: which row heads which, by marks, records and decisions.

Nothing is guessed. A heading whose level neither its mark nor a record shows is a question, and so
is everything else of a row that cannot be told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from hopthu.model.organisation import Category
from hopthu.personnel import labels
from hopthu.personnel.header import PLACES, Columns, category_of, columns_of, is_header
from hopthu.personnel.known_units import TOP, Key, KnownUnits, spelled
from hopthu.personnel.labels import About
from hopthu.personnel.numbering import Mark, Marked, marked
from hopthu.personnel.review import Place, Question, Review
from hopthu.personnel.table import Row, Sheet, whole

_WITHIN = re.compile("[›>]")
"""What may stand between a unit and its part in a decision."""
_NAMES: tuple[About, ...] = ("level", "kind")
"""The questions of what the text of a heading names."""


class Line(NamedTuple):
    """A row below the header: of a person, a heading, or neither; `text` is that of a heading."""

    row: Row
    columns: Columns
    is_person: bool
    text: str = ""
    is_heading: bool = False


@dataclass(slots=True)
class _Level:
    """A heading that is open: the place it leads to, its mark if it has one, a category."""

    place: Place
    mark: Mark | None = None
    category: Category | None = None


class Outline:
    """Adds the places of sheets to a review."""

    def __init__(self, review: Review, known: KnownUnits) -> None:
        """Begin without places."""
        self._review, self._known = review, known
        self._places: dict[tuple[int, Key | str], Place] = {}
        self._open: list[_Level] = []

    def begin(self, sheet: Sheet, columns: Columns, *, alone: bool) -> None:
        """Begin a sheet: a person says of which unit it is, unless it is alone and says nothing."""
        here = _Level(self._review.places[0])
        self._open = [here]
        cells = (cell for row in sheet.rows[: columns.above] for cell in row.cells)
        said = [*dict.fromkeys(" ".join(text.split()) for text in cells if text)]
        if alone and not said:
            return
        question: Question = ("sheet", " / ".join(said if alone else [*said, sheet.name]))
        choice = self._review.ask(*question).choice
        if not choice:
            unknown = f"(chưa xác định: {sheet.name})"
            here.place = self._place(here.place, unknown, "", question)
        parts = _WITHIN.split(choice) if choice != labels.SEVERAL else ()
        for part in filter(None, map(str.strip, parts)):
            here.place = self._at(here.place, part, "theo quyết định")

    def heading(self, line: Line) -> bool:
        """Open a heading, and close those that are as deep, or deeper.

        Return false, and change nothing, if it was decided to be a person.
        """
        found = marked(" ".join(line.columns.texts(line.row, "number")), line.text)
        whole = " ".join(line.text.split())
        names: list[Question] = [(about, t) for t in (found.text, whole) for about in _NAMES]
        for question in names:
            if self._review.decisions.get(question) == labels.A_PERSON:
                self._review.ask(*question).people += 1
                return False
        while not found.marks and self._open[-1].category and not self._open[-1].mark:
            self._open.pop()
        mark = self._level(found)
        here = self._open[-1].place
        if category := category_of(found.text):
            self._open.append(_Level(here, mark, category))
        elif mark:
            at = self._at(here, found.text, f"số thứ tự {found.written}")
            self._open.append(_Level(at, mark))
        else:
            # A letter before a text, such as P., may be an abbreviation.
            self._unmarked(whole if found.written.isalpha() else found.text)
        place = self._open[-1].place
        if all(each.place is not place for each in self._open[:-1]):
            place.headings.append(str(line.row.number))
        return True

    def place_of(self, line: Line, last: Place) -> Place:
        """Return the place of a person: that of the headings, and of the columns within it."""
        at = self._open[-1].place
        cells = [text for name in PLACES for text in line.columns.texts(line.row, name)]
        if not cells and any(name in line.columns.of for name in PLACES):
            question: Question = ("blank", labels.BLANK)
            choice = self._review.ask(*question).choice
            blank = {labels.NO_UNIT: at, labels.AS_ABOVE: last}.get(choice)
            return blank or self._place(at, labels.BLANK, "", question)
        for cell in cells:
            text = marked("", cell).text
            at = at if self._repeats(at, text) else self._at(at, text, "cột đơn vị")
        return at

    def category(self) -> Category | None:
        """Return the category that the headings name."""
        return next((each.category for each in reversed(self._open) if each.category), None)

    def _level(self, found: Marked) -> Mark | None:
        """Close the headings that a marked one ends; return its mark, None if it shows no level.

        It is as deep as the open one that it goes on from, or the first of a style below what is
        open. A mark that may be read in two ways shows nothing, nor does any other.
        """
        known = {
            each.mark.style: (at, each.mark) for at, each in enumerate(self._open) if each.mark
        }
        read = [(known.get(mark.style, (len(self._open), None)), mark) for mark in found.marks]
        chosen = [(at, mark) for (at, before), mark in read if mark.goes_on_from(before)]
        if len(chosen) != 1:
            return None
        at, mark = chosen[0]
        del self._open[at:]
        return mark

    def _unmarked(self, text: str) -> None:
        """Open a heading without a mark: a record shows its level, or else it is a question."""
        before = top = self._review.places[0]
        while self._open[-1].mark is None and len(self._open) > 1:
            before = self._open.pop().place
        here = self._open[-1].place
        around = [*here.up()] or [here]
        known = [each for each in around if self._known.below(self._unit(each), text)]
        if len(known) == 1:
            self._open.append(_Level(self._at(known[0], text, "theo hồ sơ hiện có")))
            return
        decided = self._review.decisions
        is_none = decided.get(("kind", text)) == labels.NO_UNIT and ("level", text) not in decided
        question: Question = ("kind" if is_none else "level", text)
        choice = self._review.ask(*question).choice
        above = {labels.BESIDE: here.parent, labels.AT_TOP: top, labels.UNDER: before}.get(choice)
        if choice == labels.UNDER:
            self._open.append(_Level(before))
        if choice != labels.NO_UNIT:
            asked = None if choice else question
            here = self._at(above or here, text, "theo quyết định", asked)
        self._open.append(_Level(here))

    def _unit(self, place: Place) -> str:
        """Return the unit on record that a place is, "?" if it is none; `TOP` is the province."""
        is_top = not place.number or place.unit == self._known.province
        return TOP if is_top else place.unit or "?"

    def _at(self, above: Place, text: str, how: str, asked: Question | None = None) -> Place:
        """Return the place that a text names within another; that one if it names no unit."""
        if self._review.decisions.get(("kind", text)) == labels.NO_UNIT:
            self._review.ask("kind", text)
            return above
        return self._place(above, text, how, asked)

    def _place(self, above: Place, text: str, how: str, asked: Question | None) -> Place:
        """Return the place of a name within another: the one that is there, or a new one."""
        unit = self._known.below(self._unit(above), text)
        key = (above.number, unit or self._known.key(text) or text)
        if key not in self._places:
            number = len(self._review.places)
            made = Place(number, *self._review.here, text, how=how, above=above.number,
                         parent=above, question=asked, unit=unit, id=unit)  # fmt: skip
            self._places[key] = made
            self._review.places.append(made)
            self._name(made, above)
        return self._places[key]

    def _name(self, place: Place, above: Place) -> None:
        """Say what a place is: a unit on record, or a new one with its name and kind."""
        if place.unit:
            path = self._known.path(place.unit)
            place.name, place.path = path[-1], labels.WITHIN.join(path)
            place.kind = self._known.kind_of(place.unit)
        else:
            bare = self._known.bare(place.written)
            place.question = place.question or above.question
            if not place.question:
                self._find_kind(place, self._known.kind_by_name(bare, at_top=not above.number))
            name = spelled(bare, place.kind)
            place.name = "" if place.question else name
            shown = f"{name} (?)" if place.question else name
            place.path = labels.WITHIN.join(filter(None, (above.path, shown)))
        new = labels.ON_RECORD if place.unit else labels.NEW
        place.state = labels.TO_DECIDE if place.question else new

    def _find_kind(self, place: Place, by_name: str) -> None:
        """Give a new place its kind: the one that was decided, else that of its name, else ask."""
        question: Question = ("kind", place.written)
        choice = self._review.decisions.get(question, "")
        if choice or not by_name:
            self._review.ask(*question)
            place.question = None if choice else question
        kinds = self._known.kinds.items()
        place.kind = next((key for key, word in kinds if word == choice), by_name)

    def _repeats(self, place: Place, text: str) -> bool:
        """Tell whether a text names the place that it stands in, as a column repeats a heading."""
        if place.parent is None:
            return False
        unit = self._known.below(self._unit(place.parent), text)
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
    cells = {n: cell for n, cell in enumerate(row.cells) if cell}
    texts = {n: each for n, each in cells.items() if whole(each) is None and n not in aside}
    if not texts and number and not number.replace(".", "").isdigit():
        return Line(row, columns, False, _raw(row, aside), True)
    first = min(texts, default=-1)
    others = [cell for n, cell in cells.items() if n not in aside and n != first]
    only_counts = all(whole(cell) is not None or cell == texts.get(first) for cell in others)
    if only_counts and 0 <= first <= columns.name_column:
        return Line(row, columns, False, texts[first], True)
    return Line(row, columns, bool(columns.name(row)) and bool(others), _raw(row, set(cells)))


def _raw(row: Row, columns: set[int]) -> str:
    cells = (row.cells[n] for n in sorted(columns) if n < len(row.cells))
    return " ".join(dict.fromkeys(filter(None, cells)))
