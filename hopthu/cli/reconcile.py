"""`hopthu reconcile`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from hopthu.cli.import_ import list_file
from hopthu.cli.options import common, format_option
from hopthu.diagnostics.problem import printable
from hopthu.errors import DataError, Drifted
from hopthu.load import load
from hopthu.personnel.reader import read_list
from hopthu.personnel.reconciling import as_json, as_text, reconciled
from hopthu.rules.context import RuleContext
from hopthu.source.positions import no_garbage_collection
from hopthu.validate import policy_of


@click.command()
@list_file
@format_option
@common
def reconcile(
    file: Path, category: str | None, form: str, root: Path, on: date, language: str
) -> int:
    """Compare the personnel list FILE, .xlsx or .csv, with the data as of a day.

    It finds who is in post without a mailbox, who has a mailbox and no post, who is in another
    unit, and whose name or title is another one. Of the data it looks at the units of which the
    list has people. It changes nothing.

    Exit 0 if both say the same, 5 if they differ or a row could not be compared.
    """
    with no_garbage_collection():
        listing = read_list(file, category)  # type: ignore[arg-type]  # a choice of them
        source = load(root)
        if any(problem.severity == "error" for problem in source.problems):
            raise DataError(source.problems, policy_of(source).regulation)
        found = reconciled(listing, RuleContext(source, policy_of(source), on), on.isoformat())
    name = printable(file.name)
    text = (
        as_json(found, name, on.isoformat(), language)
        if form == "json"
        else as_text(found, name, language)
    )
    click.echo(text, nl=False)
    return Drifted.exit_code if found.differences or found.unread else 0
