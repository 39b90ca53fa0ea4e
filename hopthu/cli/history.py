"""`hopthu history`."""

from __future__ import annotations

import json

import click

from hopthu.app import history as runs
from hopthu.app.workspace import Workspace
from hopthu.cli.command import argument, command, flag, option
from hopthu.cli.options import FORMAT, WORKSPACE
from hopthu.cli.output import put, say
from hopthu.errors import Drifted, HostFailed
from hopthu.history.format_text import as_text
from hopthu.i18n.message import Message
from hopthu.model.phrases import describe_day


@command()
def history(
    asked: str = argument("[INVENTORY|ID|ADDRESS|HOST]", default=""),
    inventory: str | None = option(
        "NAME", help="The inventory.  [default: the only one, else production, else lab]"
    ),
    form: str = FORMAT,
    every: bool = flag("--all", help="Every run, not only the newest ten."),
    workspace: Workspace = WORKSPACE,
) -> int:
    """Show what is deployed on every host, since when, by whom; and the runs that led there.

    With the ID of a person, unit, document or run, or an ADDRESS: the runs about it. With a HOST:
    the runs there. With an INVENTORY: all of its runs, as with --inventory.
    Commits that are not deployed are listed, and changes that are due and not done.

    Exit 4 if a host cannot be reached (the rest is still shown), 5 if the journal was changed
    afterwards, or lacks runs that hosts have on record or lines that they remember.
    """
    view, due, unknown = runs.history(workspace, inventory, asked)
    language = workspace.language
    if form == "json":
        keys = view.as_dict(language) | {"due": due.as_dict(language) if due else None}
        click.echo(json.dumps(keys, ensure_ascii=False, indent=2))
    else:
        put(as_text(view, language, every=every))
        for each in due.days if due else ():
            say(Message("Due on {day} and not done: {number}; `hopthu daily` lists it.",
                        day=describe_day(each.on), number=len(each.changes)))  # fmt: skip
        if unknown:
            say(Message("It is not known what is due: {reason}", reason=unknown))
    if view.broken or view.missing or view.forgotten:
        return Drifted.exit_code
    return HostFailed.exit_code if view.unreached else 0
