"""What a person is shown of a list before anything of it is believed.

Each record is a row of the workbook; its fields say in which column they stand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple, get_type_hints

from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import translate
from hopthu.model.organisation import Category
from hopthu.personnel import labels
from hopthu.personnel.labels import About

Question = tuple[About, str]
"""What is to decide once, and the text of the list that it is about."""
Decisions = Mapping[Question, str]
"""What a person has decided, in the words of the workbook."""


class Column(NamedTuple):
    """A column: its header and width, whether a person may write into it, and its choices.

    `words` has the word of each value; `blank` stands where there is none yet.
    """

    header: str
    width: int
    open: bool = False
    words: Mapping[Any, str] = {}
    is_day: bool = False
    blank: str = ""


class Layout(NamedTuple):
    """A sheet, its columns, and the one whose word colours a row.

    In a column `edited` a person says of a row how many of its cells they changed; a sheet without
    that column may be changed as it is.
    """

    sheet: str
    columns: Mapping[str, Column]
    coloured: str


def words_of(values: Sequence[str]) -> Mapping[str, str]:
    """Return values that are words themselves."""
    return dict(zip(values, values, strict=True))


TICKS = words_of((labels.TICK,))


def columns_of(record: type) -> Mapping[str, Column]:
    """Return the columns that annotate fields of a record."""
    hints = get_type_hints(record, include_extras=True).items()
    return {name: column for name, hint in hints for column in getattr(hint, "__metadata__", ())}


_Category = Category | Literal[""]
_TAKEN = words_of((labels.TAKEN, labels.LEFT, labels.PRESENT))
_HEADS = words_of((labels.HEAD, labels.ACTING))


@dataclass(slots=True)
class Listed:
    """A row of the workbook, with its number, about a row of a list."""

    number: Annotated[int, Column("Số", 6)] = 0
    sheet: Annotated[str, Column("Trang tính", 12)] = ""
    row: Annotated[int, Column("Dòng", 7)] = 0


@dataclass(slots=True)
class Place(Listed):
    """What a heading, a cell or the letterhead names: a unit, or what is to become one.

    `parent` is the place that it is a part of; the outermost, number 0, stands for the province and
    is not shown. `unit` is the id on record; a new one has a proposed `id`, its name, kind and so
    on. `how` says what its level follows from; while `question` is open nothing is proposed.
    `headings` are the rows of those that name it, `blocks` those of its people.
    """

    written: Annotated[str, Column("Danh sách ghi", 30)] = ""
    path: Annotated[str, Column("Được đọc là", 60)] = ""
    people: Annotated[int, Column("Số người", 9)] = 0
    first: Annotated[str, Column("Người đầu", 20)] = ""
    last: Annotated[str, Column("Người cuối", 20)] = ""
    state: Annotated[str, Column("Tình trạng", 16)] = ""
    how: Annotated[str, Column("Căn cứ xác định cấp", 24)] = ""
    above: Annotated[int, Column("Thuộc số", 9, open=True)] = 0
    name: Annotated[str, Column("Tên đơn vị", 34, open=True)] = ""
    short: Annotated[str, Column("Tên viết tắt", 12, open=True)] = ""
    kind: Annotated[str, Column("Loại đơn vị", 16, open=True, words=labels.KIND)] = ""
    id: Annotated[str, Column("Mã", 34, open=True)] = ""
    address: Annotated[str, Column("Địa chỉ thư", 16, open=True)] = ""
    edited: Annotated[int, Column("Số ô đã sửa", 8, open=True)] = 0
    tick: Annotated[str, Column("Đúng", 8, open=True, words=TICKS)] = ""
    parent: Place | None = None
    question: Question | None = None
    unit: str = ""
    headings: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)

    def up(self) -> Iterator[Place]:
        """Yield the place and those around it, the innermost first, without the province."""
        at: Place | None = self
        while at and at.number:
            yield at
            at = at.parent


@dataclass(slots=True)
class Person(Listed):
    """A row of a person, or one that nobody could be made of: it is left out, and shown.

    `questions` has the numbers of those about it. `taken` is empty while one of them is open, and
    "?" while the row itself is to decide, for what `why` says.
    """

    place: Annotated[int, Column("Đơn vị số", 9, open=True)] = 0
    path: Annotated[str, Column("Đơn vị được đọc là", 50)] = ""
    name: Annotated[str, Column("Họ và tên", 24, open=True)] = ""
    title: Annotated[str, Column("Chức danh", 26, open=True)] = ""
    start: Annotated[date | None, Column("Từ ngày", 12, open=True, is_day=True)] = None
    category: Annotated[_Category, Column("Nhóm", 12, open=True, words=labels.CATEGORY)] = ""
    note: Annotated[str, Column("Ghi chú trong danh sách", 26)] = ""
    questions: Annotated[str, Column("Theo quyết định số", 12)] = ""
    taken: Annotated[str, Column("Nhận", 9, open=True, words=_TAKEN)] = labels.TAKEN
    why: Annotated[str, Column("Lý do", 40)] = ""
    head: Annotated[str, Column("Thủ trưởng", 12, open=True, words=_HEADS)] = ""
    id: Annotated[str, Column("Mã", 22, open=True)] = ""
    address: Annotated[str, Column("Địa chỉ thư", 16, open=True)] = ""
    edited: Annotated[int, Column("Số ô đã sửa", 8, open=True)] = 0


@dataclass(slots=True)
class Asked(Listed):
    """A question: where it stands first, of how many people, what may be chosen, what was."""

    about: Annotated[About, Column("Câu hỏi", 52, words=labels.ABOUT)] = "sheet"
    text: Annotated[str, Column("Danh sách ghi", 50)] = ""
    people: Annotated[int, Column("Số người", 9)] = 0
    choice: Annotated[str, Column("Quyết định", 44, open=True, blank=labels.UNDECIDED)] = ""
    choices: Sequence[str] = ()


@dataclass(slots=True)
class Change:
    """A difference about one person: the id in the data, and what the data and the list say.

    `row` is the number of the row in the workbook; `unit` the id of the unit in the list, or of
    the one that somebody is gone from.
    """

    number: Annotated[int, Column("Số", 6)] = 0
    kind: Annotated[str, Column("Khác nhau", 36, words=labels.CHANGES)] = ""
    person: Annotated[str, Column("Mã người", 22)] = ""
    in_data: Annotated[str, Column("Dữ liệu ghi", 40)] = ""
    row: Annotated[int, Column("Số ở trang Người", 10)] = 0
    name: Annotated[str, Column("Họ và tên", 24)] = ""
    title: Annotated[str, Column("Chức danh", 26)] = ""
    path: Annotated[str, Column("Đơn vị theo danh sách", 50)] = ""
    unit: Annotated[str, Column("Mã đơn vị", 30)] = ""
    category: Annotated[str, Column("Nhóm", 12, open=True, words=labels.CATEGORY)] = ""
    how: Annotated[str, Column("Hình thức (nếu không còn)", 24, open=True, words=labels.ENDING)] = (
        ""
    )
    start: Annotated[date | None, Column("Từ ngày", 12, open=True, is_day=True)] = None
    decision: Annotated[str, Column("Quyết định", 22, open=True)] = ""
    request: Annotated[str, Column("Văn bản đề nghị", 22, open=True)] = ""
    tick: Annotated[str, Column("Ghi vào dữ liệu", 12, open=True, words=TICKS)] = ""


UNITS = Layout(labels.UNIT_SHEET, columns_of(Place), "state")
PEOPLE = Layout(labels.PERSON_SHEET, columns_of(Person), "taken")
QUESTIONS = Layout(labels.QUESTION_SHEET, columns_of(Asked), "choice")
CHANGES = Layout(labels.CHANGE_SHEET, columns_of(Change), "kind")
_KEYS = ("kind", "person", "name", "in_data", "row", "title", "path", "unit", "category")
LAYOUTS = (UNITS, PEOPLE, QUESTIONS, CHANGES)


@dataclass
class Review:
    """A list as it was read, by what was decided; with the columns that are not read.

    `kinds` are the words of the kinds of units; `here` is the sheet and row that is being read. The
    number of a place, or of a person behind the first, is its index.
    """

    decisions: Decisions
    kinds: Sequence[str] = ()
    here: tuple[str, int] = ("", 0)
    places: list[Place] = field(default_factory=lambda: [Place()])
    people: list[Person] = field(default_factory=list)
    questions: dict[Question, Asked] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    @property
    def undecided(self) -> int:
        """How many questions are open."""
        return sum(not asked.choice for asked in self.questions.values())

    def differences(self, language: str) -> str:
        """Return each difference from the data on a line."""
        lines = []
        for each in self.changes:
            row = self.people[each.row - 1] if each.row else None
            where = f"{row.sheet}:{row.row}: " if row else ""
            who = f"{each.name} ({each.person})" if each.person else each.name
            new = each.title if each.kind == "titled" else each.path
            kind = translate(labels.DIFFERENCES[each.kind], language)
            said = " → ".join(filter(None, (each.in_data, new)))
            lines.append(printable(f"{where}{who}: {kind}: {said}") + "\n")
        return "".join(lines)

    def as_json(self, file: str, on: date) -> str:
        """Return the differences as JSON; the keys are a contract."""
        differences = [{key: getattr(each, key) for key in _KEYS} for each in self.changes]
        report = {"list": file, "on": on.isoformat(), "differences": differences}
        return json.dumps(report, ensure_ascii=False, indent=2) + "\n"

    def ask(self, about: About, text: str, default: str = "") -> Asked:
        """Return a question that is asked once for a text."""
        if (question := (about, text)) not in self.questions:
            self.questions[question] = Asked(
                len(self.questions) + 1, *self.here, about, text,
                choice=self.decisions.get(question, default),
                choices=labels.choices(about, self.kinds),
            )  # fmt: skip
        return self.questions[question]
