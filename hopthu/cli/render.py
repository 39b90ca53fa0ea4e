"""`hopthu render`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from hopthu.app.workspace import Workspace
from hopthu.cli.command import argument, command, option
from hopthu.cli.options import FOLDER, WORKSPACE
from hopthu.daemons.registry import render as render_host
from hopthu.daemons.site import load_site
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.inventory import loader as inventories


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
    if out.exists() and any(out.iterdir()):
        raise UsageError(
            Message("{folder} is not empty", folder=out), fix=Message("pass a new folder")
        )
    read = inventories.load(workspace.root, inventory)
    host = read.centre.host(host_name)
    site = load_site(workspace.root, workspace.on, read)
    for files in render_host(site.context(host.name)).values():
        for path, file in files.items():
            if file.secret:
                continue
            target = out / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.content)
            os.chmod(target, file.mode)  # noqa: PTH101
            click.echo(target)
