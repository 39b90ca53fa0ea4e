"""From the sheets of a list to a review of it: a pure function of the list, the data, decisions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import dropwhile, groupby
from typing import Literal

from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import APOSTROPHES, same
from hopthu.model.address_naming import stem
from hopthu.model.organisation import Category
from hopthu.model.record_local import PERSON
from hopthu.personnel import labels
from hopthu.personnel.header import Columns, category_of, columns_of
from hopthu.personnel.known_units import KnownUnits
from hopthu.personnel.labels import About
from hopthu.personnel.outline import Line, Outline, lines
from hopthu.personnel.review import Decisions, Person, Place, Review
from hopthu.personnel.spreadsheet import Spreadsheet
from hopthu.personnel.table import Row, Sheet, day_of, whole
from hopthu.rules.context import RuleContext

_LONGEST_NAME = 100
_FEW = 5
MOST_UNITS = 20_000
_LETTER = re.compile(r"[^\W\d_]")
_FORMS_OF_ADDRESS = ("ông", "bà")
"""Words before names, though Ông is a surname as well, and Bà the name of Bà Triệu."""
_WORD = re.compile(rf"[^\s{APOSTROPHES}-]+")


def read(
    lists: Sequence[Spreadsheet],
    facts: RuleContext,
    decisions: Decisions,
    otherwise: Category | None = None,
) -> Review:
    """Return what lists say; `otherwise` is the category where they name none.

    Raises `UsageError` if no sheet has a header.
    """
    known = KnownUnits(facts)
    review = Review(decisions, [*known.kinds.values()])
    reader = _Reader(review, Outline(review, known), otherwise)
    several = len(lists) > 1  # what is decided of a sheet is decided of that of one file
    sheets = [
        replace(sheet, name=f"{each.name}: {sheet.name}".rstrip(": ")) if several else sheet
        for each in lists
        for sheet in each.sheets
    ]
    headed = [(sheet, columns_of(sheet.rows)) for sheet in sheets]
    number = sum(columns is not None for _, columns in headed)
    if not number:
        raise UsageError(
            Message("no row names the columns of people, such as their names and titles"),
            fix=Message('name the columns as usual: "Họ và tên", "Chức danh", "Đơn vị" and so on'),
        )
    for sheet, columns in headed:
        if columns:
            review.unread += [f"{sheet.name}: {header}" for header in columns.unread]
            reader.read(sheet, columns, alone=number == 1)
        else:
            review.here = sheet.name, 1
            review.ask("unread", sheet.name).people = len(sheet.rows)
    _count(review)
    return review


class _Reader:
    """Reads the rows of sheets into a review."""

    def __init__(self, review: Review, outline: Outline, otherwise: Category | None) -> None:
        self._review, self._outline, self._otherwise = review, outline, otherwise

    def read(self, sheet: Sheet, columns: Columns, *, alone: bool) -> None:
        """Read the rows below the header of a sheet."""
        self._review.here = sheet.name, columns.above + 1
        self._outline.begin(sheet, columns, alone=alone)
        found = _of_people([*lines(sheet)])
        numbered = any(line.is_person and _number(line) for line in found)
        people = [at for at, line in enumerate(found) if line.is_person]
        nowhere = last = self._review.places[0]
        for at, line in enumerate(found):
            self._review.here = sheet.name, line.row.number
            if len(self._review.places) > MOST_UNITS:
                raise UsageError(Message("a list has at most {number} units", number=MOST_UNITS))
            heads = line.is_heading and bool(people) and at < people[-1]
            if heads and self._outline.heading(line):
                last = nowhere
            elif line.is_person or heads:
                last = self._outline.place_of(line, last)
                person = self._added(last, same(line.columns.name(line.row)))
                self._person(person, line, has_number=not numbered or _number(line) > 0)
                if line.row.number in sheet.hidden and person.taken != labels.UNDECIDED:
                    self._ask(person, "hidden", sheet.name)
            elif _LETTER.search(line.text):
                row = self._added(nowhere, " ".join(line.text.split()))
                row.taken, row.why = labels.LEFT, "không phải dòng của một người"
                if _number(line):
                    row.taken, row.why = labels.UNDECIDED, "không đọc được là một người"

    def _added(self, place: Place, name: str) -> Person:
        number = len(self._review.people) + 1
        made = Person(number, *self._review.here, place.number, place.path, name)
        self._review.people.append(made)
        return made

    def _person(self, person: Person, line: Line, *, has_number: bool) -> None:
        columns, row = line.columns, line.row
        written, person.name = person.name, _proposed(person.name)
        person.title = "; ".join(dict.fromkeys(columns.texts(row, "title")))
        person.note = "; ".join(columns.texts(row, "note"))
        person.category = self._category(person, columns, row)
        said = "; ".join(dict.fromkeys(columns.texts(row, "start")))
        person.start = day_of(said)
        if said and person.start is None:
            person.start = day_of(self._ask(person, "day", said))
        faults = [*_faults(person, has_number=has_number)]
        if faults and person.taken != labels.LEFT:
            person.taken, person.why = labels.UNDECIDED, "; ".join(faults)
            return
        person.why = f"danh sách ghi: {written}" if person.name != written else ""
        if _LETTER.search(person.note):
            self._ask(person, "remark", person.note)

    def _category(self, person: Person, columns: Columns, row: Row) -> Category | Literal[""]:
        """Return the category: by the row, its headings, or what was decided of a text."""
        said = " ".join(columns.texts(row, "category"))
        if found := category_of(said) if said else self._outline.category():
            return found
        default = labels.CATEGORY[self._otherwise] if self._otherwise and not said else ""
        choice = self._ask(person, "category" if said else "title", said or person.title, default)
        return next((key for key, word in labels.CATEGORY.items() if word == choice), "")

    def _ask(self, person: Person, about: About, text: str, default: str = "") -> str:
        """Ask once for a text, for one more person; leave them out if that was chosen."""
        asked = self._review.ask(about, text, default)
        asked.people += 1
        person.questions = ", ".join(filter(None, (person.questions, str(asked.number))))
        if asked.choice in (labels.LEFT, labels.NOT_ENTITLED):
            person.taken = labels.LEFT
        elif not asked.choice and person.taken != labels.LEFT:
            person.taken = ""
        return asked.choice


def _number(line: Line) -> int:
    """Return the number of a row, 0 if it has none."""
    said = next(iter(line.columns.texts(line.row, "number")), "")
    return whole(said.rstrip(".")) or 0


def _of_people(found: Sequence[Line]) -> list[Line]:
    """Return the lines; where rows of people have numbers, none behind the last number is one."""
    numbers = [at for at, line in enumerate(found) if line.is_person and _number(line)]
    last = numbers[-1] if numbers else len(found)
    return [line._replace(is_person=line.is_person and at <= last) for at, line in enumerate(found)]


def _faults(person: Person, *, has_number: bool) -> Iterator[str]:
    """Yield what is wrong with the row of a person, so that a person has to say."""
    if not person.place:
        yield "không ở dưới đơn vị nào"
    if not has_number:
        yield "dòng không có số thứ tự như các dòng khác"
    if not is_name(person.name):
        yield "không ghi được là họ và tên"
    elif person.name.split()[0].lower() in _FORMS_OF_ADDRESS:
        yield "họ tên bắt đầu bằng Ông hoặc Bà: là họ, hay là cách xưng hô?"
    if not _LETTER.search(person.title):
        yield "không có chức danh"


def is_name(written: str) -> bool:
    """Tell whether a text can be the name of a person: two words or more, letters of names."""
    well_formed = len(written) <= _LONGEST_NAME and PERSON.match(written)
    return bool(well_formed and stem(written) and " " in written)


def _proposed(written: str) -> str:
    """Return a name without what stands before it, in proper case if it is all in capitals.

    That is each word that ends in a dot or has a slash in it: ThS., BSCKII., Đ/c.
    """
    name = " ".join(dropwhile(lambda word: word.endswith(".") or "/" in word, written.split()))
    if not name.isupper():
        return name
    return _WORD.sub(lambda word: word[0][0] + word[0][1:].lower(), name)


def _count(review: Review) -> None:
    """Count the people of each place, and of each question that is open about it.

    Whose people stand in several places of the list may be several units of one name.
    """
    placed = (each for each in review.people if each.place)
    for number, block in groupby(placed, key=lambda each: each.place):
        people = [*block]
        here, one, last = review.places[number], people[0], people[-1]
        here.people += len(people)
        for question in {each.question for each in here.up() if each.question}:
            review.questions[question].people += len(people)
        here.first, here.last = here.first or one.name, last.name
        here.blocks.append(f"{one.row}–{last.row}" if one.row < last.row else f"{one.row}")
    for place in review.places:
        rows = max(place.blocks, place.headings, key=len)
        if len(rows) > 1:
            shown = ", ".join([*rows[:_FEW], *(["…"] if len(rows) > _FEW else [])])
            place.how += f"; ở {len(rows)} chỗ, có phải cùng một đơn vị? Dòng {shown}"
