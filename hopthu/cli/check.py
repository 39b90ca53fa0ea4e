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
from hopthu.git import checked_out
from hopthu.load import load
from hopthu.source.positions import no_garbage_collection
from hopthu.source.records import Source
from hopthu.validate import between, validate

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
@click.option("--base", metavar="REV", help="A git revision: what is past must be as it was there.")
@lang
@common
def check(root: Path, on: date, form: str, base: str | None, language: str) -> int:
    """Load and validate the data; exit 2 when there are errors.

    Reads data/policy.yaml, units.yaml, people.yaml and documents.yaml, or a folder of files in
    place of any of them. All problems are reported at once, sorted, each with file, line, column,
    the reason and the fix; warnings alone exit 0.
    """
    with no_garbage_collection():
        source = load(root)
        problems = validate(source, on)
        if base is not None:
            problems = sorted([*problems, *between(_at(root, base), source, on)])
    click.echo(_FORMATS[form](problems, source, language), nl=False)
    return DataError.exit_code if any(p.severity == "error" for p in problems) else 0


def _at(root: Path, revision: str) -> Source:
    """Return the data of a revision; what of it cannot be read would pass as never there."""
    with checked_out(root, revision) as (folder, _):
        source = load(folder)
    if problem := source.unread():
        raise UsageError(
            f"the data of {revision} cannot be read: {problem.file}:{problem.line}: {problem.what}",
            fix="name a revision with well-formed data as --base",
        )
    return source


def _counts(source: Source) -> dict[str, int]:
    return {kind: len(source.records[kind]) for kind in ("units", "people", "documents")}
