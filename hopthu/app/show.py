"""Ask servers what they know about a mailbox."""

from __future__ import annotations

from hopthu.app.deployment import deployment
from hopthu.app.workspace import Workspace
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.show.live import Live
from hopthu.show.live import live as ask_servers
from hopthu.show.report import View
from hopthu.ssh import Ssh
from hopthu.validate import Loaded


def live(workspace: Workspace, loaded: Loaded, view: View, inventory: str) -> Live:
    """Return what the servers of an inventory know about a mailbox."""
    if workspace.on != workspace.today:
        raise UsageError(Message("--live is about this moment: leave --on out"))
    found = deployment(workspace, loaded, inventory).inventory
    names = [name for each in view.addresses for name in (each, each.partition("@")[0])]
    with Ssh() as ssh:
        return ask_servers(ssh, found, loaded.policy, view.record.id, names, workspace.clock())
