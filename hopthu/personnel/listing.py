"""What a list says of people, row by row, and the rows of which that cannot be told.

Nothing here knows the data: units are the texts that name them, from the outermost on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import same
from hopthu.model.organisation import Category
from hopthu.personnel.categories import category_of
from hopthu.personnel.charsets import CHARSETS, charset_of
from hopthu.personnel.columns import Columns, columns_of
from hopthu.personnel.dates import is_day_first
from hopthu.personnel.findings import Finding, Odd, Place, left_out, look
from hopthu.personnel.person_row import Around, Entry, person_of, written_name
from hopthu.personnel.sections import NONE, number_of, section_of
from hopthu.personnel.table import Cell, Row, Sheet, Unreadable

_OF_UNIT = re.compile(r"\s*(tên )?(đơn vị|cơ quan)\s*:\s*(?P<text>\S.*)", re.IGNORECASE)


class Heading(NamedTuple):
    """A row that stands above others, and should name a unit."""

    place: Place
    text: str


@dataclass(frozen=True)
class Listing:
    """What was read of a file: its people, its headings, and what a person has to look at."""

    entries: Sequence[Entry] = ()
    headings: Sequence[Heading] = ()
    findings: Sequence[Finding] = ()


def listing_of(file: str, sheets: Sequence[Sheet], otherwise: Category | None = None) -> Listing:
    """Return what a file says; `otherwise` is the category where the list names none.

    Raises `Unreadable` if no sheet has a header, or the character set of one is not known.
    """
    found: list[Entry | Heading | Finding] = []
    with_header = [(sheet, columns) for sheet in sheets if (columns := columns_of(sheet.rows))]
    if not with_header:
        raise Unreadable(
            Message("no sheet has a header with the names and, say, the titles of people"),
            fix=Message('name the columns as usual: "Họ và tên", "Chức danh", "Đơn vị" and so on'),
        )
    for sheet, columns in with_header:
        charset = _charset(file, sheet)
        found += _about_sheet(file, sheet, columns, charset)
        rows = _in_unicode(sheet.rows, charset)
        found += _rows(_around(file, sheet.name, rows, columns, otherwise), rows)
    read = {sheet.name for sheet, _ in with_header}
    found += (_no_list(file, s) for s in sheets if s.rows and s.name not in read)
    return Listing(
        tuple(each for each in found if isinstance(each, Entry)),
        tuple(each for each in found if isinstance(each, Heading)),
        tuple(each for each in found if isinstance(each, Finding)),
    )


def _charset(file: str, sheet: Sheet) -> str:
    texts = (cell for row in sheet.rows for cell in row.cells if isinstance(cell, str))
    charset = charset_of(texts)
    if charset is None:
        raise Unreadable(
            Message(
                "{place}: the text is neither Unicode nor wholly in one of: {sets}",
                place=sheet.name or file,
                sets=", ".join(CHARSETS),
            ),
            fix=Message("convert the whole list to Unicode first, with the tool it was typed with"),
        )
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


def _around(
    file: str, name: str, rows: Sequence[Row], columns: Columns, otherwise: Category | None
) -> Around:
    body = rows[columns.below :]
    starts = [cell for row in body for cell in columns.cells(row, "start")]
    people = [row for row in body if columns.first(row, "title") is not None]
    counted = sum(isinstance(number_of(columns, row), int) for row in people)
    headed = tuple(_headed(rows[: columns.below]))
    numbered = 0 < len(people) <= 2 * counted
    return Around(file, name, columns, is_day_first(starts), numbered, otherwise, headed)


def _headed(above: Sequence[Row]) -> Iterator[str]:
    """Yield the unit that the whole sheet says it is of, above its header."""
    for row in above:
        for cell in row.cells:
            if isinstance(cell, str) and (found := _OF_UNIT.match(cell)):
                yield found["text"].strip()
                return


def _rows(around: Around, rows: Sequence[Row]) -> Iterator[Entry | Heading | Finding]:
    columns = around.columns
    headers = {written_name(columns, row) for row in rows[columns.header : columns.below]} - {""}
    for row in rows[columns.below :]:
        if written_name(columns, row) in headers:
            continue  # repeated on each page
        section = section_of(columns, row)
        if section is None:
            try:
                yield from person_of(around, row)
            except Odd as odd:
                name = written_name(columns, row)
                yield left_out(around.place(row), name, odd.what, odd.fix)
        elif section.depth == NONE:
            yield look(
                around.place(row),
                "",
                Message("{text} names nobody", text=shown(section.text)),
                Message("nothing, if it is only a heading, a sum or a signature"),
            )
        else:
            around.sections = [each for each in around.sections if each.depth < section.depth]
            around.sections.append(section)
            if category_of(section.text) is None:
                yield Heading(around.place(row), section.text)


def _no_list(file: str, sheet: Sheet) -> Finding:
    return look(
        Place(file, sheet.name, sheet.rows[0].number),
        "",
        Message("the sheet has no header with the names of people and was not read"),
        Message("nothing, if it is no list"),
    )
