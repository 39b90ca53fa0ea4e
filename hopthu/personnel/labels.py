"""The words of the workbook: Vietnamese in every language of the run, as its readers are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.i18n.terms import CATEGORIES, ENDINGS, UNITS
from hopthu.model.organisation import Category

About = Literal[
    "sheet", "level", "kind", "blank", "category", "title", "day", "remark", "hidden", "unread"
]
FORM = "hopthu: phiếu rà soát danh sách, bản 4"
"""What the first cell of the workbook says."""
INFO_SHEET, UNIT_SHEET, PERSON_SHEET, QUESTION_SHEET, CHANGE_SHEET, CHOICE_SHEET = (
    "Hướng dẫn", "Đơn vị", "Người", "Cần quyết định", "Khác nhau", "Danh mục",
)  # fmt: skip
NEW, ON_RECORD, TO_DECIDE = "Mới", "Đã có", "Cần quyết định"
"""The states of a unit."""
UNDECIDED = "?"
"""Stands in a cell that somebody has to fill in."""
ABOUT: Mapping[About, str] = {
    "sheet": "Trang tính này của đơn vị nào? Ghi: Sở A › Chi cục B",
    "level": "Đề mục không có số thứ tự: thuộc cấp nào?",
    "kind": "Đề mục này là đơn vị loại gì?",
    "blank": "Ô đơn vị của các dòng này để trống: thuộc đơn vị nào?",
    "category": "Nội dung này là nhóm đối tượng nào?",
    "title": "Người có chức danh này thuộc nhóm nào?",
    "day": "Không đọc được ngày: ghi ngày dd/mm/yyyy, hoặc chọn",
    "remark": "Người có ghi chú này có được cấp hộp thư không?",
    "unread": "Trang tính không có dòng tiêu đề cột, không đọc được: có bỏ qua không?",
    "hidden": "Các dòng bị ẩn của trang tính có được nhận không?",
}
SEVERAL = "Nhiều đơn vị trực thuộc tỉnh"
BELOW = "Thuộc đề mục có số ở ngay trên"
UNDER = "Thuộc đề mục không có số ở ngay trên"
BESIDE = "Ngang cấp đề mục có số ở ngay trên"
AT_TOP = "Trực thuộc tỉnh"
NO_UNIT = "Không phải đơn vị (tính vào đề mục ở trên)"
A_PERSON = "Là một người"
AS_ABOVE = "Như dòng trên"
BLANK = "(ô đơn vị để trống)"
"""Stands for the text of a cell that names no unit, below others that do."""
TAKEN, LEFT, PRESENT = "Có", "Không", "Đã có"
HEAD, ACTING = "Thủ trưởng", "Phụ trách"
TICK = "x"
NOT_ENTITLED = "Không thuộc đối tượng"
CATEGORY: Mapping[Category, str] = {
    key: translate(name, "vi") for key, name in CATEGORIES.items()  # type: ignore[misc]
}  # fmt: skip
_OF_PEOPLE = (*CATEGORY.values(), NOT_ENTITLED)
_CHOICES: Mapping[About, Sequence[str]] = {
    "sheet": (SEVERAL,), "level": (BELOW, UNDER, BESIDE, AT_TOP, NO_UNIT, A_PERSON),
    "kind": (NO_UNIT, A_PERSON), "blank": (NO_UNIT, AS_ABOVE), "category": _OF_PEOPLE,
    "title": _OF_PEOPLE, "day": ("Theo ngày của văn bản",), "remark": (TAKEN, LEFT),
    "hidden": (TAKEN, LEFT), "unread": ("Bỏ qua",),
}  # fmt: skip
OF_UNITS: Sequence[About] = ("sheet", "level", "kind", "blank")
"""The questions that units follow from."""
KIND: Mapping[str, str] = {key: translate(name, "vi") for key, name in UNITS.items()}
DIFFERENCES: Mapping[str, Message] = {
    "new": Message("in the list, not in the data"),
    "gone": Message("has a mailbox, not in the list"),
    "moved": Message("is in another unit"),
    "renamed": Message("is written otherwise"),
    "titled": Message("has another title"),
}
"""How a list and the data differ about somebody."""
CHANGES: Mapping[str, str] = {key: translate(name, "vi") for key, name in DIFFERENCES.items()}
ENDING: Mapping[str, str] = {
    key: translate(ENDINGS[key], "vi")
    for key in ("retired", "resigned", "transferred_out", "dismissed", "died")
}
WITHIN = " › "
"""Between a unit and its part."""


def choices(about: About, kinds: Sequence[str]) -> Sequence[str]:
    """Return what may be chosen of a question; of a kind also the kinds of units."""
    return (*_CHOICES[about], *(kinds if about == "kind" else ()))
