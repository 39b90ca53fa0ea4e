"""`hopthu check`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import click

from hopthu.cli.options import common
from hopthu.errors import DataError
from hopthu.load import load
from hopthu.problems import Problem, as_json, as_text
from hopthu.reports import as_github, as_sarif
from hopthu.source import Source
from hopthu.validate import validate

_FORMATS: Mapping[str, Callable[[Sequence[Problem], Source], str]] = {
    "text": lambda problems, _: as_text(problems),
    "json": lambda problems, source: as_json(problems, _counts(source)),
    "sarif": lambda problems, _: as_sarif(problems),
    "github": lambda problems, _: as_github(problems),
}


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(list(_FORMATS)),
    default="text",
    show_default=True,
    help="text for people, json and sarif for tools, github for annotations on a pull request.",
)
@common
def check(root: Path, on: date, form: str) -> int:
    """Load and validate the data; exit 2 when there are errors.

    Reads data/policy.yaml, units.yaml, people.yaml and documents.yaml, or a folder of files in
    place of any of them. All problems are reported at once, sorted, each with file, line, column,
    the reason and the fix; warnings alone exit 0.
    """
    source = load(root)
    problems = validate(source, on)
    click.echo(_FORMATS[form](problems, source), nl=False)
    return DataError.exit_code if any(p.severity == "error" for p in problems) else 0


def _counts(source: Source) -> dict[str, int]:
    return {kind: len(source.records[kind]) for kind in ("units", "people", "documents")}
