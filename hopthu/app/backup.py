"""Say how old the copies of mail and directory are."""

from __future__ import annotations

from collections.abc import Sequence

from hopthu.app.deployment import deployment
from hopthu.app.workspace import Workspace
from hopthu.copies.status import Copies
from hopthu.copies.status import status as status_of
from hopthu.ssh import Ssh
from hopthu.validate import read


def status(workspace: Workspace, inventory: str) -> Sequence[Copies]:
    """Return the copies of every host of an inventory; raise `HostFailed` if none keeps any."""
    found = deployment(workspace, read(workspace.root, workspace.on), inventory).inventory
    with Ssh() as ssh:
        return status_of(found, ssh)
