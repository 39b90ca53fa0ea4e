"""What a list says of people, row by row, and the rows of which that cannot be told.

Nothing here knows the data: units are the texts that name them, from the outermost on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hopthu.diagnostics.problem import printable, shown
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import same
from hopthu.model.organisation import Category
from hopthu.personnel.categories import category_of
from hopthu.personnel.charsets import CHARSETS, charset_of
from hopthu.personnel.columns import (
    Columns,
    Field,
    columns_of,
    letters,
    numbers_columns,
    same_columns,
)
from hopthu.personnel.dates import is_day_first
from hopthu.personnel.findings import Finding, Odd, Place, left_out, look
from hopthu.personnel.person_row import (
    Around,
    Entry,
    headings_of,
    person_of,
    texts_of,
    written_name,
)
from hopthu.personnel.sections import (
    NONE,
    Section,
    among,
    is_signature,
    number_of,
    section_of,
)
from hopthu.personnel.sheet_titles import line_of, outer_of
from hopthu.personnel.table import Cell, Row, Sheet, Unreadable, text_of
from hopthu.personnel.whereabouts import Outer, Texts

_ASIDE: Sequence[Field] = ("number", "ignored")
_HIDDEN = (
    Message("the row is hidden"),
    Message("show it, if they are in post; delete it, if not"),
)
_BELOW_SIGNATURES = (
    Message("the row stands below the signatures"),
    Message("move it above them, if it is a person of the list"),
)


class NoHeader(Unreadable):
    """Nothing in the file says what the columns hold."""


class Heading(NamedTuple):
    """A row that stands above others, and should name a unit."""

    place: Place
    texts: Texts

    @property
    def text(self) -> str:
        """What the row says."""
        return self.texts.headings[-1]


class Unread(NamedTuple):
    """The texts that name the unit of a row that was left out."""

    texts: Texts


_Found = Entry | Heading | Finding | Unread


@dataclass(frozen=True)
class Listing:
    """What was read of a file: its people, its headings, and what a person has to look at.

    `unread` are the units of rows of which no person could be made.
    """

    entries: Sequence[Entry] = ()
    headings: Sequence[Heading] = ()
    findings: Sequence[Finding] = ()
    unread: Sequence[Unread] = ()


def listing_of(file: str, sheets: Sequence[Sheet], otherwise: Category | None = None) -> Listing:
    """Return what a file says; `otherwise` is the category where the list names none.

    Raises `NoHeader` if no sheet has a header, `Unreadable` if a character set is not known.
    """
    found: list[_Found] = []
    with_header = [(s, columns) for s in sheets if (columns := _columns_of(s))]
    if not with_header:
        raise NoHeader(
            Message("no row names the columns of people, such as their names and titles"),
            fix=Message('name the columns as usual: "Họ và tên", "Chức danh", "Đơn vị" and so on'),
        )
    for sheet, columns in with_header:
        charset = _charset(sheet)
        found += _about_sheet(file, sheet, columns, charset)
        rows = _in_unicode(sheet.rows, charset)
        found += _rows(_around(file, sheet.name, rows, columns, otherwise), rows, sheet.hidden)
    read = {sheet.name for sheet, _ in with_header}
    found += (_no_list(file, s) for s in sheets if s.rows and s.name not in read)
    return Listing(
        tuple(each for each in found if isinstance(each, Entry)),
        tuple(each for each in found if isinstance(each, Heading)),
        tuple(each for each in found if isinstance(each, Finding)),
        tuple(each for each in found if isinstance(each, Unread)),
    )


def _columns_of(sheet: Sheet) -> Columns | None:
    try:
        return columns_of(sheet.rows)
    except Unreadable as error:
        raise _in_sheet(sheet, error.what, error.fix) from error


def _in_sheet(sheet: Sheet, what: Message, fix: Message | None) -> Unreadable:
    """Return what is wrong with a sheet, with its name if it has one."""
    named = Message("{place}: {reason}", place=printable(sheet.name), reason=what)
    return Unreadable(named if sheet.name else what, fix=fix)


def _charset(sheet: Sheet) -> str:
    texts = (cell for row in sheet.rows for cell in row.cells if isinstance(cell, str))
    charset = charset_of(texts)
    if charset is None:
        raise _in_sheet(
            sheet,
            Message("the text is neither Unicode nor wholly in one of: {sets}",
                    sets=", ".join(CHARSETS)),
            Message("convert the whole list to Unicode first, with the tool it was typed with"),
        )  # fmt: skip
    return charset


def _in_unicode(rows: Sequence[Row], charset: str) -> list[Row]:
    """Return the rows with their texts in Unicode, composed."""
    convert: Callable[[str], str] = CHARSETS.get(charset, str)
    known: dict[str, str] = {}

    def read(cell: Cell) -> Cell:
        if not isinstance(cell, str) or cell.isascii():
            return cell
        if cell not in known:
            known[cell] = same(convert(cell))
        return known[cell]

    return [Row(row.number, tuple(map(read, row.cells))) for row in rows]


def _about_sheet(file: str, sheet: Sheet, columns: Columns, charset: str) -> Iterator[Finding]:
    at = Place(file, sheet.name, sheet.rows[columns.below - 1].number)
    if charset:
        yield look(
            at,
            "",
            Message("the text is in {charset} and was converted to Unicode", charset=charset),
            Message("read some names and titles before you go on"),
        )
    if columns.unknown:
        yield look(
            at,
            "",
            Message("columns that were not read: {names}",
                    names=", ".join(shown(name) for name in columns.unknown[:20])),
            Message("nothing, if none of them has a name, title, unit, category or first day"),
        )  # fmt: skip
    read = (n for name, numbers in columns.of.items() if name not in _ASIDE for n in numbers)
    if hidden := sorted(sheet.hidden_columns.intersection(read)):
        header = sheet.rows[columns.header].cells
        names = [text_of(header[n]) if n < len(header) else letters(n) for n in hidden]
        yield look(
            at,
            "",
            Message("columns that are hidden, and were read: {names}",
                    names=", ".join(map(shown, names))),
            Message("show them, and check what they say"),
        )  # fmt: skip


def _around(
    file: str, name: str, rows: Sequence[Row], columns: Columns, otherwise: Category | None
) -> Around:
    body = rows[columns.below :]
    starts = [cell for row in body for cell in columns.cells(row, "start")]
    people = [row for row in body if columns.first(row, "title") is not None]
    counted = [row for row in people if isinstance(number_of(columns, row), int)]
    outer = tuple(dict.fromkeys(outer_of(name, rows[: columns.header])))
    numbered = 0 < len(people) <= 2 * len(counted)
    last = max((row.number for row in (counted if numbered else people)), default=0)
    return Around(file, name, columns, is_day_first(starts), numbered, otherwise, outer, last)


def _rows(around: Around, rows: Sequence[Row], hidden: Collection[int]) -> Iterator[_Found]:
    first = around.columns
    headers = {written_name(first, row) for row in rows[first.header : first.below]} - {""}
    signed = False
    for number, row in enumerate(rows[first.below :], start=first.below):
        columns = around.columns
        if written_name(columns, row) in headers or numbers_columns(row):
            again = columns_of(rows[number : number + 2])  # repeated on each page
            if again and not same_columns(again, columns):
                around.columns = again
            signed = signed and again is None
            continue
        if line := line_of(row):
            _begin(around, line)
            signed = False
            continue
        section = section_of(
            columns, row, numbered=around.numbered, followed=row.number < around.last
        )
        counted = isinstance(number_of(columns, row), int)
        signed = (signed and not counted) or is_signature(columns, row)
        if signed and (around.numbered or is_signature(columns, row)):
            yield _nobody(around, row)
        elif section is not None:
            section = among(section, around.sections, _marks(around, rows, number + 1))
            yield from _section(around, row, section)
        elif signed or row.number in hidden:
            yield left_out(
                around.place(row), written_name(columns, row),
                *(_BELOW_SIGNATURES if signed else _HIDDEN),
            )  # fmt: skip
            yield Unread(texts_of(around, row))
        else:
            yield from _person(around, row)


def _marks(around: Around, rows: Sequence[Row], first: int) -> Iterator[str]:
    """Yield the marks of the sections from one row on, until the table of another unit."""
    for number in range(first, len(rows)):
        if line_of(rows[number]):
            return
        section = section_of(around.columns, rows[number])
        if section and section.mark:
            yield section.mark


def _begin(around: Around, line: str) -> None:
    """Begin the table of another unit."""
    others = (each for each in around.outer if each.source != "line")
    around.outer = (*others, Outer("line", line))
    around.sections = []


def _person(around: Around, row: Row) -> Iterator[_Found]:
    try:
        yield from person_of(around, row)
    except Odd as odd:
        name = written_name(around.columns, row)
        yield left_out(around.place(row), name, odd.what, odd.fix)
        yield Unread(texts_of(around, row))


def _section(around: Around, row: Row, section: Section) -> Iterator[_Found]:
    if section.depth == NONE:
        yield _nobody(around, row)
        return
    around.sections = [each for each in around.sections if each.depth < section.depth]
    around.sections.append(section)
    if category_of(section.text) is None:
        yield Heading(around.place(row), Texts(around.outer, headings_of(around)))


def _nobody(around: Around, row: Row) -> Finding:
    (text, *_) = (cell for cell in row.cells if isinstance(cell, str))
    return look(
        around.place(row),
        shown(text),
        Message("not read as a person"),
        Message("nothing, if it is only a heading, a sum or a signature"),
    )


def _no_list(file: str, sheet: Sheet) -> Finding:
    return look(
        Place(file, sheet.name, sheet.rows[0].number),
        "",
        Message("the sheet has no header with the names of people and was not read"),
        Message("nothing, if it is no list"),
    )
