"""`hopthu import`: first a workbook in which a person reviews a list, then that workbook."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from hopthu.cli.options import Term, common
from hopthu.cli.output import say
from hopthu.cli.writing import replace_data, write_output
from hopthu.diagnostics.problem import Problem, printable
from hopthu.editing import listed_changes, listed_ids, listed_records
from hopthu.editing.draft import Draft
from hopthu.editing.listed_check import checked
from hopthu.errors import DataError, UsageError
from hopthu.history import checkout
from hopthu.history.removals import since_base
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.i18n.terms import CATEGORIES
from hopthu.load import load, replaced
from hopthu.model.organisation import Category
from hopthu.personnel import labels
from hopthu.personnel.known_units import KnownUnits
from hopthu.personnel.reading import read
from hopthu.personnel.review import Review
from hopthu.personnel.spreadsheet import Spreadsheet, read_spreadsheet
from hopthu.personnel.workbook import Line, Refusal, Workbook, WorkbookRefused
from hopthu.personnel.workbook_reader import is_workbook, tables
from hopthu.personnel.workbook_writer import workbook_of, write
from hopthu.rules.context import RuleContext
from hopthu.source.positions import no_garbage_collection
from hopthu.source.records import Source
from hopthu.validate import policy_of, validate

_ID = {labels.UNIT_SHEET: "id", labels.PERSON_SHEET: "id", labels.CHANGE_SHEET: "person"}
"""The column of each table that names the record."""
Command = TypeVar("Command", bound=Callable[..., Any])


def lists(command: Command) -> Command:
    """Give a command FILES, `--review`, and `--category` for rows without one."""
    category = click.option(
        "--category",
        type=Term(CATEGORIES),
        help="The category proposed for people for whom the list names none; also as cán bộ, công "
        "chức or viên chức.",
    )
    review = click.option(
        "--review",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE.xlsx",
        help="Write the workbook in which the list is reviewed; decisions in it are kept.",
    )
    files = click.argument(
        "files", metavar="FILE", nargs=-1, required=True, type=click.Path(path_type=Path)
    )
    return files(review(category(command)))


@click.command("import")
@lists
@click.option(
    "--basis",
    metavar="DOCUMENT",
    help="The id of the document, of kind adoption, by which the list was adopted.",
)
@click.option(
    "--units",
    is_flag=True,
    help="Add only the units: before the first commit, and people after it.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be added; write no data.")
@common
def import_(
    files: tuple[Path, ...],
    review: Path | None,
    category: Category | None,
    basis: str | None,
    units: bool,
    dry_run: bool,
    root: Path,
    on: date,
    language: str,
) -> int:
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
    if review:
        found = [read_spreadsheet(path) for path in files]
        _say_what_is_open(
            add_to_review(found, review, category, root, on, language), review, language
        )
        return 0
    found = [read_spreadsheet(path, convert=False) for path in files]
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
    return _import(tables(found[0]), basis, root, on, language, units=units, dry_run=dry_run)


def add_to_review(
    found: Sequence[Spreadsheet], review: Path | None, category: Category | None, root: Path,
    on: date, language: str, *, compare: bool = False,
) -> Review:  # fmt: skip
    """Return the review of lists, and write its workbook if one is named.

    A workbook that is there keeps its decisions; it has no ticks yet.
    """
    reviewed = _reviewed(review, language) if review else None
    decisions = reviewed.decisions() if reviewed else {}
    with no_garbage_collection():
        facts = facts_of(root, on)
        made = read(found, facts, decisions, category)
        if reviewed:
            reviewed.refuse_others(made.questions)
            refuse(reviewed, reviewed.refusals, language)
        listed_ids.propose(made, facts)
        made.changes = listed_changes.changes(made, facts) if compare else []
        if review:
            about = [
                ("Danh sách", "; ".join(each.name for each in found)),
                ("SHA-256", "; ".join(each.digest for each in found)),
                ("Dữ liệu (commit)", checkout.head(root)),
                ("Ngày", f"{on:%d/%m/%Y}"),
            ]
            kinds = KnownUnits(facts).kinds
            write_output(review, write(workbook_of(made, about), kinds))
    return made


def _say_what_is_open(made: Review, review: Path, language: str) -> None:
    questions = sum(not asked.choice for asked in made.questions.values())
    say(Message("{file}: {units} place(s), {people} row(s), {questions} to decide", file=review,
                units=len(made.places), people=len(made.people), questions=questions),
        language)  # fmt: skip
    if undecided := sum(bool(place.question) for place in made.places):
        say(Message("decide in the workbook, and run the same command again: {units} place(s) "
                    "depend on it", units=undecided), language)  # fmt: skip


def _reviewed(review: Path, language: str) -> Workbook | None:
    """Return the workbook if it is there; refuse wrong cells, and with `UsageError` any tick."""
    if review.suffix.lower() != ".xlsx":
        raise UsageError(
            Message("{file} is not the name of a workbook", file=review),
            fix=Message("name it as {example}", example="review.xlsx"),
        )
    if not review.exists():
        return None
    there = read_spreadsheet(review, convert=False)
    if not is_workbook(there):
        raise UsageError(
            Message("{file} is there already, and is not a workbook of a review", file=review),
            fix=Message("write to another file"),
        )
    workbook = tables(there)
    refuse(workbook, workbook.refusals, language)
    if cell := workbook.first_tick():
        raise UsageError(
            Message("{file} has ticks already, the first at {cell}", file=review, cell=cell),
            fix=Message("import it; or write to another file, to begin again"),
        )
    return workbook


def facts_of(root: Path, on: date) -> RuleContext:
    """Return the data below `root`; raise `DataError` if it cannot be read."""
    source = load(root)
    if any(problem.severity == "error" for problem in source.problems):
        raise DataError(source.problems, policy_of(source).regulation)
    return RuleContext(source, policy_of(source), on)


def _import(
    workbook: Workbook, basis: str, root: Path, on: date, language: str, *, units: bool,
    dry_run: bool,
) -> int:  # fmt: skip
    """Check a workbook, and write what it adds, or only the `units`: all of it, or nothing."""
    facts = facts_of(root, on)
    listed_records.adoption(facts, basis)
    found = checked(workbook, facts)
    refuse(workbook, workbook.refusals, language)
    if units:
        found.people, found.heads = [], []
    draft = Draft(facts)
    listed_records.add(draft, found, basis)
    lines = {unit: line for unit, _, _, line in found.heads}
    lines |= {unit.id: line for unit, line in found.units}
    lines |= {person.id: person.line for person in found.people}
    write_edits(workbook, draft, lines, root, language, dry_run=dry_run)
    numbers = {"units": len(found.units), "people": len(found.people), "heads": len(found.heads),
               "present": found.present, "left": found.left}  # fmt: skip
    say(
        Message("would be added: {units} unit(s), {people} people, {heads} head(s); there already: "
                "{present}, left out: {left}", **numbers)
        if dry_run
        else Message("added: {units} unit(s), {people} people, {heads} head(s); there already: "
                     "{present}, left out: {left}", **numbers),
        language,
    )  # fmt: skip
    return 0


def write_edits(
    workbook: Workbook, draft: Draft, lines: Mapping[str, Line], root: Path, language: str, *,
    dry_run: bool,
) -> None:  # fmt: skip
    """Judge the edits that a workbook leads to, and write all of them, or none.

    An error about a record is refused at its line.
    """
    source = draft.facts.source
    edits = draft.edits()
    contents = {edit.name: edit.content() for edit in edits}
    with no_garbage_collection():
        errors = _errors(root, source, contents, draft.facts.on)
    found = ((lines[error.subject], error) for error in errors if error.subject in lines)
    refuse(workbook, [line.refusal(_ID[line.table.layout.sheet], error.what)
                      for line, error in found], language)  # fmt: skip
    if errors:
        raise DataError(errors, draft.facts.policy.regulation)
    if dry_run:
        click.echo("".join(edit.diff() for edit in edits), nl=False)
    else:
        replace_data(root, source.files, contents)


def _errors(
    root: Path, source: Source, contents: Mapping[str, bytes], on: date
) -> Sequence[Problem]:
    """Return the errors that `hopthu check` finds in the data as edited."""
    after = replaced(source, contents)
    since = since_base(root, after, on)
    found = [*validate(after, on), *(since.problems if since else ())]
    return [problem for problem in found if problem.severity == "error"]


def refuse(workbook: Workbook, refusals: Sequence[Refusal], language: str) -> None:
    """Print the cells that are not right, and raise `WorkbookRefused` if there are any."""
    for each in sorted(refusals, key=lambda each: (each.sheet, each.row)):
        click.echo(printable(f"{each.cell}: {translate(each.what, language)}"), err=True)
    if refusals:
        raise WorkbookRefused(workbook.name, refusals)
