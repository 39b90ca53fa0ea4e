"""`hopthu render`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from hopthu.app.workspace import Workspace
from hopthu.cli.options import common
from hopthu.daemons.registry import render as render_host
from hopthu.daemons.site import load_site
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.inventory import loader as inventories


@click.command()
@click.argument("inventory", default="lab")
@click.option(
    "--host",
    "host_name",
    required=True,
    metavar="HOST",
    help="The host, by its name in the inventory.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="An empty or new folder; the files are written below it under their own paths.",
)
@common
def render(workspace: Workspace, inventory: str, host_name: str, out: Path) -> None:
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
