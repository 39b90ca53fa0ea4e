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


RULES = (FORMAT,)
CHECKS = (file_format,)
