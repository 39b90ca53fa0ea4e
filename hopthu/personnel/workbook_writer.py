"""Write the workbook in which a person reviews a list. Nothing of the list becomes a formula."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.personnel import labels
from hopthu.personnel.child import WRITTEN_SHEET
from hopthu.personnel.review import Asked, Review
from hopthu.personnel.table import Cell
from hopthu.personnel.workbook import FIRST_ROW, Line, Table, Workbook

_STEPS = (
    "1. Trang “Cần quyết định”: chọn ở cột Quyết định; mỗi nội dung chỉ quyết định một lần.",
    "2. Lưu tệp, chạy lại lệnh import … --review với tệp này, cho đến khi quyết định hết.",
    "3. Trang “Đơn vị”: đọc cột Được đọc là; sửa tên, loại, mã, địa chỉ nếu cần; ghi x ở cột Đúng.",
    "4. Trang “Người”: xem các dòng tô màu ở cột Nhận; chọn Thủ trưởng cho đơn vị có hộp thư.",
    "Dòng nào có ô được sửa ở hai trang này thì ghi x ở cột Sửa của dòng đó.",
    "5. Lưu tệp và chạy: hopthu import TỆP.xlsx --basis VĂN_BẢN.",
    "Mã và địa chỉ thư được giữ vĩnh viễn: kiểm tra trước khi nhập.",
)
_COLOURS = {
    **dict.fromkeys((labels.TO_DECIDE, labels.UNDECIDED), "#F8CBAD"),
    **dict.fromkeys((labels.ON_RECORD, labels.LEFT, labels.PRESENT), "#E7E6E6"),
}
_LONGEST = 32_000
_OPEN, _HEAD, _LINE = "#FFF9DB", "#1F4E78", "#BFBFBF"


def workbook_of(review: Review, about: Sequence[tuple[str, str]]) -> Workbook:
    """Return the workbook of a review in memory; `about` is what it is made of."""
    made = Workbook()
    _fill(made.units, review.places[1:])
    _fill(made.people, review.people)
    asked = sorted(review.questions.values(), key=_when)
    _fill(made.questions, asked)
    _fill(made.changes, review.changes)
    made.info = [
        (labels.FORM, ""),
        *about,
        ("Cột không đọc", "; ".join(review.unread)[:_LONGEST]),
    ]
    return made


def _fill(table: Table, records: Sequence[Any]) -> None:
    """Fill a table with the fields of records, in words; of 0 is nothing."""
    for at, record in enumerate(records, start=1):
        cells: dict[str, Cell] = {}
        for key, column in table.layout.columns.items():
            value = getattr(record, key, None) or column.blank
            cells[key] = column.words.get(value, value) if isinstance(value, str) else value
        number = cells["number"] = record.number or at
        choices = getattr(record, "choices", ())
        table.lines[number] = Line(table, at + FIRST_ROW - 1, cells, choices=choices)


def _when(asked: Asked) -> tuple[bool, bool]:
    """Return when a question is to be decided: open ones first, among them those of headings."""
    return bool(asked.choice), asked.about not in labels.OF_UNITS


def write(made: Workbook, kinds: Mapping[str, str]) -> bytes:
    """Return a workbook as a file; `kinds` are the words of the kinds of units."""
    return _Writer(made, kinds).content()


class _Writer:
    def __init__(self, made: Workbook, kinds: Mapping[str, str]) -> None:
        self._made, self._kinds = made, (labels.NO_UNIT, *kinds.values())
        self._buffer = io.BytesIO()
        as_text = {"strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(self._buffer, {"constant_memory": True, **as_text})
        look = {"border": 1, "border_color": _LINE, "valign": "top"}
        head = {"bold": True, "font_color": "white", "text_wrap": True, "bg_color": _HEAD}
        self._head, self._closed = self._book.add_format(look | head), self._book.add_format(look)
        self._open = self._book.add_format(look | {"bg_color": _OPEN})
        self._day = self._book.add_format(
            look | {"bg_color": _OPEN, "num_format": "dd/mm/yyyy", "align": "left"}
        )
        self._ranges: dict[Sequence[str], str] = {}

    def content(self) -> bytes:
        made = self._made
        info = self._book.add_worksheet(labels.INFO_SHEET)
        shown = [made.questions, made.units, made.people]
        shown += [made.changes] if made.changes.lines else []
        sheets = [(each, self._book.add_worksheet(each.layout.sheet)) for each in shown]
        self._lists = self._book.add_worksheet(labels.CHOICE_SHEET)
        self._lists.hide()
        for table, sheet in sheets:
            self._table(sheet, table)
        self._fill_written(self._book.add_worksheet(WRITTEN_SHEET))
        self._fill_info(info)
        self._book.close()
        return self._buffer.getvalue()

    def _fill_info(self, sheet: Any) -> None:
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 90)
        for number, row in enumerate((*self._made.info, *((step, "") for step in _STEPS))):
            for column, text in enumerate(row):
                form = self._head if number == column == 0 else self._closed
                self._put(sheet, number, column, text, form)

    def _fill_written(self, sheet: Any) -> None:
        """Write each row in a cell, as it will be read; in a column those of a table, by number."""
        sheet.hide()
        tables = [[table.lines[n] for n in sorted(table.lines)] for table in self._made.tables]
        for number, lines in enumerate(zip_longest(*tables)):
            for column, line in enumerate(lines):
                text = "\n".join(map(line.text, line.cells)) if line else None
                self._put(sheet, number, column, text, self._closed)

    def _choices(self, table: Table) -> Mapping[str, Sequence[str]]:
        """Return the columns of a table with choices that all rows share."""
        columns = table.layout.columns.items()
        return {key: self._kinds if key == "kind" else tuple(each.words.values())
                for key, each in columns if each.open and each.words}  # fmt: skip

    def _table(self, sheet: Any, table: Table) -> None:
        """Write a table below its frozen header."""
        columns = table.layout.columns
        for number, column in enumerate(columns.values()):
            sheet.set_column(number, number, column.width)
            self._put(sheet, 0, number, column.header, self._head)
        for line in table.lines.values():
            for number, (key, column) in enumerate(columns.items()):
                form = self._open if column.open else self._closed
                form = self._day if column.is_day else form
                self._put(sheet, line.row - 1, number, line.cells[key], form)
        last = len(table.lines)
        for word, colour in _COLOURS.items():
            letter = xl_col_to_name(list(columns).index(table.layout.coloured))
            look = self._book.add_format({"bg_color": colour})
            rule = {"type": "formula", "criteria": f'=${letter}2="{word}"', "format": look}
            sheet.conditional_format(1, 0, last, len(columns) - 1, rule)
        sheet.freeze_panes(1, list(columns).index("path") if "path" in columns else 0)
        sheet.autofilter(0, 0, last, len(columns) - 1)
        for key, choices in self._choices(table).items():
            letter = xl_col_to_name(list(columns).index(key))
            self._choose(sheet, f"{letter}{FIRST_ROW}:{letter}{last + 1}", choices, strict=True)
        for line in table.lines.values():
            if line.choices:
                cell = line.refusal("choice", "").cell.partition("!")[2]
                self._choose(sheet, cell, line.choices, strict=len(line.choices) > 1)

    def _choose(self, sheet: Any, cells: str, choices: Sequence[str], *, strict: bool) -> None:
        """Offer a list in cells; unless `strict`, something else may be written as well.

        The list stands in a row of a hidden sheet.
        """
        if choices not in self._ranges:
            row, last = len(self._ranges), xl_col_to_name(len(choices) - 1)
            self._lists.write_row(row, 0, choices)
            self._ranges[choices] = f"='{labels.CHOICE_SHEET}'!$A${row + 1}:${last}${row + 1}"
        source = self._ranges[choices]
        sheet.data_validation(cells, {"validate": "list", "source": source, "show_error": strict})

    def _put(self, sheet: Any, row: int, column: int, value: Cell, form: Any) -> None:
        """Write a cell by the type of its value: a text is never anything else."""
        if sheet.write(row, column, value, form):
            raise UsageError(
                Message("a text of the list is too long for a cell of the workbook"),
                fix=Message("shorten it; a list has a name or a title in a cell"),
            )
