"""`hopthu check`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import click

from hopthu.cli.colour import coloured
from hopthu.cli.options import common, lang
from hopthu.cli.report_formats import as_github, as_gitlab, as_sarif
from hopthu.diagnostics.problem import Problem, as_json, as_text
from hopthu.errors import DataError, UsageError
from hopthu.history.removals import Since, since, since_head
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.load import load
from hopthu.rules.registry import BETWEEN
from hopthu.source.positions import no_garbage_collection
from hopthu.source.records import Source
from hopthu.validate import validate

_FORMATS: Mapping[str, Callable[[Sequence[Problem], Source, str], str]] = {
    "text": lambda problems, _, language: coloured(as_text(problems, language)),
    "json": lambda problems, source, language: as_json(problems, _counts(source), language),
    "sarif": lambda problems, _, language: as_sarif(problems, language),
    "github": lambda problems, _, language: as_github(problems, language),
    "gitlab": lambda problems, _, language: as_gitlab(problems, language),
}


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(list(_FORMATS)),
    default="text",
    show_default=True,
    help="Text for people, json and sarif for tools, github and gitlab for the lines of a change.",
)
@click.option(
    "--base",
    metavar="REV",
    help="The git revision whose ids, addresses and past must stay.  [default: HEAD]",
)
@lang
@common
def check(root: Path, on: date, form: str, base: str | None, language: str) -> int:
    """Load and validate the data; exit 2 when there are errors.

    Reads data/policy.yaml, units.yaml, people.yaml and documents.yaml, or a folder of files in
    place of any of them. All problems are reported at once, sorted, each with file, line, column,
    the reason and the fix; warnings alone exit 0.

    What was committed is compared with: no record is taken out, no id or address is given to
    somebody else, and what is past stays as it was written.
    """
    with no_garbage_collection():
        source = load(root)
        problems = validate(source, on)
        earlier = _earlier(root, base, source, on)
        if earlier:
            problems = sorted([*problems, *earlier.problems])
    if base is None and (note := _note(earlier)):
        click.echo(f"{translate(Message('note'), language)}: {translate(note, language)}", err=True)
    click.echo(_FORMATS[form](problems, source, language), nl=False)
    return DataError.exit_code if any(p.severity == "error" for p in problems) else 0


def _earlier(root: Path, base: str | None, source: Source, on: date) -> Since | None:
    """Compare with the revision asked for, else with HEAD where that has data."""
    if base is None:
        return since_head(root, source, on, BETWEEN)
    found = since(root, base, source, on)
    if problem := found.unread:  # what of it cannot be read would pass as never there
        raise UsageError(
            f"the data of {base} cannot be read: {problem.file}:{problem.line}: {problem.what}",
            fix="name a revision with well-formed data as --base",
        )
    return found


def _note(earlier: Since | None) -> Message | None:
    """Return what is to be said of the comparison with HEAD, beside the problems."""
    if earlier is None:
        return Message(
            "there is no earlier revision to compare with: nothing is committed here yet"
        )
    if earlier.unread:
        file = earlier.unread.file
        return Message("{file} cannot be read in HEAD, so it was not compared with", file=file)
    if earlier.problems:
        return Message(
            "compared with HEAD; a commit that nobody else has yet is put right with "
            "--base and the revision they have"
        )
    return None


def _counts(source: Source) -> dict[str, int]:
    return {kind: len(source.records[kind]) for kind in ("units", "people", "documents")}
