"""The sheets of the workbook in which a list is reviewed: their columns, as written and as read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hopthu.personnel import labels


class Column(NamedTuple):
    """A column: its header and width, whether a person may write into it, and its choices.

    `words` has the word of each value; `blank` stands where there is none yet.
    """

    header: str
    width: int
    open: bool = False
    words: Mapping[str, str] = {}
    is_day: bool = False
    blank: str = ""


class Layout(NamedTuple):
    """A sheet, its columns, and the one whose word colours a row.

    In the column `edited` a person says of a row that they changed it; a sheet without that column
    may be changed as it is.
    """

    sheet: str
    columns: Mapping[str, Column]
    coloured: str
    edited: str = ""

    def answers(self) -> list[str]:
        """Return the columns that a person may write into, besides those of ticks."""
        columns = self.columns.items()
        return [key for key, each in columns if each.open and each.words != _TICKS]


def words_of(values: Sequence[str]) -> Mapping[str, str]:
    """Return values that are words themselves."""
    return dict(zip(values, values, strict=True))


_NUMBER, _SHEET, _ROW = Column("Số", 6), Column("Trang tính", 12), Column("Dòng", 7)
_TICKS = words_of((labels.TICK,))
_EDITED = Column("Sửa", 8, open=True, words=_TICKS)
_START = Column("Từ ngày", 12, open=True, is_day=True)
_CATEGORY = Column("Nhóm", 12, open=True, words={str(k): w for k, w in labels.CATEGORY.items()})
UNITS = Layout(labels.UNIT_SHEET, {
    "number": _NUMBER,
    "sheet": _SHEET,
    "row": _ROW,
    "written": Column("Danh sách ghi", 30),
    "path": Column("Được đọc là", 60),
    "people": Column("Số người", 9),
    "first": Column("Người đầu", 20),
    "last": Column("Người cuối", 20),
    "state": Column("Tình trạng", 16),
    "how": Column("Căn cứ xác định cấp", 24),
    "above": Column("Thuộc số", 9, open=True),
    "name": Column("Tên đơn vị", 34, open=True),
    "short": Column("Tên viết tắt", 12, open=True),
    "kind": Column("Loại đơn vị", 16, open=True, words=labels.KIND),
    "id": Column("Mã", 34, open=True),
    "address": Column("Địa chỉ thư", 16, open=True),
    "edited": _EDITED,
    "tick": Column("Đúng", 8, open=True, words=_TICKS),
}, "state", edited="edited")  # fmt: skip
PEOPLE = Layout(labels.PERSON_SHEET, {
    "number": _NUMBER,
    "sheet": _SHEET,
    "row": _ROW,
    "place": Column("Đơn vị số", 9, open=True),
    "path": Column("Đơn vị được đọc là", 50),
    "name": Column("Họ và tên", 24, open=True),
    "title": Column("Chức danh", 26, open=True),
    "start": _START,
    "category": _CATEGORY,
    "note": Column("Ghi chú trong danh sách", 26),
    "questions": Column("Theo quyết định số", 12),
    "taken": Column("Nhận", 9, open=True,
                    words=words_of((labels.TAKEN, labels.LEFT, labels.PRESENT))),
    "why": Column("Lý do", 40),
    "head": Column("Thủ trưởng", 12, open=True, words=words_of((labels.HEAD, labels.ACTING))),
    "id": Column("Mã", 22, open=True),
    "address": Column("Địa chỉ thư", 16, open=True),
    "edited": _EDITED,
}, "taken", edited="edited")  # fmt: skip
QUESTIONS = Layout(labels.QUESTION_SHEET, {
    "number": _NUMBER,
    "about": Column("Câu hỏi", 52, words={str(k): w for k, w in labels.ABOUT.items()}),
    "text": Column("Danh sách ghi", 50),
    "people": Column("Số người", 9),
    "sheet": _SHEET,
    "row": _ROW,
    "choice": Column("Quyết định", 44, open=True, blank=labels.UNDECIDED),
}, "choice")  # fmt: skip
CHANGES = Layout(labels.CHANGE_SHEET, {
    "number": _NUMBER,
    "kind": Column("Khác nhau", 36, words=labels.CHANGES),
    "person": Column("Mã người", 22),
    "in_data": Column("Dữ liệu ghi", 40),
    "row": Column("Số ở trang Người", 10),
    "name": Column("Họ và tên", 24, open=True),
    "title": Column("Chức danh", 26, open=True),
    "path": Column("Đơn vị theo danh sách", 50),
    "unit": Column("Mã đơn vị", 30, open=True),
    "category": _CATEGORY,
    "how": Column("Hình thức (nếu không còn)", 24, open=True, words=labels.ENDING),
    "start": _START,
    "decision": Column("Quyết định", 22, open=True),
    "request": Column("Văn bản đề nghị", 22, open=True),
    "tick": Column("Ghi vào dữ liệu", 12, open=True, words=_TICKS),
}, "kind", edited="tick")  # fmt: skip
