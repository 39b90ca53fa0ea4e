"""What is done to mail on hosts, on record before it is done and after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from hopthu.app.deployment import begun, who
from hopthu.app.workspace import Workspace
from hopthu.credentials.servers import Servers
from hopthu.directory.password_rules import max_age
from hopthu.errors import HostFailed
from hopthu.history.journal import Run, line
from hopthu.history.record import Record
from hopthu.history.record import moment as written
from hopthu.i18n.message import Message
from hopthu.servers.survey import Deployment
from hopthu.ssh import Ssh


@dataclass(slots=True)
class Done:
    """What was done, what was left undone, each with the reason, and what to do next."""

    done: list[Message] = field(default_factory=list)
    left: list[Message] = field(default_factory=list)
    then: Sequence[Message] = ()

    @property
    def sentences(self) -> Sequence[Message]:
        """Return all of it."""
        return (*self.done, *self.left, *self.then)

    @property
    def exit_code(self) -> int:
        """Return the exit code of a command: whether something was left undone."""
        return HostFailed.exit_code if self.left else 0


@dataclass(frozen=True, slots=True)
class Noting:
    """The record of one run, which is in the journal when it begins, and with its result."""

    workspace: Workspace
    record: Record
    servers: Servers

    @classmethod
    def of(
        cls, workspace: Workspace, wanted: Deployment, ssh: Ssh, documents: Sequence[str] = ()
    ) -> Noting:
        """Return what nothing is on record of yet, and the documents that it rests on.

        Raises `UsageError` if nobody does it.
        """
        policy, inventory = wanted.loaded.policy, wanted.inventory
        record = begun(workspace, wanted, who(workspace, inventory), documents)
        return cls(workspace, record, Servers(ssh, inventory, policy.domain, max_age(policy)))

    def add(self, hosts: Iterable[str], result: str, changes: Sequence[str]) -> None:
        """Put on record what is done or was on hosts, with its result; without one it begins."""
        finished = written(self.workspace.clock()) if result else ""
        noted = replace(self.record, finished=finished, changes=(*changes,), result=result)
        self.servers.record(line(Run(noted, dict.fromkeys(hosts, result))))
