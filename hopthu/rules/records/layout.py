"""The rule that files are laid out alike, so that a review sees what changed and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import Mark
from hopthu.i18n.message import Message
from hopthu.rules.book import Found, check
from hopthu.rules.context import RuleContext
from hopthu.source import formatter


@check("file-format")
def file_format(facts: RuleContext) -> Iterator[Found]:
    """Report files that `hopthu format` would change, each once: at the first such place."""
    for file in formatter.layouts(facts.source):
        fix = Message("run `hopthu format`")
        line = 0 if file.odd else formatter.first_difference(file)
        if file.odd:
            at = file.records[0].at()
            what = Message(
                "not a plain list: the dash of each record, and only comments besides, at the "
                "margin"
            )
            if not formatter.at_margin(file):
                fix = Message(
                    "begin each record with `- id: …` at the margin; put only comments there "
                    "besides"
                )
        elif misplaced := file.misplaced() if line and file.sortable else None:
            record, above = misplaced
            at = record.at("id")
            what = Message(
                "out of order: it is below {other}, but records are sorted by id", other=above.id
            )
        elif line:
            at = Mark(file.name, line)
            what = Message(
                "stray blanks: at the end of a line, empty lines, or no end of the last line"
            )
        else:
            continue
        yield Found(at, what, fix, subject="" if file.odd else None)


@check("file-readable")
def file_empty(facts: RuleContext) -> Iterator[Found]:
    """Report files of records that hold nothing: something went wrong when they were saved."""
    for kind in ("units", "people", "documents"):
        for name in facts.source.blank(kind):
            what = Message("the file is empty")
            fix = Message("restore its records; a file without any holds only []")
            yield Found(Mark(name), what, fix)
