"""`hopthu import`."""

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
from hopthu.editing.listed_heads import with_heads
from hopthu.errors import DataError, Drifted, UsageError
from hopthu.history.removals import since_base
from hopthu.i18n.message import Message
from hopthu.i18n.terms import CATEGORIES
from hopthu.load import load, replaced
from hopthu.model.organisation import Category
from hopthu.personnel import findings
from hopthu.personnel.importing import Import, imported
from hopthu.personnel.reader import read_list
from hopthu.source.positions import no_garbage_collection
from hopthu.source.records import Source
from hopthu.validate import policy_of, validate

Command = TypeVar("Command", bound=Callable[..., Any])


def list_file(command: Command) -> Command:
    """Give a command FILE, the path of a list, and `--category` for rows without one."""
    category = click.option(
        "--category",
        type=Term(CATEGORIES),
        help="The category of people for whom the list names none; also as cán bộ, công chức or "
        "viên chức.",
    )
    return click.argument("file", type=click.Path(path_type=Path))(category(command))


@click.command("import")
@list_file
@click.option(
    "--basis",
    required=True,
    metavar="DOCUMENT",
    help="The id of the document, of kind adoption, by which the list was adopted.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be added; write no data.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write what a person has to look at to this file, as CSV.",
)
@click.option(
    "--namesakes",
    is_flag=True,
    help="Take rows whose name somebody else has already as other people.",
)
@click.option(
    "--heads",
    is_flag=True,
    help="Enter who heads a unit by their title, where it has no head yet.",
)
@common
def import_(
    file: Path,
    category: Category | None,
    basis: str,
    dry_run: bool,
    report: Path | None,
    namesakes: bool,
    heads: bool,
    root: Path,
    on: date,
    language: str,
) -> int:
    """Bring the personnel list FILE, .xlsx or .csv, into data/people.

    Who is not in the data yet is added with an id, an address by the naming profile, and a post
    that rests on the adoption. Nobody who is there already is changed. Rows of which something
    cannot be told are left out and reported, with what to do; correct them in the list and import
    it again. `hopthu unit import` adds the units of the list before.

    By a title alone nobody becomes the head of a unit, who has its mailbox: those with
    such a title are reported. Once you have confirmed them, --heads enters them.

    Exit 0 if every row is in the data, 5 if some were left out.
    """
    if report:
        _refuse_losses(file, report)
    with no_garbage_collection():
        listing = read_list(file, category)
        source = load(root)

        def since(contents: Mapping[str, bytes]) -> Sequence[Problem]:
            compared = since_base(root, replaced(source, contents), on)
            return compared.problems if compared else ()

        found = imported(source, on, listing, basis, namesakes=namesakes, since=since)
        files = found.files
        confirmed = found.heads if heads else {}
        if confirmed:
            files = with_heads(source, files, confirmed.values(), on)
            _refuse_errors(source, [*validate(replaced(source, files), on), *since(files)])
    everything = findings.in_order(
        each
        for each in (*listing.findings, *found.findings)
        if each.level != "head" or each.place not in confirmed
    )
    if report:
        write_output(report, findings.as_csv(everything, language))
    if not dry_run:
        replace_data(root, source.files, files)
    if dry_run:
        _show(found, policy_of(source).domain)
    for head in confirmed.values():
        click.echo(printable(f"+ {head.unit}: {head.row['person']}"))
    click.echo(findings.as_text(everything, language), nl=False)
    counted = findings.count(everything)
    numbers = {
        "new": len(found.new), "present": found.present, "left": counted["left out"],
        "check": counted["look"], "heads": counted["head"],
    }  # fmt: skip
    say(
        Message("would be added: {new}, there already: {present}; left out: {left}, to check: "
                "{check}, heads to confirm: {heads}", **numbers)
        if dry_run
        else Message("added: {new}, there already: {present}; left out: {left}, to check: {check}, "
                     "heads to confirm: {heads}", **numbers),
        language,
    )  # fmt: skip
    return Drifted.exit_code if counted["left out"] else 0


def _refuse_errors(source: Source, problems: Sequence[Problem]) -> None:
    """Raise `DataError` for what `hopthu check` would refuse."""
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise DataError(errors, policy_of(source).regulation)


def _refuse_losses(file: Path, report: Path) -> None:
    """Raise `UsageError` if the report would take the place of the list, or of another document."""
    if not report.is_file():
        return
    fix = Message("name another file for the report, such as {example}", example="report.csv")
    if file.exists() and report.samefile(file):
        raise UsageError(Message("{file} is the list itself", file=report), fix=fix)
    if report.suffix.lower() != ".csv":
        raise UsageError(
            Message("{file} is there already, and is no .csv file", file=report), fix=fix
        )


def _show(found: Import, domain: str) -> None:
    """Print who would be added, one a line."""
    for each in found.new:
        post = f"{each.unit}, {each.title}, {each.start}"
        click.echo(printable(f"+ {each.id} <{each.address}@{domain}> {each.name}: {post}"))
