"""Markdown pages that are run: their sections, their fenced blocks, and how a block is replaced."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt

# Blocks alone: what stands within a paragraph is never looked at.
_MARKDOWN = MarkdownIt("commonmark").disable("inline")


@dataclass(frozen=True)
class Fence:
    """A fenced block: ```` ```yaml title="data/people.yaml" escaped ```` and the text below it."""

    page: Path
    line: int
    """Of its opening fence, counted from 1."""
    end: int
    """Of its closing fence."""
    language: str
    options: Mapping[str, str]
    """The words behind the language: `title="…"`, or a word alone, whose value is empty."""
    text: str

    @property
    def title(self) -> str:
        """The file that the block stands for, if any."""
        return self.options.get("title", "")


@dataclass
class Section:
    """A heading and the blocks that stand under it, up to the next heading of any level."""

    title: str
    level: int
    line: int
    fences: list[Fence] = field(default_factory=list)


def sections(page: Path) -> list[Section]:
    """Return the sections of a page in order; what is above the first heading has no title."""
    found = [Section("", 0, 1)]
    tokens = _MARKDOWN.parse(page.read_text(encoding="utf-8"))
    for number, token in enumerate(tokens):
        first, last = token.map or (0, 0)
        if token.type == "heading_open":
            title = tokens[number + 1].content
            found.append(Section(title, int(token.tag[1:]), first + 1))
        elif token.type == "fence":
            language, *words = shlex.split(token.info) or [""]
            options = {name: value for name, _, value in (word.partition("=") for word in words)}
            found[-1].fences.append(Fence(page, first + 1, last, language, options, token.content))
    return found


def put(page: Path, fence: Fence, text: str) -> None:
    """Write `text` between the fences of `fence`, which must be as it was read; prose is kept."""
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[fence.line : fence.end - 1] = [text]
    page.write_text("".join(lines), encoding="utf-8")


def append(page: Path, after: int, block: str) -> None:
    """Put a block of its own below line `after`."""
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    lines.insert(after, f"\n{block}")
    page.write_text("".join(lines), encoding="utf-8")
