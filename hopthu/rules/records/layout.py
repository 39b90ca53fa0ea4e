"""The rule that files are laid out alike, so that a review sees what changed and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.file_rules import FILE
from hopthu.diagnostics.problem import Mark, Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.rules.book import check
from hopthu.rules.context import RuleContext
from hopthu.source import formatter

FORMAT = Rule(
    "file-format",
    "Art. 5.2",
    "in files sorted by id and without stray blanks, a review sees the change and nothing else",
    "warning",
)


@check
def file_format(facts: RuleContext) -> Iterator[Problem]:
    """Report files that `hopthu format` would change, each once: at the first such place."""
    fix = Message("run `hopthu format`")
    for file in formatter.layouts(facts.source):
        if file.odd:
            yield _odd(file)
            continue
        line = formatter.first_difference(file)
        misplaced = file.misplaced() if line and file.sortable else None
        if misplaced:
            record, above = misplaced
            what = Message(
                "out of order: it is below {other}, but records are sorted by id", other=above.id
            )
            yield FORMAT.violation(record.at("id"), what, fix=fix)
        elif line:
            what = Message(
                "stray blanks: at the end of a line, empty lines, or no end of the last line"
            )
            yield FORMAT.violation(Mark(file.name, line), what, fix=fix)


@check
def file_empty(facts: RuleContext) -> Iterator[Problem]:
    """Report files of records that hold nothing: something went wrong when they were saved."""
    for kind in ("units", "people", "documents"):
        for name in facts.source.blank(kind):
            yield FILE.violation(
                Mark(name),
                Message("the file is empty"),
                fix=Message("restore its records; a file without any holds only []"),
            )


def _odd(file: formatter.Layout) -> Problem:
    """Return the report of a list that cannot be sorted as it is written."""
    by_hand = Message(
        "begin each record with `- id: …` at the margin; put only comments there besides"
    )
    return FORMAT.violation(
        file.records[0].at(),
        Message(
            "not a plain list: the dash of each record, and only comments besides, at the margin"
        ),
        subject="",
        fix=Message("run `hopthu format`") if formatter.at_margin(file) else by_hand,
    )
