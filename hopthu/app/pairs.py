"""End a split, in which both hosts of a pair wrote: one copy is written aside, then given up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from hopthu.app.deployment import deployment
from hopthu.app.noting import Noting
from hopthu.app.workspace import Workspace
from hopthu.daemons.dovecot import MAIL
from hopthu.daemons.pairs import MOUNT
from hopthu.diagnostics.problem import shown
from hopthu.errors import HostFailed, Refused, UsageError
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Host
from hopthu.remote.host import pairs
from hopthu.servers.survey import Deployment
from hopthu.ssh import OnHost, Ssh, on_host
from hopthu.validate import read

_LONGEST = 86400.0
"""Seconds in which a whole disk is written aside."""


@dataclass(frozen=True, slots=True)
class Split:
    """A store of which `keeps` has the copy that stays, and `gives` the one that is given up."""

    workspace: Workspace
    wanted: Deployment
    ssh: Ssh
    store: str
    keeps: Host
    gives: Host

    def said(self) -> list[Message]:
        """Return what each host says of the two copies, its own first."""
        said = [(host.name, self._on(host)(pairs.found, self.store, MAIL)["said"])
                for host in (self.keeps, self.gives)]  # fmt: skip
        return [Message("{host}: {state}", host=host, state=state) for host, state in said]

    def end(self, aside: str) -> Message:
        """Have one host write its copy to a new file of its own, and take the other's.

        On record before and after. Raises `UsageError` unless the path of the file is absolute,
        and `HostFailed` if there is no split, or no room; then nothing is given up.
        """
        if not PurePosixPath(aside).is_absolute():
            raise UsageError(
                Message("{path} is not an absolute path", path=shown(aside)),
                fix=Message("name a new file on {host}, as in: {example}",
                            host=self.gives.name, example="/root/store1.img"),
            )  # fmt: skip
        note = Noting.of(self.workspace, self.wanted, self.ssh)
        names = (self.keeps.name, self.gives.name)
        what = Message(
            "{store}: {host} gives up what it has written since the split, and keeps a copy of its"
            " disk in {path}",
            store=self.store, host=self.gives.name, path=shown(aside),
        )  # fmt: skip
        note.add(names, "", [what])
        try:
            self._on(self.gives)(pairs.give_up, self.store, MOUNT, aside)
            self._on(self.keeps)(pairs.rejoin, self.store)
        except HostFailed as error:
            note.add(names, "failed", [what, error.what])
            raise
        note.add(names, "applied", [what])
        return what

    def _on(self, host: Host) -> OnHost:
        return on_host(self.wanted.inventory, self.ssh, host, _LONGEST)


def split(workspace: Workspace, inventory: str, store: str, ssh: Ssh) -> Split:
    """Return the two copies of a store: the host that serves it by the data keeps its own.

    Raises `UsageError` for a store that is not on two hosts, and `Refused` unless the one that is
    to keep its copy serves it.
    """
    wanted = deployment(workspace, read(workspace.root, workspace.on), inventory)
    centre = wanted.inventory.centre
    keeps = centre.store_host(store)
    gives = centre.partner(keeps)
    if gives is None:
        raise UsageError(Message("{store} is not on two hosts", store=store))
    found = Split(workspace, wanted, ssh, store, keeps, gives)
    if not found._on(keeps)(pairs.found, store, MAIL)["serves"]:
        raise Refused(
            Message("{store}: {host} does not serve it", store=store, host=keeps.name),
            fix=Message("have the host whose copy stays serve it first: the line in"
                        " `stores.storage`, and an apply"),
        )  # fmt: skip
    return found
