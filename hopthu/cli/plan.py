"""`hopthu plan`."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import click

from hopthu.base import at_revision
from hopthu.cli.options import common
from hopthu.errors import Refused, UsageError
from hopthu.language import LANGUAGES, from_environment
from hopthu.marks import no_garbage_collection
from hopthu.plan import Side, make
from hopthu.plan_markdown import as_markdown
from hopthu.plan_text import as_text
from hopthu.saved import as_saved
from hopthu.validate import read


@click.command()
@click.option("--base", default="HEAD", show_default=True, help="The git revision to compare with.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="text for people, markdown for a comment on a pull request, json for tools.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the plan here, for `hopthu apply --plan`.",
)
@click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    help="The language of the sentences.  [default: from the locale]",
)
@common
def plan(root: Path, on: date, base: str, form: str, out: Path | None, language: str | None) -> int:
    """Show what the working copy changes against a git revision, in words of the domain.

    Needs no server. Every change with the documents it rests on; then what dates in the data will
    change by themselves soon. Exit 3 when a guard stops the plan: it is shown all the same.
    """
    with no_garbage_collection():
        loaded = read(root, on)
        before, commit = at_revision(root, base, loaded)
        after = Side(loaded.organisation, loaded.policy)
        made = make(before, after, on, commit)
    language = language or from_environment(os.environ)
    if out:
        try:
            out.write_text(as_saved(made, after, root), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write the plan: {error}") from error
    if form == "json":
        click.echo(made.as_json(language), nl=False)
    else:
        write = as_markdown if form == "markdown" else as_text
        click.echo(write(made, loaded.organisation, language), nl=False)
    return Refused.exit_code if made.refused else 0
