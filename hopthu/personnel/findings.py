"""What of a list a person has to look at, by row, and how it is reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from hopthu.diagnostics import spreadsheet
from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message

Level = Literal["left out", "look", "head"]
LEVELS: Mapping[Level, Message] = {
    "left out": Message("left out"),
    "look": Message("check"),
    "head": Message("head"),
}
"""`left out`: the row is not taken; `look`: it is, and a person should check something; `head`:
somebody seems to head their unit, which nothing but a person decides."""

_FIRST: Sequence[Level] = ("left out", "head", "look")
"""In which order they are told: first what needs a decision."""
_NAMED = 4
"""Of so many rows that one thing is said of, who they are about is said too."""


class Place(NamedTuple):
    """A row: its file, its sheet (empty in a text), and its number, as a spreadsheet has it."""

    file: str
    sheet: str
    row: int

    def __str__(self) -> str:
        return ":".join(filter(None, (self.file, self.sheet, str(self.row))))


class Odd(Exception):
    """A row, or a cell of it, cannot be taken; has what is wrong, and the fix. Always caught."""

    def __init__(self, what: Message, fix: Message) -> None:
        """Keep what is wrong and the fix."""
        super().__init__(what)
        self.what, self.fix = what, fix


class Words(NamedTuple):
    """What is wrong, or to be checked, and what to do."""

    what: Message
    fix: Message


class Finding(NamedTuple):
    """Something about a row: who it is about, what is odd, and what to do."""

    place: Place
    level: Level
    subject: str
    what: str
    fix: str


def left_out(place: Place, subject: str, what: str, fix: str) -> Finding:
    """Return the finding that a row is not taken."""
    return Finding(place, "left out", subject, what, fix)


def look(place: Place, subject: str, what: str, fix: str) -> Finding:
    """Return the finding that something should be checked."""
    return Finding(place, "look", subject, what, fix)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings in the order of their rows."""
    return sorted(findings, key=lambda each: (each.place, each.level))


def as_text(findings: Sequence[Finding], language: str) -> str:
    """Return each finding on a line, with what to do below it: first of rows that are left out.

    What is the same of several rows is said once, where the first of them stands.
    """
    fix = translate(Message("fix"), language)
    alike: dict[tuple[str, str, str, str, str], list[Finding]] = {}
    for each in sorted(findings, key=lambda each: _FIRST.index(each.level)):
        said = translate(each.what, language), translate(each.fix, language)
        alike.setdefault((*each.place[:2], each.level, *said), []).append(each)
    lines = []
    for (_, _, _, what, to_do), group in alike.items():
        level = translate(LEVELS[group[0].level], language)
        lines.append(f"{_about(group, level, language)}{what}")
        lines.append(f"  {fix}: {to_do}")
    return "".join(f"{printable(line)}\n" for line in lines)


def _about(group: Sequence[Finding], level: str, language: str) -> str:
    """Return how the line of findings begins that say the same: the place, and who if it is one."""
    first = group[0]
    numbers = sorted({each.place.row for each in group})
    subjects = [*filter(None, dict.fromkeys(each.subject for each in group))]
    if len(numbers) == 1:
        named = f"{', '.join(subjects)}: " if subjects else ""
        return f"{first.place}: {level}: {named}"
    rows = translate(Message("rows {rows}", rows=", ".join(_ranges(numbers))), language)
    begin = f"{':'.join(filter(None, first.place[:2]))}: {rows}: {level}: "
    return f"{begin}{', '.join(subjects)}: " if subjects and len(group) <= _NAMED else begin


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    """Yield numbers in their order, those that follow each other as `8–14`."""
    start = previous = numbers[0]
    for number in (*numbers[1:], None):
        if number == previous + 1:
            previous = number
            continue
        together = previous - start > 1
        yield f"{start}–{previous}" if together else str(start)
        if previous == start + 1:
            yield str(previous)
        if number is not None:
            start = previous = number


def as_csv(findings: Sequence[Finding], language: str) -> bytes:
    """Return the findings as a table for a spreadsheet."""
    header = (
        Message("sheet"), Message("row"), Message("state"), Message("person"), Message("what"),
        Message("what to do"),
    )  # fmt: skip
    rows = (
        (
            each.place.sheet,
            str(each.place.row),
            translate(LEVELS[each.level], language),
            each.subject,
            translate(each.what, language),
            translate(each.fix, language),
        )
        for each in findings
    )
    return spreadsheet.as_csv([[translate(each, language) for each in header], *rows])


def count(findings: Sequence[Finding]) -> Counter[Level]:
    """Return how many findings there are of each level."""
    return Counter(each.level for each in findings)
