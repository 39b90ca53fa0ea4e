"""The rule that files are laid out alike, so that a review sees what changed and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu import layout
from hopthu.problems import Mark, Problem
from hopthu.rules.facts import Facts
from hopthu.rules.rule import Rule
from hopthu.text import Text

FORMAT = Rule(
    "file-format",
    "Art. 5.2",
    "in files sorted by id and without stray blanks, a review sees the change and nothing else",
    "warning",
)


def file_format(facts: Facts) -> Iterator[Problem]:
    """Report files that `hopthu format` would change, each once: at the first such place."""
    fix = Text("run `hopthu format`")
    for file in layout.layouts(facts.source):
        if file.odd:
            yield _odd(file)
            continue
        line = layout.first_difference(file)
        misplaced = file.misplaced() if line and file.sortable else None
        if misplaced:
            record, above = misplaced
            what = Text("it stands below {other}: records are sorted by id", other=above.id)
            yield FORMAT.broken(record.at("id"), what, subject=record.id, fix=fix)
        elif line:
            what = Text(
                "stray blanks: at the end of a line, empty lines, or no end of the last line"
            )
            yield FORMAT.broken(Mark(file.name, line), what, fix=fix)


def _odd(file: layout.Layout) -> Problem:
    """Return the report of a list that cannot be sorted as it is written."""
    by_hand = Text(
        "begin each record with `- id: …` at the margin; put only comments there besides"
    )
    return FORMAT.broken(
        file.records[0].at(),
        Text("not a plain list: the dash of each record, and only comments besides, at the margin"),
        fix=Text("run `hopthu format`") if layout.at_margin(file) else by_hand,
    )


RULES = (FORMAT,)
CHECKS = (file_format,)
