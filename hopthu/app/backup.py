"""Say how old the copies of mail and directory are, and try all of them."""

from __future__ import annotations

from collections.abc import Sequence

from hopthu.app.deployment import deployment
from hopthu.app.noting import Done, Noting
from hopthu.app.workspace import Workspace
from hopthu.copies.status import Copies, keepers, restorable, restored_beside
from hopthu.copies.status import status as status_of
from hopthu.diagnostics.problem import printable
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.ssh import Ssh
from hopthu.validate import read

_SHOWN = 10
_BEGINS = Message("{host}: all of it is restored beside")
_DONE = Message("{host}: all of it was restored beside, and was as it had been")
_LEFT = Message("{host}: not all came back as it was: {reasons}")


def status(workspace: Workspace, inventory: str) -> Sequence[Copies]:
    """Return the copies of every host of an inventory; raise `HostFailed` if none keeps any."""
    found = deployment(workspace, read(workspace.root, workspace.on), inventory).inventory
    with Ssh() as ssh:
        return status_of(found, ssh)


def drill(workspace: Workspace, inventory: str) -> Done:
    """Have each host restore everything from its copies beside, on record before and after.

    Left undone are hosts of which not all came back as it was. Raises `HostFailed` if no host keeps
    copies.
    """
    wanted = deployment(workspace, read(workspace.root, workspace.on), inventory)
    found = wanted.inventory
    keepers(found)
    hosts = restorable(found.centre)
    names = [host.name for host in hosts]
    with Ssh() as ssh:
        note = Noting.of(workspace, wanted, ssh)
        note.add(names, "", [Message(_BEGINS.template, host=name) for name in names])
        wrong = restored_beside(found, ssh, hosts)
        reasons = {
            name: some([printable(each) for each in said], _SHOWN)
            for name, said in wrong.items()
            if said
        }
        done = Done(
            [Message(_DONE.template, host=name) for name in names if name not in reasons],
            [Message(_LEFT.template, host=name, reasons=said) for name, said in reasons.items()],
        )
        note.add(names, "failed" if done.left else "applied", done.sentences)
    return done
