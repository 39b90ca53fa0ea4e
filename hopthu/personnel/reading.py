"""From the sheets of a list to a review of it: a pure function of the list, the data, decisions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import dropwhile, pairwise

from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import APOSTROPHES, fold, same
from hopthu.model.address_naming import stem
from hopthu.model.organisation import Category
from hopthu.model.record_local import PERSON
from hopthu.personnel import labels
from hopthu.personnel.days import day_of
from hopthu.personnel.header import Columns, category_of, columns_of
from hopthu.personnel.known_units import TOP, KnownUnits, kind_by_name, spelled
from hopthu.personnel.labels import About
from hopthu.personnel.outline import Line, Outline, lines
from hopthu.personnel.review import Decisions, Person, Place, Question, Review
from hopthu.personnel.spreadsheet import Spreadsheet
from hopthu.personnel.table import Row, Sheet, text_of, whole
from hopthu.rules.context import RuleContext

_LONGEST_NAME = 100
_FEW = 5
_LETTER = re.compile(r"[^\W\d_]")
_FORMS_OF_ADDRESS = ("ông", "bà")
"""Words before names, though Ông is a surname as well, and Bà the name of Bà Triệu."""
_WORD = re.compile(rf"[^\s{APOSTROPHES}-]+")
_AS_ABOVE = ("nt", "nhutren")
"""What repeats the title of the row above."""


def read(
    lists: Sequence[Spreadsheet],
    facts: RuleContext,
    decisions: Decisions,
    otherwise: Category | None = None,
) -> Review:
    """Return what lists say; `otherwise` is the category where they name none.

    Raises `UsageError` if no sheet has a header.
    """
    review = Review(decisions)
    known = KnownUnits(facts)
    reader = _Reader(review, Outline(review, known), otherwise)
    sheets = [sheet for each in lists for sheet in each.sheets]
    headed = [(sheet, columns) for sheet in sheets if (columns := columns_of(sheet.rows))]
    if not headed:
        raise UsageError(
            Message("no row names the columns of people, such as their names and titles"),
            fix=Message('name the columns as usual: "Họ và tên", "Chức danh", "Đơn vị" and so on'),
        )
    for sheet, columns in headed:
        review.unread += [f"{sheet.name}: {header}" for header in columns.unread]
        reader.read(sheet, columns, alone=len(headed) == 1)
    for sheet in (each for each in sheets if columns_of(each.rows) is None):
        review.ask(("unread", sheet.name), sheet.name, 1).people = len(sheet.rows)
    _name_places(review, facts, known)
    _count(review)
    return review


class _Reader:
    """Reads the rows of sheets into a review."""

    def __init__(self, review: Review, outline: Outline, otherwise: Category | None) -> None:
        self._review, self._outline, self._otherwise = review, outline, otherwise

    def read(self, sheet: Sheet, columns: Columns, *, alone: bool) -> None:
        """Read the rows below the header of a sheet."""
        self._outline.begin(sheet, columns, alone=alone)
        found = _of_people(_with_people_alone([*lines(sheet)]))
        numbered = any(line.is_person and _number(line) for line in found)
        last = 0
        for line, after in zip(found, _following(found), strict=True):
            if line.is_heading and self._outline.heads(line, after):
                self._outline.heading(sheet, line)
            elif line.is_person:
                last = self._outline.place_of(sheet, line, last)
                self._outline.count()
                self._person(sheet, line, last, has_number=not numbered or _number(line) > 0)
            elif _LETTER.search(line.text):
                self._nobody(sheet, line)

    def _nobody(self, sheet: Sheet, line: Line) -> None:
        """Show a row that nobody could be made of; one with a number may be a person."""
        number = len(self._review.people) + 1
        name = " ".join(line.text.split())
        taken, why = labels.LEFT, "không phải dòng của một người"
        if _number(line):
            taken, why = "", "không đọc được là một người"
        self._review.people.append(
            Person(number, sheet.name, line.row.number, 0, name, taken=taken, why=why)
        )

    def _person(self, sheet: Sheet, line: Line, place: int, *, has_number: bool) -> None:
        columns, row = line.columns, line.row
        written = same(columns.name(row))
        titles = columns.texts(row, "title") or columns.texts(row, "rank")
        title = "; ".join(dict.fromkeys(titles))
        if fold(title) in _AS_ABOVE and self._review.people:
            title = self._review.people[-1].title
        person = Person(len(self._review.people) + 1, sheet.name, row.number, place,
                        _proposed(written), title)  # fmt: skip
        person.note = "; ".join(columns.texts(row, "note"))
        questions = [*self._of_category(sheet, person, columns, row)]
        said = columns.first(row, "start")
        person.start = day_of(said)
        if said is not None and person.start is None:
            day = self._ask("day", text_of(said), sheet, row)
            questions.append(("day", text_of(said)))
            person.start = day_of(day or None)
        faults = [*_faults(person, has_number=has_number)]
        remark = [person.note] if _LETTER.search(person.note) else []
        hidden = [sheet.name] if row.number in sheet.hidden else []
        asked: list[Question] = [*(("remark", each) for each in remark),
                                 *(("hidden", each) for each in hidden)]  # fmt: skip
        for about, text in asked if not faults else ():
            self._ask(about, text, sheet, row)
            questions.append((about, text))
        person.questions = questions
        if faults:
            person.taken = ""
        elif person.name != written:
            faults = [f"danh sách ghi: {written}"]
        person.why = "; ".join(faults)
        self._review.people.append(person)

    def _of_category(
        self, sheet: Sheet, person: Person, columns: Columns, row: Row
    ) -> Iterator[Question]:
        """Find the category: by the row, its headings, or a decision on a text; yield that."""
        marked = {c for n, c in columns.marks.items() if n < len(row.cells) and row.cells[n]}
        said = " ".join(columns.texts(row, "category"))
        named = next(iter(marked)) if len(marked) == 1 else category_of(said)
        if found := named or (not said and self._outline.category()):
            person.category = found
            return
        about: About = "category" if said else "title"
        text = said or person.title
        default = labels.CATEGORY[self._otherwise] if self._otherwise and not said else ""
        choice = self._ask(about, text, sheet, row, default)
        words = {word: key for key, word in labels.CATEGORY.items()}
        person.category = words.get(choice, "")
        yield about, text

    def _ask(self, about: About, text: str, sheet: Sheet, row: Row, default: str = "") -> str:
        """Ask once for a text, and count one more person; return the choice."""
        asked = self._review.ask((about, text), sheet.name, row.number, default=default)
        asked.people += 1
        return asked.choice


def _number(line: Line) -> int:
    """Return the number of a row, 0 if it has none."""
    said = text_of(line.columns.first(line.row, "number")).rstrip(".")
    return whole(said) or 0


def _with_people_alone(found: Sequence[Line]) -> list[Line]:
    """Return the lines; one with a number and a name alone is a person where the numbers go on."""
    people = [(at, _number(line)) for at, line in enumerate(found) if line.is_person]
    kept = list(found)
    for (one, before), (two, after) in pairwise(people):
        numbers = range(before + 1, after)
        between = [n for n in range(one + 1, two) if found[n].is_heading and _number(found[n])]
        if before and len(between) == len(numbers):
            for at, number in zip(between, numbers, strict=True):
                if _number(found[at]) == number:
                    kept[at] = found[at]._replace(is_person=True, is_heading=False)
    return kept


def _of_people(found: Sequence[Line]) -> list[Line]:
    """Return the lines; where rows of people have numbers, none behind the last number is one."""
    numbers = [at for at, line in enumerate(found) if line.is_person and _number(line)]
    last = numbers[-1] if numbers else len(found)
    return [line._replace(is_person=line.is_person and at <= last) for at, line in enumerate(found)]


def _following(found: Sequence[Line]) -> list[Line | None]:
    """Return, for each line, the next one that is a person, or heads people that come later."""
    following: list[Line | None] = []
    after: Line | None = None
    for line in reversed(found):
        following.append(after)
        if line.is_person or (line.is_heading and after):
            after = line
    return following[::-1]


def _faults(person: Person, *, has_number: bool) -> Iterator[str]:
    """Yield what is wrong with the row of a person, so that a person has to say."""
    if not person.place:
        yield "không ở dưới đơn vị nào"
    if not has_number:
        yield "dòng không có số thứ tự như các dòng khác"
    if not is_name(person.name):
        yield "không ghi được là họ và tên"
    elif person.name.split()[0].lower() in _FORMS_OF_ADDRESS:
        yield "họ tên bắt đầu bằng Ông hoặc Bà: là họ, hay là cách xưng hô?"
    if not _LETTER.search(person.title):
        yield "không có chức danh"


def is_name(written: str) -> bool:
    """Tell whether a text can be the name of a person: two words or more, letters of names."""
    well_formed = len(written) <= _LONGEST_NAME and PERSON.match(written)
    return bool(well_formed and stem(written) and " " in written)


def _proposed(written: str) -> str:
    """Return a name without what stands before it, in proper case if it is all in capitals.

    That is each word that ends in a dot or has a slash in it: ThS., BSCKII., Đ/c.
    """
    name = " ".join(dropwhile(_is_before, written.split()))
    if not name.isupper():
        return name
    return _WORD.sub(lambda word: word[0][0] + word[0][1:].lower(), name)


def _is_before(word: str) -> bool:
    return word.endswith(".") or "/" in word


def _name_places(review: Review, facts: RuleContext, known: KnownUnits) -> None:
    """Say what each place is: a unit on record, or a new one with its name and kind."""
    for place in review.places:
        above = review.places[place.above - 1] if place.above else None
        if above and above.question and not place.question:
            place.question = above.question
        if place.unit:
            place.path = labels.WITHIN.join(known.path(place.unit))
            place.name = known.path(place.unit)[-1]
            place.id, place.kind = place.unit, str(facts.units[place.unit].data.get("kind", ""))
            continue
        bare = known.bare(place.written)
        if not place.question:
            _find_kind(review, place, kind_by_name(facts, bare, at_top=not above), known)
        place.name = spelled(bare, place.kind)
        shown = f"{place.name} (?)" if place.question else place.name
        place.path = labels.WITHIN.join(filter(None, (above.path if above else TOP, shown)))


def _find_kind(review: Review, place: Place, by_name: str, known: KnownUnits) -> None:
    """Give a new place its kind: the one that was decided, else that of its name, else ask."""
    question: Question = ("kind", place.written)
    choice = review.decisions.get(question, "")
    if choice or not by_name:
        review.ask(question, place.sheet, place.row, known.kind_choices())
        place.question = None if choice else question
    place.kind = next((key for key, word in known.kinds.items() if word == choice), by_name)


def _count(review: Review) -> None:
    """Count the people of each place, and of each place that a question of its kind is about.

    Whose people stand in several places of the list may be several units of one name.
    """
    blocks: dict[int, list[tuple[int, int]]] = defaultdict(list)
    before = 0
    for person in (each for each in review.people if each.place):
        here = review.places[person.place - 1]
        here.people += 1
        here.first, here.last = here.first or person.name, person.name
        first = blocks[here.number].pop()[0] if before == here.number else person.row
        blocks[here.number].append((first, person.row))
        before = here.number
        asked = {here.question}
        while here.above:
            here = review.places[here.above - 1]
            asked.add(here.question)
        for question in asked:
            if question and question[0] == "kind":
                review.questions[question].people += 1
    for number, found in blocks.items():
        if len(found) > 1:
            rows = ", ".join(
                f"{one}–{last}" if one < last else f"{one}" for one, last in found[:_FEW]
            )
            more = ", …" if len(found) > _FEW else ""
            place = review.places[number - 1]
            place.how += f"; ở {len(found)} chỗ, có phải cùng một đơn vị? Dòng {rows}{more}"
