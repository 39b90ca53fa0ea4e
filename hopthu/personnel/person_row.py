"""What one row of a list says of a person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold
from hopthu.model.organisation import Category
from hopthu.personnel.categories import (
    NOT_ENTITLED,
    NotEntitled,
    category_of,
    category_of_rank,
    category_of_title,
    is_not_entitled,
)
from hopthu.personnel.columns import Columns, Field
from hopthu.personnel.dates import day_of
from hopthu.personnel.findings import Finding, Odd, Place, look
from hopthu.personnel.names import CHECK_SPELLING, name_of, refuse_other_charset
from hopthu.personnel.remarks import Leaving, leaving
from hopthu.personnel.sections import Section, number_of
from hopthu.personnel.table import Row, text_of
from hopthu.personnel.whereabouts import Outer, Texts

_LONGEST_TITLE = 200
_WORD = re.compile(r"[^\W\d_]{2}")
_AS_ABOVE = frozenset(("nt", "nhutren"))
"""What stands for the row above, and is no title: "-nt-", "như trên"."""
_MARKS = re.compile(r"[xX1+✓✔√v]\Z")
_PLACES: Sequence[Field] = ("agency", "unit", "part")
"""The columns that name the unit, from the outermost on."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A person of the list, as far as the list says: `texts` are those that name the unit."""

    place: Place
    name: str
    title: str
    category: Category
    texts: Texts
    start: date | None
    remarks: tuple[tuple[str, Leaving], ...] = ()
    """Remarks on leaving the service, as they are written."""
    notes: tuple[str, ...] = ()
    """All remarks."""
    by_title: Category | None = None
    """The category that the title shows, where the list names none."""

    @property
    def units(self) -> tuple[str, ...]:
        """The texts that are certainly about the unit, from the outermost on."""
        lines = tuple(each.text for each in self.texts.around if each.source == "line")
        return (*self.texts.headings, *self.texts.cells) or lines


@dataclass
class Around:
    """What a row is read with: the columns of its sheet, and the sections it stands in.

    - `day_first`: whether dates certainly begin with the day.
    - `numbered`: whether the rows of people have numbers.
    - `otherwise`: the category of rows that name none.
    - `outer`: the texts that may say of which unit the whole sheet is.
    - `last`: the number of the last row of a person.
    """

    file: str
    sheet: str
    columns: Columns
    day_first: bool
    numbered: bool
    otherwise: Category | None
    outer: tuple[Outer, ...]
    last: int
    sections: list[Section] = field(default_factory=list)

    def place(self, row: Row) -> Place:
        """Return where a row is."""
        return Place(self.file, self.sheet, row.number)


def written_name(columns: Columns, row: Row) -> str:
    """Return the name as it is written, of one column or two; merged cells have it twice."""
    if "name" in columns.of:
        return " ".join(dict.fromkeys(map(text_of, columns.cells(row, "name"))))
    parts = (text_of(columns.first(row, part)) for part in ("family", "given"))
    return " ".join(filter(None, parts))


def person_of(around: Around, row: Row) -> Iterator[Entry | Finding]:
    """Yield the person of a row, after what to look at; raise `Odd` if the row cannot be taken."""
    columns = around.columns
    written = written_name(columns, row)
    if not written:
        raise Odd(
            Message("the row names nobody"),
            Message("add the name, or delete the row; if there is a formula that nothing has "
                    "computed yet, open the list in a spreadsheet program and save it"),
        )  # fmt: skip
    if around.numbered and number_of(columns, row) is None:
        raise Odd(
            Message("the row has no number, as the row of each person has"),
            Message("number it, if it is a person; nothing, if it is a signature"),
        )
    name = name_of(written)
    start = day_of(columns.first(row, "start"), day_first=around.day_first)
    title = " ".join(text_of(columns.first(row, "title")).split())
    refuse_other_charset(title)
    named = _named_category(around, row)
    category = _category(around, row, title, named or around.otherwise)
    if len(title) > _LONGEST_TITLE or not _WORD.search(title) or fold(title) in _AS_ABOVE:
        raise Odd(
            Message("the row has no title that could be written"),
            Message("write out the title of the post, such as: Chuyên viên"),
        )
    at = around.place(row)
    if name.remark:
        yield look(at, name.text, name.remark, CHECK_SPELLING)
    notes = tuple(filter(None, map(text_of, columns.cells(row, "note"))))
    said = tuple((each, found) for each in notes if (found := leaving(each)))
    yield Entry(at, name.text, title, category, texts_of(around, row), start, said, notes,
                None if named else category_of_title(title))  # fmt: skip


def _category(
    around: Around, row: Row, title: str, category: Category | NotEntitled | None
) -> Category:
    """Return the category of an official; raise `Odd` for somebody who is none (Art. 4)."""
    remarks = [text_of(cell) for cell in around.columns.cells(row, "note")]
    if category == NOT_ENTITLED or any(map(is_not_entitled, (title, *remarks))):
        raise Odd(
            Message("who is none of the three categories has no mailbox"),
            Message("nothing; or correct the category, if it is wrong"),
        )
    if category is None:
        fields: Sequence[Field] = ("category", "rank")
        codes = [text_of(cell) for name in fields for cell in around.columns.cells(row, name)]
        nothing = Message("nothing says whether they are cadre, civil servant or public employee")
        raise Odd(
            Message("{code} alone does not show whether they are cadre, civil servant or public "
                    "employee", code=shown(codes[0])) if codes else nothing,
            Message("write it into a column; or give --category for all rows without it"),
        )  # fmt: skip
    return category


def _named_category(around: Around, row: Row) -> Category | NotEntitled | None:
    """Return what the row says, else its section."""
    if marked := _marked(around.columns, row):
        return marked
    for cell in around.columns.cells(row, "category"):
        return category_of(text_of(cell))
    for cell in around.columns.cells(row, "rank"):
        if found := category_of_rank(text_of(cell)):
            return found
    for section in reversed(around.sections):
        if found := category_of(section.text):
            return found
    return None


def _marked(columns: Columns, row: Row) -> Category | NotEntitled | None:
    """Return the category whose column the row has a mark in; raise `Odd` if there are two."""
    found = {
        category
        for number, category in columns.marks.items()
        if number < len(row.cells) and _MARKS.match(text_of(row.cells[number]))
    }
    if len(found) > 1:
        raise Odd(Message("the row is marked for two categories"), Message("leave the mark of one"))
    return next(iter(found), None)


def texts_of(around: Around, row: Row) -> Texts:
    """Return the texts that name the unit of a row."""
    cells = (cell for name in _PLACES for cell in around.columns.cells(row, name))
    own = tuple(" ".join(text_of(cell).split()) for cell in cells)
    return Texts(around.outer, headings_of(around), own)


def headings_of(around: Around) -> tuple[str, ...]:
    """Return the headings that a row stands below, without those that name a category."""
    return tuple(each.text for each in around.sections if category_of(each.text) is None)
