"""`hopthu directory`: the address book."""

from __future__ import annotations

from pathlib import Path

from hopthu.app import directory as books
from hopthu.app.workspace import Workspace
from hopthu.cli.command import command, option
from hopthu.cli.options import OUT, WORKSPACE, formats, group
from hopthu.cli.output import put


@group()
def directory() -> None:
    """Export the address book."""


@command(directory, short_help="Write the address book to a file.")
def export(
    form: str = formats(
        *books.FORMATS,
        help="A table for spreadsheets, vCards for phones, LDIF for mail programs, json for tools.",
    ),
    units: tuple[str, ...] = option(
        "--unit ID...", help="Only this unit and the units below it; may be repeated."
    ),
    out: Path | None = OUT,
    workspace: Workspace = WORKSPACE,
) -> None:
    """Write the people and units whose mailboxes receive on a day, as the data has them.

    Units are in alphabetical order, each followed by its people by given name. No server is asked.

    \b
    For example:
      hopthu directory export --unit so-noi-vu -o danh-ba.csv
      hopthu directory export --format vcard --on 2026-12-31 -o danh-ba.vcf
    """  # noqa: D301  (click reads the backspace)
    put(books.export(workspace, form, units), out)
