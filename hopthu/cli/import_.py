"""`hopthu import` and `hopthu reconcile`: personnel lists, reviewed in a workbook by a person.

First comes the workbook of a list, then what was decided in it.
"""

from __future__ import annotations

from pathlib import Path

import click

from hopthu.app import import_ as lists_
from hopthu.app.workspace import Workspace
from hopthu.cli.command import argument, command, flag, option
from hopthu.cli.options import FILE, FORMAT, PATH, WORKSPACE, Term
from hopthu.cli.output import put, say
from hopthu.errors import Drifted, UsageError
from hopthu.i18n.message import Message
from hopthu.i18n.terms import CATEGORIES
from hopthu.model.organisation import Category
from hopthu.personnel.spreadsheet import read_spreadsheet
from hopthu.personnel.workbook import Workbook, is_workbook

CATEGORY = option(
    type=Term(CATEGORIES),
    help="The category proposed for people for whom the list names none; also as cán bộ, công "
    "chức or viên chức.",
)
REVIEW = option(
    "FILE.xlsx",
    type=FILE,
    help="Write the workbook in which the list is reviewed; decisions in it are kept.",
)
FILES = argument("FILE", nargs=-1, required=True, type=PATH)


@command(name="import")
def import_(
    files: tuple[Path, ...] = FILES,
    review: Path | None = REVIEW,
    category: Category | None = CATEGORY,
    basis: str | None = option(
        "DOCUMENT", help="The id of the document, of kind adoption, by which the list was adopted."
    ),
    units: bool = flag(help="Add only the units: before the first commit, and people after it."),
    dry_run: bool = flag(help="Show what would be added; write no data."),
    workspace: Workspace = WORKSPACE,
) -> None:
    """Bring personnel lists into the data, by a workbook that a person reviews.

    \b
      hopthu import LIST.xlsx --review REVIEW.xlsx
      hopthu import REVIEW.xlsx --basis qd-99-vpubnd-2026

    The first reads lists, .xlsx, .xls, .ods or .csv, and writes a workbook with all units and
    people as they were read, and with what is to decide. With decisions in it, the same command
    applies them. The second takes only such a workbook: each unit ticked, nothing undecided. Who
    is in the data already is not changed.

    Exit 2 if cells of the workbook are not right; they are listed, and nothing is written.
    """  # noqa: D301  (click reads the backspace)
    found = [read_spreadsheet(path) for path in files]
    if review:
        made = lists_.review(workspace, found, review, category)
        say(Message("{file}: {units} place(s), {people} row(s), {questions} to decide",
                    file=review, units=len(made.places) - 1, people=len(made.people),
                    questions=made.undecided))  # fmt: skip
        if undecided := sum(bool(place.question) for place in made.places):
            say(Message("decide in the workbook, and run the same command again: {units} place(s) "
                        "depend on it", units=undecided))  # fmt: skip
        return
    if len(found) > 1 or not is_workbook(found[0]):
        raise UsageError(
            Message("{file} is not a workbook of a review", file=found[0].name),
            fix=Message("review the list first: hopthu import LIST --review REVIEW.xlsx"),
        )
    if basis is None:
        raise UsageError(
            Message("give the document that adopts the list as --basis"),
            fix=Message("enter the document that adopts the list in data/documents.yaml first"),
        )
    done = lists_.adopt(workspace, Workbook(found[0]), basis, units=units, dry_run=dry_run)
    for each in done.edits:
        click.echo(each.text(workspace.language))
    if dry_run:
        put(done.diff)
    numbers = {key: getattr(done, key) for key in ("units", "people", "heads", "present", "left")}
    outcome = Message("would be added") if dry_run else Message("added")
    say(Message("{outcome}: {units} unit(s), {people} people, {heads} head(s); there already: "
                "{present}, left out: {left}", outcome=outcome, **numbers))  # fmt: skip


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
                questions=made.undecided), err=in_json)  # fmt: skip
    return Drifted.exit_code if changes else 0
