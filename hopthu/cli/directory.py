"""`hopthu directory`: the address book."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import click

from hopthu.app.workspace import Workspace
from hopthu.app.writing import write_output
from hopthu.cli.options import common, formats, group_lang, out_option
from hopthu.desired.state import Mailbox, desired
from hopthu.diagnostics.problem import shown
from hopthu.directory.contacts import contacts
from hopthu.directory.format_csv import as_csv
from hopthu.directory.format_json import as_json
from hopthu.directory.format_ldif import as_ldif
from hopthu.directory.format_vcard import as_vcard
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.rules.context import RuleContext
from hopthu.validate import Loaded, read


@click.group()
@group_lang
def directory() -> None:
    """Export the address book."""


@directory.command(short_help="Write the address book to a file.")
@formats(
    "csv",
    "vcard",
    "ldif",
    "json",
    help="A table for spreadsheets, vCards for phones, LDIF for mail programs, json for tools.",
)
@click.option("--unit", "units", multiple=True, metavar="ID",
              help="Only this unit and the units below it; may be repeated.")  # fmt: skip
@out_option
@common
def export(workspace: Workspace, form: str, units: tuple[str, ...], out: Path | None) -> None:
    """Write the people and units whose mailboxes receive on a day, as the data has them.

    Units are in alphabetical order, each followed by its people by given name. No server is asked.

    \b
    For example:
      hopthu directory export --unit so-noi-vu -o danh-ba.csv
      hopthu directory export --format vcard --on 2026-12-31 -o danh-ba.vcf
    """  # noqa: D301  (click reads the backspace)
    loaded = read(workspace.root, workspace.on)
    found = contacts(
        desired(loaded.organisation, loaded.policy, workspace.on),
        _of_units(loaded, workspace.on, units),
    )
    if form == "csv":
        content = as_csv(found, workspace.language)
    elif form == "vcard":
        content = as_vcard(found)
    elif form == "ldif":
        content = as_ldif(found)
    else:
        content = as_json(found, workspace.on, loaded.policy.domain)
    if out:
        write_output(out, content)
    else:
        click.echo(content, nl=False)


def _of_units(loaded: Loaded, on: date, units: Sequence[str]) -> Callable[[Mailbox], bool]:
    """Tell whether a mailbox is of some `units` or one below; raise `UsageError` for no unit."""
    for unit in units:
        if unit not in loaded.organisation.units:
            raise UsageError(
                Message("there is no unit {unit}", unit=shown(unit)),
                fix=Message("give its id, as in data/units.yaml"),
            )
    if not units:
        return lambda _: True
    facts, wanted = RuleContext(loaded.source, loaded.policy, on), frozenset(units)
    return lambda mailbox: not wanted.isdisjoint(facts.above(mailbox.unit))
