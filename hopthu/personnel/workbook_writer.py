"""Write the workbook in which a person reviews a list. Nothing of the list becomes a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

import xlsxwriter

from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.personnel import labels
from hopthu.personnel.review import Review
from hopthu.personnel.workbook_layout import (
    CHANGE_COLUMNS,
    FIRST_ROW,
    PERSON_COLUMNS,
    QUESTION_COLUMNS,
    UNIT_COLUMNS,
    Column,
    change_row,
    person_row,
    question_row,
    seal,
    seal_of_all,
    unit_row,
)

_STEPS = (
    "1. Trang “Cần quyết định”: chọn ở cột Quyết định; mỗi nội dung chỉ quyết định một lần.",
    "2. Nếu có đơn vị ghi “Cần quyết định”: lưu tệp, chạy lại lệnh import … --review với tệp này.",
    "3. Trang “Đơn vị”: đọc cột Được đọc là; sửa tên, loại, mã, địa chỉ nếu cần; ghi x ở cột Đúng.",
    "4. Trang “Người”: xem các dòng tô màu ở cột Nhận; chọn Thủ trưởng cho đơn vị có hộp thư.",
    "5. Lưu tệp và chạy: hopthu import TỆP.xlsx --basis VĂN_BẢN.",
    "Mã và địa chỉ thư được giữ vĩnh viễn: kiểm tra trước khi nhập.",
)
_COLOURS = {
    **dict.fromkeys((labels.TO_DECIDE, labels.UNDECIDED), "#F8CBAD"),
    **dict.fromkeys((labels.ON_RECORD, labels.LEFT, labels.PRESENT), "#E7E6E6"),
}
_LONGEST = 32_000
_OPEN, _HEAD, _LINE = "#FFF9DB", "#1F4E78", "#BFBFBF"


def write(review: Review, about: Sequence[tuple[str, str]], kinds: Mapping[str, str]) -> bytes:
    """Return the workbook of a review; `about` is what it is made of, `kinds` those of units."""
    return _Writer(review, about, kinds).content()


def _lists(kinds: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    """Return the columns of the tables with fixed choices."""
    return {
        "tick": (labels.TICK, labels.NO_PLACE),
        "kind": tuple(kinds.values()),
        "category": (*labels.CATEGORY.values(), labels.NOT_ENTITLED),
        "taken": (labels.TAKEN, labels.LEFT, labels.PRESENT),
        "head": (labels.HEAD, labels.ACTING),
        "how": tuple(labels.ENDING.values()),
    }


class _Writer:
    def __init__(
        self, review: Review, about: Sequence[tuple[str, str]], kinds: Mapping[str, str]
    ) -> None:
        self._review, self._about, self._kinds = review, about, {**labels.KIND, **kinds}
        self._buffer = io.BytesIO()
        self._book = xlsxwriter.Workbook(self._buffer, {"constant_memory": True})
        self._formats: dict[tuple[str, bool, bool, bool], Any] = {}
        self._ranges: dict[Sequence[str], str] = {}
        self._seals: list[str] = []

    def content(self) -> bytes:
        review = self._review
        numbers = {question: n for n, question in enumerate(review.questions, start=1)}
        info = self._book.add_worksheet(labels.INFO_SHEET)
        asked = self._book.add_worksheet(labels.QUESTION_SHEET)
        units = self._book.add_worksheet(labels.UNIT_SHEET)
        people = self._book.add_worksheet(labels.PERSON_SHEET)
        differences = self._book.add_worksheet(labels.CHANGE_SHEET) if review.changes else None
        self._fill_choices(self._book.add_worksheet(labels.CHOICE_SHEET))
        self._table(units, UNIT_COLUMNS, (unit_row(p, self._kinds) for p in review.places), "state")
        rows = (person_row(person, review, numbers) for person in review.people)
        self._table(people, PERSON_COLUMNS, rows, "taken")
        questions = (
            question_row(numbers[key], key, each) for key, each in review.questions.items()
        )
        self._table(asked, QUESTION_COLUMNS, questions, "choice")
        for row, each in enumerate(review.questions.values(), start=FIRST_ROW):
            self._choose(asked, f"G{row}", each.choices, strict=len(each.choices) > 1)
        if differences:
            changed = (change_row(n, each) for n, each in enumerate(review.changes, start=1))
            self._table(differences, CHANGE_COLUMNS, changed, "kind")
        self._fill_info(info)
        self._book.close()
        return self._buffer.getvalue()

    def _fill_info(self, sheet: Any) -> None:
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 90)
        review = self._review
        rows = [
            (labels.FORM, ""),
            *self._about,
            (labels.UNIT_SHEET, str(len(review.places))),
            (labels.PERSON_SHEET, str(len(review.people))),
            (labels.QUESTION_SHEET, str(len(review.questions))),
            (labels.CHANGE_SHEET, str(len(review.changes))),
            ("Cột không đọc", "; ".join(review.unread)[:_LONGEST]),
        ]
        rows += [(labels.SEAL, seal_of_all(rows, self._seals)), *((step, "") for step in _STEPS)]
        for number, (key, value) in enumerate(rows):
            _put(sheet, number, 0, key, self._format("", head=number == 0))
            _put(sheet, number, 1, value, self._format(""))

    def _fill_choices(self, sheet: Any) -> None:
        """Write each list of choices into a row of a hidden sheet: cells name it from there."""
        sheet.hide()
        asked = [each.choices for each in self._review.questions.values()]
        for number, choices in enumerate(dict.fromkeys((*_lists(self._kinds).values(), *asked))):
            for column, choice in enumerate(choices):
                _put(sheet, number, column, choice, None)
            last = xlsxwriter.utility.xl_col_to_name(len(choices) - 1)
            self._ranges[choices] = f"='{labels.CHOICE_SHEET}'!$A${number + 1}:${last}${number + 1}"

    def _table(
        self, sheet: Any, columns: Mapping[str, Column], rows: Iterable[Mapping[str, object]],
        marked: str,
    ) -> None:  # fmt: skip
        """Write a table below its frozen header; `marked` is the column that colours a row."""
        for number, column in enumerate(columns.values()):
            sheet.set_column(number, number, column.width)
            _put(sheet, 0, number, column.header, self._format("", head=True))
        last = 0
        for last, row in enumerate(rows, start=1):
            self._seals.append(seal(sheet.name, columns, {k: _text(v) for k, v in row.items()}))
            colour = _COLOURS.get(str(row[marked]), "")
            for number, (key, column) in enumerate(columns.items()):
                form = self._format(colour, is_open=column.open, is_day=key == "start")
                value = self._seals[-1] if key == "seal" else row[key]
                _put(sheet, last, number, value, form)
        sheet.freeze_panes(1, list(columns).index("path") if "path" in columns else 0)
        sheet.autofilter(0, 0, last, len(columns) - 1)
        for key, choices in _lists(self._kinds).items():
            if key in columns and last:
                letter = xlsxwriter.utility.xl_col_to_name(list(columns).index(key))
                self._choose(sheet, f"{letter}{FIRST_ROW}:{letter}{last + 1}", choices, strict=True)

    def _choose(self, sheet: Any, cells: str, choices: Sequence[str], *, strict: bool) -> None:
        """Offer a list in cells; unless `strict`, something else may be written as well."""
        source = self._ranges[choices]
        sheet.data_validation(cells, {"validate": "list", "source": source, "show_error": strict})

    def _format(self, colour: str, *, head: bool = False, is_open: bool = False,
                is_day: bool = False) -> Any:  # fmt: skip
        key = (colour, head, is_open, is_day)
        if key not in self._formats:
            fill = _HEAD if head else colour or (_OPEN if is_open else "")
            look: dict[str, object] = {"border": 1, "border_color": _LINE, "valign": "top"}
            look |= {"bg_color": fill} if fill else {}
            look |= {"bold": True, "font_color": "white", "text_wrap": True} if head else {}
            look |= {"num_format": "dd/mm/yyyy"} if is_day else {}
            self._formats[key] = self._book.add_format(look)
        return self._formats[key]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _put(sheet: Any, row: int, column: int, value: object, form: Any) -> None:
    """Write a cell by the type of its value: a text is never read as anything else."""
    if isinstance(value, date):
        failed = sheet.write_datetime(row, column, datetime.combine(value, time()), form)
    elif isinstance(value, int):
        failed = sheet.write_number(row, column, value, form)
    elif value in ("", None):
        failed = sheet.write_blank(row, column, None, form)
    else:
        failed = sheet.write_string(row, column, str(value), form)
    if failed:
        raise UsageError(
            Message("a text of the list is too long for a cell of the workbook"),
            fix=Message("shorten it; a list has a name or a title in a cell"),
        )
