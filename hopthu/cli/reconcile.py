"""`hopthu reconcile`: how a list and the data differ, and the edits that follow from it."""

from __future__ import annotations

from pathlib import Path

from hopthu.app import import_ as lists_
from hopthu.app.workspace import Workspace
from hopthu.cli.command import command
from hopthu.cli.import_ import CATEGORY, FILES, REVIEW
from hopthu.cli.options import FORMAT, WORKSPACE
from hopthu.cli.output import put, say
from hopthu.errors import Drifted
from hopthu.i18n.message import Message
from hopthu.model.organisation import Category
from hopthu.personnel.spreadsheet import read_spreadsheet
from hopthu.personnel.workbook import Workbook, is_workbook


@command()
def reconcile(
    files: tuple[Path, ...] = FILES,
    review: Path | None = REVIEW,
    category: Category | None = CATEGORY,
    form: str = FORMAT,
    workspace: Workspace = WORKSPACE,
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
        number = lists_.change(workspace, Workbook(found[0]))
        say(Message("written: {number} change(s)", number=number))
        return 0
    made = lists_.review(workspace, found, review, category, compare=True)
    changes, in_json = made.changes, form == "json"
    differences = made.differences(workspace.language)
    put(made.as_json(found[0].name, workspace.on) if in_json else differences)
    say(Message("differences: {number}, to decide: {questions}", number=len(changes),
                questions=sum(not each.choice for each in made.questions.values())),
        err=in_json)  # fmt: skip
    return Drifted.exit_code if changes else 0
