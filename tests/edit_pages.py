"""The usual edits of `tests/edits/*.md`, one page a theme.

A heading of the second level is an edit. Its prose is what the office has in hand; blocks with a
title are the edit as somebody writes it who has read docs/data.md alone, laid over tests/edits/base
as on pages of documentation (consoles.py). A `sh` block has the commands that write the same, and
the `text` block is what `check` and `plan` say in Vietnamese. Edits that follow one another stand
under headings of the third level, which begin with the day on which each is entered.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import consoles
import overlay
from hopthu.i18n.vietnamese import fold
from overlay import Files
from pages import Fence, append, put, sections

EDITS = Path(__file__).parent / "edits"
BASE = EDITS / "base"
ON = date(2026, 11, 25)
_DAY = re.compile(r"(\d{2})/(\d{2})/(\d{4})")


@dataclass
class Step:
    """An edit: the day on which it is entered, its blocks, and what is said of it."""

    line: int
    on: date = ON
    blocks: list[Fence] = field(default_factory=list)
    commands: list[list[str]] = field(default_factory=list)
    expected: Fence | None = None
    end: int = 0
    """The line below which the expected text goes."""

    def laid(self, files: Files) -> Files:
        """Return `files` as this edit changes them."""
        for fence in self.blocks:
            if fence.language == "diff":
                edited = consoles.edited(files[fence.title].decode(), fence)
                files = {**files, fence.title: edited.encode()}
            else:
                files = overlay.laid(files, fence)
        return files


@dataclass(repr=False)
class Case:
    """One of the usual edits, with those before it that it needs."""

    page: Path
    title: str
    steps: list[Step]

    def __repr__(self) -> str:
        """Name it as the ids of tests do."""
        return f"{self.page.stem}/{'-'.join(map(fold, self.title.split()))}"

    __str__ = __repr__


def cases(page: Path) -> list[Case]:
    """Return the edits of a page."""
    found: list[Case] = []
    for section in sections(page):
        if section.level == 2:
            found.append(Case(page, section.title, [Step(section.line)]))
        elif section.level == 3:
            day = _DAY.search(section.title)
            assert day, f"{page}:{section.line}: no day"
            step = Step(section.line, date(*map(int, reversed(day.groups()))))
            before = [each for each in found[-1].steps if each.blocks]
            found[-1].steps = [*before, step]
        for fence in section.fences:
            _read(found[-1].steps[-1], fence)
    return found


def every_case() -> list[Case]:
    """Return the edits of all pages."""
    return [case for page in sorted(EDITS.glob("*.md")) for case in cases(page)]


def commands(text: str) -> list[list[str]]:
    """Return the arguments of each edit command of a block."""
    lines = text.replace("\\\n", " ").splitlines()
    split = map(shlex.split, lines)
    return [words[1:] for words in split if words[:2] in (["hopthu", "person"], ["hopthu", "unit"])]


def accept(case: Case, said: Sequence[str]) -> None:
    """Write on its page what is said of each edit of a case."""
    for number, text in enumerate(said):
        now = next(each for each in cases(case.page) if each.title == case.title).steps[number]
        if now.expected:
            put(case.page, now.expected, text)
        else:
            append(case.page, now.end, f"```text\n{text}```\n")


def _read(step: Step, fence: Fence) -> None:
    where = f"{fence.page}:{fence.line}"
    step.end = fence.end
    if fence.title:
        step.blocks.append(fence)
    elif fence.language == "sh":
        step.commands += commands(fence.text)
    else:
        assert "text" == fence.language, f"{where}: a block without title"
        assert not step.expected, f"{where}: expected twice"
        step.expected = fence
