"""Write the files of a host to a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hopthu.app.workspace import Workspace
from hopthu.daemons.registry import render as render_host
from hopthu.daemons.site import load_site
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.inventory import loader as inventories


def render(workspace: Workspace, inventory: str, host: str, out: Path) -> Iterator[Path]:
    """Write the files that a host would get below a folder, keys left out; yield each.

    Raises `UsageError` if there is something in the folder.
    """
    if out.exists() and any(out.iterdir()):
        raise UsageError(
            Message("{folder} is not empty", folder=out), fix=Message("pass a new folder")
        )
    found = inventories.load(workspace.root, inventory)
    known = found.centre.host(host)
    site = load_site(workspace.root, workspace.on, found)
    for files in render_host(site.context(known.name)).values():
        for path, file in files.items():
            if not file.secret:
                target = out / path.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(file.content)
                target.chmod(file.mode)
                yield target
