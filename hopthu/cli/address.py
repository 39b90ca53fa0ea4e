"""`hopthu address`."""

from __future__ import annotations

import click

from hopthu.app import address as naming
from hopthu.app.workspace import Workspace
from hopthu.cli.command import argument, command, option
from hopthu.cli.options import WORKSPACE
from hopthu.cli.output import say
from hopthu.i18n.message import Message


@command()
def address(
    name: str = argument(),
    unit: str | None = option("ID", help="Print an alias with this unit's name as well."),
    kind: str | None = option("KIND", help="NAME is that of a new unit of this kind."),
    short: str = option("SHORT", default="", help="The short name of the new unit."),
    parent: str | None = option("ID", help="The unit above the new unit."),
    workspace: Workspace = WORKSPACE,
) -> None:
    """Print the free address the naming profile gives NAME: of a person, or of a unit.

    NAME is the name of a person, or the id or name of a unit in the data; with --kind that of a
    unit that is not in the data yet. Numbers only grow: an address that was ever held, by a closed
    mailbox too, is not given again. Nor is one that was removed since the revision with which
    `check` compares. The first line is the address, without the domain.

    \b
      hopthu address "Sở Công Thương" --kind department --short SCT
    """  # noqa: D301  (click reads the backspace)
    local, alias = naming.address(workspace, name, unit, kind, short, parent)
    click.echo(local)
    if alias:
        say(Message("alias: {address}", address=alias))
