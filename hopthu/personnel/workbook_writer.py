"""Write the workbook in which a person reviews a list. Nothing of the list becomes a formula."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from operator import attrgetter
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.personnel import labels
from hopthu.personnel.child import WRITTEN_SHEET
from hopthu.personnel.review import (
    CHANGES,
    LAYOUTS,
    PEOPLE,
    QUESTIONS,
    UNITS,
    Asked,
    Column,
    Layout,
    Review,
)
from hopthu.personnel.table import one_line

_STEPS = (
    "1. Trang “Cần quyết định”: chọn ở cột Quyết định; mỗi nội dung chỉ quyết định một lần.",
    "2. Lưu tệp, chạy lại lệnh import … --review với tệp này, cho đến khi quyết định hết.",
    "3. Trang “Đơn vị”: đọc cột Được đọc là; sửa tên, loại, mã, địa chỉ nếu cần; ghi x ở cột Đúng.",
    "4. Trang “Người”: xem các dòng tô màu ở cột Nhận; chọn Thủ trưởng cho đơn vị có hộp thư.",
    "Dòng nào có ô được sửa ở hai trang này thì ghi số ô ấy vào cột Số ô đã sửa của dòng đó.",
    "5. Lưu tệp và chạy: hopthu import TỆP.xlsx --basis VĂN_BẢN.",
    "Mã và địa chỉ thư được giữ vĩnh viễn: kiểm tra trước khi nhập.",
    "Danh sách .xls, .ods: dòng ẩn cũng được đọc; .ods: ô gộp chỉ đọc ô đầu. Nên lưu thành .xlsx.",
)
_COLOURS = {
    **dict.fromkeys((labels.TO_DECIDE, labels.UNDECIDED), "#F8CBAD"),
    **dict.fromkeys((labels.ON_RECORD, labels.LEFT, labels.PRESENT), "#E7E6E6"),
}
_LONGEST = 32_000
_OPEN, _HEAD, _LINE = "#FFF9DB", "#1F4E78", "#BFBFBF"


def write(review: Review, about: Sequence[tuple[str, str]]) -> bytes:
    """Return the workbook of a review as a file; `about` is what it is made of."""
    return _Writer(review).content(about)


def _when(asked: Asked) -> tuple[bool, bool]:
    """Return when a question is to be decided: open ones first, among them those of headings."""
    return bool(asked.choice), asked.about not in labels.OF_UNITS


def _cell(record: Any, key: str, column: Column) -> object:
    """Return what a column shows of a record: a word, or a value; of 0 nothing."""
    value = getattr(record, key) or column.blank
    return column.words.get(value, value) if isinstance(value, str) else value


class _Writer:
    def __init__(self, review: Review) -> None:
        self._review = review
        self._buffer = io.BytesIO()
        as_text = {"strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(self._buffer, {"constant_memory": True, **as_text})
        look = {"border": 1, "border_color": _LINE, "valign": "top"}
        head = {"bold": True, "font_color": "white", "text_wrap": True, "bg_color": _HEAD}
        day = {"bg_color": _OPEN, "num_format": "dd/mm/yyyy", "align": "left"}
        self._head, self._closed = self._book.add_format(look | head), self._book.add_format(look)
        self._open = self._book.add_format(look | {"bg_color": _OPEN})
        self._day = self._book.add_format(look | day)
        self._ranges: dict[Sequence[str], str] = {}

    def content(self, about: Sequence[tuple[str, str]]) -> bytes:
        review = self._review
        info = self._book.add_worksheet(labels.INFO_SHEET)
        records: Mapping[str, Sequence[Any]] = {
            labels.UNIT_SHEET: review.places[1:], labels.PERSON_SHEET: review.people,
            labels.QUESTION_SHEET: sorted(review.questions.values(), key=_when),
            labels.CHANGE_SHEET: review.changes,
        }  # fmt: skip
        shown = (QUESTIONS, UNITS, PEOPLE, *((CHANGES,) if review.changes else ()))
        sheets = [(self._book.add_worksheet(layout.sheet), layout) for layout in shown]
        self._lists = self._book.add_worksheet(labels.CHOICE_SHEET)
        self._lists.hide()
        for sheet, layout in sheets:
            self._table(sheet, layout, records[layout.sheet])
        self._fill_written(records)
        self._fill_info(info, about)
        self._book.close()
        return self._buffer.getvalue()

    def _fill_info(self, sheet: Any, about: Sequence[tuple[str, str]]) -> None:
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 90)
        unread = ("Cột không đọc", "; ".join(self._review.unread)[:_LONGEST])
        rows = (labels.FORM, ""), *about, unread, *((step, "") for step in _STEPS)
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                form = self._head if number == column == 0 else self._closed
                self._put(sheet, number, column, text, form)

    def _fill_written(self, tables: Mapping[str, Sequence[Any]]) -> None:
        """Write each row in a cell, as it will be read; in a column those of a table, by number."""
        sheet = self._book.add_worksheet(WRITTEN_SHEET)
        sheet.hide()
        ordered = [sorted(tables[each.sheet], key=attrgetter("number")) for each in LAYOUTS]
        for row, records in enumerate(zip_longest(*ordered)):
            for at, (layout, record) in enumerate(zip(LAYOUTS, records, strict=True)):
                if record:
                    cells = (_cell(record, *each) for each in layout.columns.items())
                    text = "\n".join(one_line(str(cell)) for cell in cells)
                    self._put(sheet, row, at, text, self._closed)

    def _table(self, sheet: Any, layout: Layout, records: Sequence[Any]) -> None:
        """Write a table below its frozen header."""
        columns = layout.columns
        letters = {key: xl_col_to_name(number) for number, key in enumerate(columns)}
        for at, column in enumerate(columns.values()):
            sheet.set_column(at, at, column.width)
            self._put(sheet, 0, at, column.header, self._head)
        for row, record in enumerate(records, start=1):
            for at, (key, column) in enumerate(columns.items()):
                form = self._day if column.is_day else self._open if column.open else self._closed
                self._put(sheet, row, at, _cell(record, key, column), form)
        last = len(records) + 1
        sheet.freeze_panes(1, list(columns).index("path") if "path" in columns else 0)
        sheet.autofilter(0, 0, last - 1, len(columns) - 1)
        for word, colour in _COLOURS.items():
            look = self._book.add_format({"bg_color": colour})
            criteria = f'=${letters[layout.coloured]}2="{word}"'
            rule = {"type": "formula", "criteria": criteria, "format": look}
            sheet.conditional_format(1, 0, last - 1, len(columns) - 1, rule)
        for key, column in columns.items():
            words = column.words.values()
            choices = (labels.NO_UNIT, *self._review.kinds) if key == "kind" else tuple(words)
            if column.open and choices:
                self._choose(sheet, f"{letters[key]}2:{letters[key]}{last}", choices)
        for row, record in enumerate(records, start=2) if layout == QUESTIONS else ():
            self._choose(sheet, f"{letters['choice']}{row}", record.choices)

    def _choose(self, sheet: Any, cells: str, choices: Sequence[str]) -> None:
        """Offer a list in cells, from a row of a hidden sheet; a single choice is a proposal."""
        if choices not in self._ranges:
            row, last = len(self._ranges), xl_col_to_name(len(choices) - 1)
            self._lists.write_row(row, 0, choices)
            self._ranges[choices] = f"='{labels.CHOICE_SHEET}'!$A${row + 1}:${last}${row + 1}"
        source, strict = self._ranges[choices], len(choices) > 1
        sheet.data_validation(cells, {"validate": "list", "source": source, "show_error": strict})

    def _put(self, sheet: Any, row: int, column: int, value: object, form: Any) -> None:
        """Write a cell by the type of its value: a text is never anything else."""
        if sheet.write(row, column, value, form):
            raise UsageError(
                Message("a text of the list is too long for a cell of the workbook"),
                fix=Message("shorten it; a list has a name or a title in a cell"),
            )
