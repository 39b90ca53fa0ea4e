"""The sheets of the workbook in which a list is reviewed: their columns, as written and as read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from hopthu.i18n.vietnamese import same
from hopthu.personnel import labels
from hopthu.personnel.review import Asked, Change, Person, Place, Question, Review


class Column(NamedTuple):
    """A column: its header, its width, and whether a person may write into it."""

    header: str
    width: int
    open: bool = False


UNIT_COLUMNS: Mapping[str, Column] = {
    "number": Column("Số", 6),
    "sheet": Column("Trang tính", 12),
    "row": Column("Dòng", 7),
    "written": Column("Danh sách ghi", 30),
    "path": Column("Được đọc là", 60),
    "people": Column("Số người", 9),
    "first": Column("Người đầu", 20),
    "last": Column("Người cuối", 20),
    "state": Column("Tình trạng", 16),
    "how": Column("Căn cứ xác định cấp", 24),
    "above": Column("Thuộc số", 9, True),
    "name": Column("Tên đơn vị", 34, True),
    "short": Column("Tên viết tắt", 12, True),
    "kind": Column("Loại đơn vị", 16, True),
    "id": Column("Mã", 34, True),
    "address": Column("Địa chỉ thư", 16, True),
    "tick": Column("Đúng", 18, True),
    "seal": Column(labels.SEAL, 14),
}
PERSON_COLUMNS: Mapping[str, Column] = {
    "number": Column("Số", 6),
    "sheet": Column("Trang tính", 12),
    "row": Column("Dòng", 7),
    "place": Column("Đơn vị số", 9, True),
    "path": Column("Đơn vị được đọc là", 50),
    "name": Column("Họ và tên", 24, True),
    "title": Column("Chức danh", 26, True),
    "start": Column("Từ ngày", 12, True),
    "category": Column("Nhóm", 12, True),
    "note": Column("Ghi chú trong danh sách", 26),
    "questions": Column("Theo quyết định số", 12),
    "taken": Column("Nhận", 9, True),
    "why": Column("Lý do", 40),
    "head": Column("Thủ trưởng", 12, True),
    "id": Column("Mã", 22, True),
    "address": Column("Địa chỉ thư", 16, True),
    "seal": Column(labels.SEAL, 14),
}
QUESTION_COLUMNS: Mapping[str, Column] = {
    "number": Column("Số", 6),
    "about": Column("Câu hỏi", 44),
    "text": Column("Danh sách ghi", 50),
    "people": Column("Số người", 9),
    "sheet": Column("Trang tính", 12),
    "row": Column("Dòng", 7),
    "choice": Column("Quyết định", 44, True),
    "applied": Column("Đã áp dụng", 20),
    "seal": Column(labels.SEAL, 14),
}
CHANGE_COLUMNS: Mapping[str, Column] = {
    "number": Column("Số", 6),
    "kind": Column("Khác nhau", 36),
    "person": Column("Mã người", 22),
    "in_data": Column("Dữ liệu ghi", 40),
    "row": Column("Số ở trang Người", 10),
    "name": Column("Họ và tên", 24, True),
    "title": Column("Chức danh", 26, True),
    "path": Column("Đơn vị theo danh sách", 50),
    "unit": Column("Mã đơn vị", 30, True),
    "category": Column("Nhóm", 12, True),
    "how": Column("Hình thức (nếu không còn)", 24, True),
    "start": Column("Từ ngày", 12, True),
    "decision": Column("Quyết định", 22, True),
    "request": Column("Văn bản đề nghị", 22, True),
    "tick": Column("Ghi vào dữ liệu", 12, True),
    "seal": Column(labels.SEAL, 14),
}
FIRST_ROW = 2
"""The row of a table that is the first below its header."""


def one_line(written: str) -> str:
    """Return a text as it counts in a cell, whatever blanks a spreadsheet program makes of it."""
    return " ".join(same(written).split())


def seal(sheet: str, columns: Mapping[str, Column], cells: Mapping[str, str]) -> str:
    """Return a digest of the cells of a row that nobody may change, to see accidents by."""
    closed = [one_line(cells[key]) for key, column in columns.items()
              if not column.open and key != "seal"]  # fmt: skip
    return _digest([sheet, *closed])


def seal_of_all(info: Iterable[tuple[str, str]], seals: Iterable[str]) -> str:
    """Return a digest of what a workbook says of itself, and of all its rows."""
    return _digest([*(one_line(text) for row in info for text in row), *seals])


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:12]


def unit_row(place: Place, kinds: Mapping[str, str]) -> Mapping[str, object]:
    """Return the cells of a place; what waits for a decision is blank."""
    row = {key: getattr(place, key, "") for key in UNIT_COLUMNS}
    row["above"] = place.above or ""
    row["kind"] = kinds.get(place.kind, "")
    row["state"] = labels.ON_RECORD if place.unit else labels.NEW
    if place.question:
        row |= {"state": labels.TO_DECIDE, "name": "", "kind": ""}
    return row


def person_row(
    person: Person, review: Review, numbers: Mapping[Question, int]
) -> Mapping[str, object]:
    """Return the cells of a person; what waits for a decision is blank."""
    row = {key: getattr(person, key, "") for key in PERSON_COLUMNS}
    if person.place:
        row["path"] = review.places[person.place - 1].path
    row["place"] = person.place or ""
    row["questions"] = ", ".join(str(numbers[each]) for each in person.questions)
    words = {str(key): word for key, word in labels.CATEGORY.items()}
    asked = {about for about, _ in person.questions}
    row["category"] = "" if asked & {"category", "title"} else words.get(person.category, "")
    row["taken"] = person.taken or labels.UNDECIDED
    if person.taken == labels.TAKEN and person.questions:
        row["taken"] = ""
    return row


def question_row(number: int, question: Question, asked: Asked) -> Mapping[str, object]:
    """Return the cells of a question; what is decided is shown as applied."""
    row = {key: getattr(asked, key, "") for key in QUESTION_COLUMNS}
    choice = asked.choice or labels.UNDECIDED
    return {**row, "number": number, "about": labels.ABOUT[question[0]], "text": question[1],
            "choice": choice, "applied": asked.choice}  # fmt: skip


def change_row(number: int, change: Change) -> Mapping[str, object]:
    """Return the cells of a difference."""
    row = {key: getattr(change, key, "") for key in CHANGE_COLUMNS}
    kind = labels.CHANGES[change.kind]
    return {**row, "number": number, "kind": kind, "row": change.row or ""}
