"""`hopthu render`."""

from __future__ import annotations

from pathlib import Path

import click

from hopthu.app import render as files
from hopthu.app.workspace import Workspace
from hopthu.cli.command import argument, command, option
from hopthu.cli.options import FOLDER, WORKSPACE


@command(changes=True)
def render(
    inventory: str = argument(default="lab"),
    host_name: str = option(
        "--host", required=True, help="The host, by its name in the inventory."
    ),
    out: Path = option(
        required=True,
        type=FOLDER,
        help="An empty or new folder; the files are written below it under their own paths.",
    ),
    workspace: Workspace = WORKSPACE,
) -> None:
    """Write the files one host of INVENTORY would get, byte for byte, to a folder.

    Keys are left out. The host is not contacted.
    """
    for path in files.render(workspace, inventory, host_name, out):
        click.echo(path)
