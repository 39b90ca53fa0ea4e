"""`hopthu credential idle`."""

from __future__ import annotations

from hopthu.app.deployment import deployment
from hopthu.app.workspace import Workspace
from hopthu.cli.command import command
from hopthu.cli.options import FORMAT, INVENTORY, WORKSPACE
from hopthu.cli.output import put, say
from hopthu.credentials.idle import idle as idle_of
from hopthu.credentials.idle import last_uses
from hopthu.credentials.idle_formats import as_json, as_text
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.ssh import Ssh
from hopthu.validate import read


@command(short_help="List who has not signed in for long.")
def idle(
    inventory: str = INVENTORY,
    form: str = FORMAT,
    workspace: Workspace = WORKSPACE,
) -> None:
    """List people who have not signed in for `lifecycle.idle_days`, longest first.

    To read or send mail or to look people up, on any access host. Nobody is locked: it is for their
    units to say whether they still need the mailbox. People with client passwords are left out,
    because those leave no date in the directory. After a change of somebody's entry, such as a
    transfer, earlier sign-ins are not known, and the days count from that change.
    """
    if workspace.on != workspace.today:
        raise UsageError(Message("this is about this moment: leave --on out"))
    loaded = read(workspace.root, workspace.on)
    wanted = deployment(workspace, loaded, inventory)
    with Ssh() as ssh:
        uses = last_uses(ssh, wanted.inventory, loaded.policy.domain)
    uses = {person: use for person, use in uses.items() if person in loaded.organisation.people}
    people = idle_of(uses, loaded.policy, workspace.clock())
    if form == "json":
        put(f"{as_json(loaded, people)}\n")
        return
    say(*as_text(loaded, people, len(uses)))
