"""`hopthu reconcile`: how a list and the data differ, and the edits that follow from it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from hopthu.app import import_ as lists_
from hopthu.app.workspace import Workspace
from hopthu.cli.import_ import cells_listed, lists
from hopthu.cli.options import common, format_option
from hopthu.cli.output import say
from hopthu.diagnostics.problem import printable
from hopthu.errors import Drifted
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.organisation import Category
from hopthu.personnel import labels
from hopthu.personnel.review import Change, Review
from hopthu.personnel.spreadsheet import read_spreadsheet
from hopthu.personnel.workbook_reader import is_workbook, tables


@click.command()
@lists
@format_option
@common
def reconcile(
    workspace: Workspace,
    files: tuple[Path, ...],
    review: Path | None,
    category: Category | None,
    form: str,
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
    language = workspace.language
    with cells_listed(language):
        found = [read_spreadsheet(path) for path in files]
        if is_workbook(found[0]):
            number = lists_.change(workspace, tables(found[0]))
            say(Message("written: {number} change(s)", number=number), language)
            return 0
        made = lists_.review(workspace, found, review, category, compare=True)
    as_json = form == "json"
    text = (
        _as_json(made.changes, found[0].name, workspace.on) if as_json else _as_text(made, language)
    )
    click.echo(text, nl=False)
    say(Message("differences: {number}, to decide: {questions}", number=len(made.changes),
                questions=sum(not each.choice for each in made.questions.values())),
        language, err=as_json)  # fmt: skip
    return Drifted.exit_code if made.changes else 0


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
