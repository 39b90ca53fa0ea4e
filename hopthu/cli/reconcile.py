"""`hopthu reconcile`: how a list and the data differ, and the edits that follow from it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from hopthu.cli.import_ import add_to_review, facts_of, lists, refuse, write_edits
from hopthu.cli.options import common, format_option
from hopthu.cli.output import say
from hopthu.diagnostics.problem import printable
from hopthu.editing import listed_changes
from hopthu.editing.draft import Draft
from hopthu.errors import Drifted
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.organisation import Category
from hopthu.personnel import labels
from hopthu.personnel.review import Change, Review
from hopthu.personnel.spreadsheet import read_spreadsheet
from hopthu.personnel.workbook import Workbook
from hopthu.personnel.workbook_reader import is_workbook, tables


@click.command()
@lists
@format_option
@common
def reconcile(
    files: tuple[Path, ...],
    review: Path | None,
    category: Category | None,
    form: str,
    root: Path,
    on: date,
    language: str,
) -> int:
    """Compare personnel lists with the data as of a day, and write the edits that were ticked.

    \b
      hopthu reconcile LIST.xlsx --review REVIEW.xlsx
      hopthu reconcile REVIEW.xlsx

    The first finds who is new, who is gone, who is in another unit, and whose name or title is
    another one, in the units of which the list has people. In the workbook each difference that is
    ticked has its day and its documents; the second writes these edits, all of them or none.

    Exit 5 if the list and the data differ.
    """  # noqa: D301  (click reads the backspace)
    found = [read_spreadsheet(path) for path in files]
    if is_workbook(found[0]):
        return _edit(tables(found[0]), root, on, language)
    made = add_to_review(found, review, category, root, on, language, compare=True)
    text = _as_json(made.changes, found[0].name, on) if form == "json" else _as_text(made, language)
    click.echo(text, nl=False)
    say(Message("differences: {number}, to decide: {questions}", number=len(made.changes),
                questions=sum(not each.choice for each in made.questions.values())),
        language, err=form == "json")  # fmt: skip
    return Drifted.exit_code if made.changes else 0


def _edit(workbook: Workbook, root: Path, on: date, language: str) -> int:
    facts = facts_of(root, on)
    draft = Draft(facts)
    lines = listed_changes.edit(draft, workbook.changes)
    refuse(workbook, workbook.changes.refusals, language)
    write_edits(workbook, draft, lines, root, language, dry_run=False)
    say(Message("written: {number} change(s)", number=len(lines)), language)
    return 0


def _as_text(made: Review, language: str) -> str:
    """Return each difference on a line."""
    lines = []
    for each in made.changes:
        row = made.people[each.row - 1] if each.row else None
        where = f"{row.sheet}:{row.row}: " if row else ""
        who = f"{each.name} ({each.person})" if each.person else each.name
        said = " → ".join(
            filter(None, (each.in_data, each.title if each.kind == "titled" else each.path))
        )
        kind = translate(labels.DIFFERENCES[each.kind], language)
        lines.append(printable(f"{where}{who}: {kind}: {said}") + "\n")
    return "".join(lines)


def _as_json(found: Sequence[Change], file: str, on: date) -> str:
    report = {"list": file, "on": on.isoformat(), "differences": [each._asdict() for each in found]}
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"
