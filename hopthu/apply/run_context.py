"""What is done to whom, and the hold on the hosts while it is: of an apply or a rollback."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
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
    """What is applied to whom: `hosts` of the inventory; `record` is what will be recorded.

    `runs` are those each host told of when this one was permitted, the last and one that did not
    end; None where that was not asked. `answers` is what hosts said then.
    """

    root: Path
    inventory: Inventory
    hosts: Sequence[str]
    policy: Policy
    desired: Desired
    record: Record
    runs: Mapping[str, tuple[str, str]] | None = None
    answers: Answers = field(default_factory=Answers)

    @property
    def provider(self) -> str:
        """The host that keeps the directory, the lock of the centre and the journal."""
        return self.inventory.centre.provider.name

    @property
    def involved(self) -> list[str]:
        """Every host that is held."""
        return sorted({*self.hosts, self.provider})

    def target(self, host: str) -> Target:
        """Return how to reach a host."""
        return Target.of(host, self.inventory.data[host])


@contextmanager
def locked(job: ApplyContext, ssh: Ssh) -> Iterator[Mapping[str, Lease]]:
    """Hold every host for the time of a `with` block, the provider first: it is the lock."""
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
