"""`hopthu show`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from hopthu.cli.options import common, lang
from hopthu.show.formats import as_json, as_text
from hopthu.show.report import show as view_of
from hopthu.validate import read


@click.command()
@click.argument("asked", metavar="ID|ADDRESS")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Text for people, json for tools; its keys are a contract.",
)
@lang
@common
def show(asked: str, root: Path, on: date, form: str, language: str) -> None:
    """Show one person, unit or address: how things stand on a day, and why.

    The state of the mailbox, where mail leads and what decides it, who may use it, all that is on
    record with the documents it rests on, and what falls due. Unknown names exit 2 and say what
    may have been meant.
    """
    view = view_of(read(root, on), on, asked)
    write = as_json if form == "json" else as_text
    click.echo(write(view, language), nl=False)
