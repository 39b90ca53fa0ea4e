"""`hopthu pair`: stores on two hosts."""

from __future__ import annotations

from hopthu.app import pairs
from hopthu.app.workspace import Workspace
from hopthu.cli.command import argument, command, option
from hopthu.cli.options import INVENTORY, WORKSPACE, YES, group
from hopthu.cli.output import refuse_unasked, require_consent, say
from hopthu.i18n.message import Message
from hopthu.ssh import Ssh


@group()
def pair() -> None:
    """End a split of a store on two hosts."""


@command(pair, short_help="Keep aside, then give up, one of two copies.", changes=True)
def discard(
    inventory: str = INVENTORY,
    store: str = argument("STORE"),
    keep: str = option(
        "--keep FILE", required=True,
        help="The absolute path of a new file on the host that gives way, on a disk with room for"
        " all that its own has.",
    ),
    yes: bool = YES,
    workspace: Workspace = WORKSPACE,
) -> None:  # fmt: skip
    """End a split of STORE in which both hosts wrote: the one that stands by gives way.

    The copy that stays is that of the host that serves by the data; to keep the other one, change
    that line first. The host that gives way stops serving, writes its disk to the file FILE, and
    only then takes the other's copy. What it alone has accepted is in that file: mount it read-only
    there, and bring back what is missed. Exit 4 if there is no split, or no room; then nothing is
    given up.
    """
    refuse_unasked(asked=yes)
    with Ssh() as ssh:
        found = pairs.split(workspace, inventory, store, ssh)
        say(*found.said())
        asked = Message(
            "Give up the copy of {store} on {host}?", store=store, host=found.gives.name
        )
        require_consent(asked, given=yes)
        say(found.end(keep))
