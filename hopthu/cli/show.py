"""`hopthu show`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from hopthu.cli.options import common
from hopthu.show import document as documents
from hopthu.show.formats import as_json, as_text
from hopthu.show.report import show as view_of
from hopthu.validate import read


@click.command()
@click.argument("asked", metavar="ID|ADDRESS|NAME")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Text for people, json for tools; its keys are a contract.",
)
@common
def show(asked: str, root: Path, on: date, form: str, language: str) -> None:
    """Show the state of one person, unit or address on a day, and why; or what a document is for.

    That is the state of the mailbox, where mail goes and why, who may use it, everything on record
    with the documents it rests on, and what falls due; of a document, what rests on it. A name that
    several people have, or nobody, exits 2 and suggests ids.
    """
    loaded = read(root, on)
    if found := loaded.organisation.documents.get(asked):
        rests = documents.resting_on(loaded, on, asked)
        show_document = documents.as_json if form == "json" else documents.as_text
        click.echo(show_document(found, rests, language), nl=False)
        return
    view = view_of(loaded, on, asked)
    write = as_json if form == "json" else as_text
    click.echo(write(view, language), nl=False)
