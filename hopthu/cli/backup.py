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
    put(as_json(found) if form == "json" else as_text(found))
    return HostFailed.exit_code if not all(each.good for each in found) else 0


@command(backup, short_help="Restore all copies beside, and compare them.", changes=True)
def drill(inventory: str = INVENTORY, workspace: Workspace = WORKSPACE) -> int:
    """Have the hosts of INVENTORY restore everything from their last copies, beside what is there.

    Each store unpacks all mailboxes, in as many parts as there is room for, and compares them with
    their manifests; the directory's host builds a whole directory, and compares it with the copy.
    Nothing is put in place. Timers do the same once a month; this takes as long, hours for a large
    store, and is in the journal before it begins and when it has ended. A host goes on if this
    command is interrupted: `hopthu backup status` says how that ended.

    Exit 4 if something did not come back as it was.
    """
    done = copies.drill(workspace, inventory)
    say(*done.sentences)
    return done.exit_code
