"""What an apply or a rollback does on which hosts, and the locks on the hosts meanwhile."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from hopthu.apply.lease import Lease
from hopthu.daemons.registry import file_sets
from hopthu.desired.state import Desired
from hopthu.fan_out import on_all_hosts
from hopthu.history.record import Record
from hopthu.inventory.loader import Inventory
from hopthu.model.policy import Policy
from hopthu.operations.answers import Answers
from hopthu.ssh import Ssh, Target


@dataclass(frozen=True, slots=True)
class ApplyContext:
    """What is applied to which `hosts` of the inventory; `record` is what will be recorded.

    `runs` has by host the ids of its last complete and of an unfinished run at the time this one
    was authorised, or is None if that was not read. `answers` has what was read then.
    `clock` returns the present moment.
    """

    root: Path
    inventory: Inventory
    hosts: Sequence[str]
    policy: Policy
    desired: Desired
    record: Record
    clock: Callable[[], datetime]
    runs: Mapping[str, tuple[str, str]] | None = None
    answers: Answers = field(default_factory=Answers)

    @property
    def provider(self) -> str:
        """Return the host that keeps the directory, the lock of the centre and the journal."""
        return self.inventory.centre.provider.name

    @property
    def involved(self) -> list[str]:
        """Return every host that is locked."""
        return sorted({*self.hosts, self.provider})

    def target(self, host: str) -> Target:
        """Return how to reach a host."""
        return Target.of(host, self.inventory.data[host])


@contextmanager
def locked(job: ApplyContext, ssh: Ssh) -> Iterator[Mapping[str, Lease]]:
    """Lock every host during a `with` block, the provider first: its lock is the centre's."""
    holder = {"who": job.record.who, "started": job.record.started, "from": socket.gethostname()}
    leases: dict[str, Lease] = {}

    def take(host: str) -> None:
        leases[host] = Lease(ssh, job.target(host), job.record.id, holder, tuple(file_sets()))

    try:
        take(job.provider)
        on_all_hosts([host for host in job.involved if host != job.provider], take)
        yield leases
    finally:
        on_all_hosts(leases, lambda host: leases[host].end())
