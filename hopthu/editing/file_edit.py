"""What changes in a file: some lines in the place of others."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_CONTEXT = 1
"""So many lines are shown around a change; whose record it is in stands in the head of the hunk."""
_RECORD = "- id: "


@dataclass(frozen=True, slots=True)
class Splice:
    """Lines of a file in place of others; `line` is the first of the old ones, from 0."""

    line: int
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True)
class FileEdit:
    """The changes of a file, from the top down; `raw` is its content, None if it is new."""

    name: str
    raw: bytes | None
    lines: Sequence[str]
    splices: Sequence[Splice]

    def content(self) -> bytes:
        """Return the edited content, with the line ends and the byte order mark it has."""
        text = "".join(self._edited()).encode()
        raw = self.raw or b""
        if b"\r\n" in raw:
            text = text.replace(b"\n", b"\r\n")
        return (codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b"") + text

    def diff(self) -> str:
        """Return the changes as a unified diff, which `git apply` takes."""
        old_name = "/dev/null" if self.raw is None else f"a/{self.name}"
        hunks = "".join(self._hunks())
        return f"--- {old_name}\n+++ b/{self.name}\n{hunks}" if hunks else ""

    def _edited(self) -> Iterator[str]:
        at = 0
        for each in self.splices:
            yield from self.lines[at : each.line]
            yield from each.new
            at = each.line + len(each.old)
        yield from self.lines[at:]

    def _hunks(self) -> Iterator[str]:
        group: list[Splice] = []
        moved = 0
        for each in self.splices:
            if group and each.line - _last(group) > 2 * _CONTEXT:
                yield self._hunk(group, moved)
                moved += sum(len(one.new) - len(one.old) for one in group)
                group = []
            group.append(each)
        if group:
            yield self._hunk(group, moved)

    def _hunk(self, group: Sequence[Splice], moved: int) -> str:
        first = max(group[0].line - _CONTEXT, 0)
        last = min(_last(group) + _CONTEXT, len(self.lines))
        signed: list[str] = []
        at = first
        for each in group:
            signed += (f" {line}" for line in self.lines[at : each.line])
            signed += (f"-{line}" for line in each.old)
            signed += (f"+{line}" for line in each.new)
            at = each.line + len(each.old)
        signed += (f" {line}" for line in self.lines[at:last])
        old, new = (sum(line[0] in signs for line in signed) for signs in (" -", " +"))
        begin, then = first + bool(old), first + moved + bool(new)
        within = self._record(group[0].line if group[0].old else group[0].line - 1)
        return f"@@ -{_range(begin, old)} +{_range(then, new)} @@{within}\n{''.join(signed)}"

    def _record(self, line: int) -> str:
        """Return how the record begins that a line is in, as the head of a hunk ends with it."""
        while line >= 0 and self.lines[line][:1] in " #":
            line -= 1
        begin = self.lines[line].rstrip("\n") if line >= 0 else ""
        return f" {begin}" if begin.startswith(_RECORD) else ""


def replaced(line: int, old: str, new: str) -> Iterator[Splice]:
    """Yield the fewest splices that make lines from `line` on, `old`, into `new`."""
    before, after = split(old), split(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield Splice(line + a, tuple(before[a:b]), tuple(after[c:d]))


def split(text: str) -> list[str]:
    """Return the lines of a text with their ends; only a line feed ends a line."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _last(group: Sequence[Splice]) -> int:
    return group[-1].line + len(group[-1].old)


def _range(begin: int, count: int) -> str:
    return str(begin) if count == 1 else f"{begin},{count}"
