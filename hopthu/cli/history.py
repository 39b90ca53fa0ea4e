"""`hopthu history`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from hopthu.cli.options import common, lang
from hopthu.errors import Drifted, HostFailed, UsageError
from hopthu.history.format_text import as_text
from hopthu.history.overview import overview
from hopthu.inventory import loader as inventories


@click.command()
@click.argument("asked", metavar="[ID|HOST]", default="")
@click.option(
    "--inventory",
    metavar="NAME",
    help="Whose history.  [default: the only inventory, else production, else lab]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Text for people, json for tools; its keys are a contract.",
)
@lang
@click.option("--all", "every", is_flag=True, help="Every run, not only the newest ten.")
@common
def history(
    asked: str,
    root: Path,
    on: object,  # noqa: ARG001  (every command takes --on; what was done does not depend on it)
    inventory: str | None,
    form: str,
    language: str,
    every: bool,
) -> int:
    """Show what is deployed on every host, since when, by whom; and the runs that led there.

    With the ID of a person, unit, document or run: the runs that are about it. With a HOST: what
    was done there. Commits that are not deployed are told.

    Exit 4 when a host cannot be reached: the rest is shown all the same; 5 when the journal was
    changed afterwards, or is missing runs that hosts know of.
    """
    found = inventories.load(root, inventory or _default(root))
    view = overview(root, found, asked)
    if form == "json":
        click.echo(json.dumps(view.as_dict(language), ensure_ascii=False, indent=2))
    else:
        click.echo(as_text(view, language, every=every), nl=False)
    if view.broken or view.missing:
        return Drifted.exit_code
    return HostFailed.exit_code if view.unreached else 0


def _default(root: Path) -> str:
    """Return the inventory meant where none is named; raise `UsageError` if that is not plain."""
    known = sorted(path.stem for path in (root / "inventory").glob("*.py"))
    if len(known) == 1:
        return known[0]
    for name in ("production", "lab"):
        if name in known:
            return name
    fix = f"--inventory with one of: {', '.join(known)}" if known else "--inventory with a path"
    raise UsageError("it is not clear which inventory is meant", fix=fix)
