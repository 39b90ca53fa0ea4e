"""What of a list a person has to look at, by row, and how it is reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
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


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings in the order of their rows."""
    return sorted(findings, key=lambda each: (each.place, each.level))


def as_text(findings: Sequence[Finding], language: str) -> str:
    """Return each finding on a line, with what to do below it."""
    fix = translate(Message("fix"), language)
    lines = []
    for each in findings:
        about = f"{each.subject}: " if each.subject else ""
        level = translate(LEVELS[each.level], language)
        lines.append(f"{each.place}: {level}: {about}{translate(each.what, language)}")
        lines.append(f"  {fix}: {translate(each.fix, language)}")
    return "".join(f"{printable(line)}\n" for line in lines)


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
