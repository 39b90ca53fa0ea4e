"""`hopthu backup`: how old the copies of mail and directory are."""

from __future__ import annotations

from hopthu.app import backup as copies
from hopthu.app.workspace import Workspace
from hopthu.cli.command import command
from hopthu.cli.options import FORMAT, INVENTORY, WORKSPACE, group
from hopthu.cli.output import put, say
from hopthu.copies.status import as_json, as_text
from hopthu.errors import HostFailed


@group()
def backup() -> None:
    """Look after the copies of mail and directory.

    Timers on the hosts make them, and the hosts in group `backup` keep them. `hopthu restore`
    brings mail back from them.
    """


@command(backup, short_help="Show how old the copies are, and their size.")
def status(inventory: str = INVENTORY, form: str = FORMAT, workspace: Workspace = WORKSPACE) -> int:
    """Show how old the copies of every host of INVENTORY are, and how much room they take.

    A copy is as old as its arrival on the host that keeps it: what a host says of its own copies
    does not count. Each host is asked, too, whether its last run did all of its work, what it sent
    is looked for there and opened, and the host tries whether it could remove copies or read those
    of others. Exit 4 if a copy is too old or missing, or if something is wrong with a host or its
    rights.
    """
    found = copies.status(workspace, inventory)
    if form == "json":
        put(as_json(found))
    else:
        say(*as_text(found))
    return HostFailed.exit_code if not all(each.good for each in found) else 0
