"""Read the state of the servers, and plan from there to the data that is to be deployed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from hopthu.daemons.site import Site, declared
from hopthu.desired.state import Desired, desired
from hopthu.directory.entries import entries
from hopthu.directory.ldif import Entries
from hopthu.errors import HostFailed, UsageError
from hopthu.fan_out import answers
from hopthu.git.baseline import load_baseline
from hopthu.git.repository import UNKNOWN, Repository
from hopthu.history.data_digest import digest
from hopthu.history.record import Record
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.plan.plan import Plan, with_later_parts
from hopthu.plan.upcoming import due
from hopthu.servers.file_diff import read_hosts
from hopthu.servers.plan import guarded
from hopthu.servers.reader import read_server_state
from hopthu.servers.state import ServerState
from hopthu.ssh import Ssh, on_host
from hopthu.validate import Loaded

_PATIENCE = 5
"""Seconds that a host that stands by has to answer: a lost packet is sent again twice by then."""


@dataclass(frozen=True)
class Deployment:
    """Valid data that is to be deployed, as of the day `on`, to the hosts of an inventory.

    What follows from it is computed once: it takes seconds for a province.

    With `limit` only hosts of these names are changed; those that are `silent` stand by, and do not
    answer. Raises `UsageError` if the data does not declare a host. `of` makes one in which that
    host of a pair serves that the data names.
    """

    repository: Repository
    inventory: Inventory
    loaded: Loaded
    on: date
    limit: Collection[str] = ()
    silent: Collection[str] = ()

    @classmethod
    def of(
        cls,
        repository: Repository,
        inventory: Inventory,
        loaded: Loaded,
        on: date,
        limit: Collection[str] = (),
    ) -> Deployment:
        """Return the deployment to an inventory as it was read."""
        serving = inventory.serving(loaded.policy.stores.serving)
        return cls(repository, serving, loaded, on, limit)

    def __post_init__(self) -> None:
        """Refuse a host outside the declared centre."""
        declared(self.inventory.centre, self.loaded.policy)

    @cached_property
    def desired(self) -> Desired:
        """The desired state."""
        return desired(self.loaded.organisation, self.loaded.policy, self.on)

    @cached_property
    def entries(self) -> Entries:
        """The entries that the directory is to have."""
        return entries(self.desired, self.inventory.centre, self.loaded.policy)

    @property
    def site(self) -> Site:
        """Return what the files of hosts are rendered from."""
        return Site.of(self.repository.root, self.inventory, self.loaded.policy, self.desired)


def answering(wanted: Deployment, ssh: Ssh) -> tuple[Deployment, tuple[HostFailed, ...]]:
    """Return the deployment without hosts that stand by and do not answer, and why they do not.

    Nobody needs such a host: what it lacks it gets from the next apply that reaches it. Raises
    `HostFailed` if no other is left.
    """
    chosen = wanted.inventory.chosen(wanted.limit)
    hosts = [host for host in wanted.inventory.centre.hosts if host.name in chosen]
    silent = silent_of(wanted.inventory, hosts, ssh)
    left = [name for name in chosen if name not in silent]
    if not left:
        raise silent[chosen[0]]
    found = replace(wanted, limit=left, silent=tuple(silent)) if silent else wanted
    return found, tuple(silent.values())


def silent_of(inventory: Inventory, hosts: Iterable[Host], ssh: Ssh) -> Mapping[str, HostFailed]:
    """Return why those of some hosts do not answer that stand by, and need not, by name.

    After a death everybody waits for the answer.
    """
    _, failed = answers(
        [host for host in hosts if host.stands_by],
        lambda host: ssh.connect(replace(on_host(inventory, ssh, host).target, patience=_PATIENCE)),
    )
    return failed


class Reading(AbstractContextManager["Reading"]):
    """The servers of a deployment, read over `ssh` beside what a `with` block does.

    A directory of 61,000 people takes seconds to answer. If the block fails, or is left by Ctrl-C,
    no host is waited for any more, and all connections of `ssh` are closed.
    """

    def __init__(self, deployment: Deployment, ssh: Ssh) -> None:
        """Begin to read."""
        inventory, limit, silent = deployment.inventory, deployment.limit, deployment.silent
        self.ssh = ssh
        self._beside = ThreadPoolExecutor(1)
        self._state = self._beside.submit(read_server_state, inventory, ssh, limit, silent)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind:
            self.ssh.close()
        self._beside.shutdown()

    def state(self) -> ServerState:
        """Wait for the answers, and return what servers have; raise `HostFailed` without one."""
        return self._state.result()


def plan_against_servers(
    deployment: Deployment, reading: Reading, *, known: Sequence[Loaded] = (), files: bool = False
) -> tuple[ServerState, Plan, Loaded | None]:
    """Return the state of the servers, the plan that leads from there to the data, and its start.

    That is the data that was applied last, None if it is not known. Nothing is changed.

    With `files` the plan also has the files and services an apply would change, and upcoming due
    dates. `known` are revisions that may have been applied; others are looked up in git. Raises
    `HostFailed` if a server cannot be read.
    """
    loaded, inventory, on = deployment.loaded, deployment.inventory, deployment.on

    # Both are needed next, and are kept: the servers are still answering.
    _ = deployment.entries, digest(loaded.source)
    try:
        live = reading.state()
        record = live.records.get(inventory.centre.provider.name)
        before = applied(deployment.repository, record, loaded, known)
        plan = guarded(live, loaded, inventory.centre, on, before)
        if before:
            plan = with_later_parts(plan, before, loaded)
        if files and plan.servers:
            hosts = read_hosts(inventory, deployment.site, reading.ssh, deployment.limit)
            coming = due(loaded.organisation, loaded.policy, on)
            plan = replace(plan, due=coming, servers=replace(plan.servers, hosts=hosts))
    except HostFailed as error:
        what = Message("{reason}. Nothing was changed on any host", reason=error.what)
        raise HostFailed(what, fix=error.fix) from error
    return live, plan, before


def applied(
    repository: Repository,
    record: Record | None,
    loaded: Loaded,
    known: Sequence[Loaded] = (),
) -> Loaded | None:
    """Return the data of a record: `loaded`, or `known`, or from git; None if not available."""
    if record is None:
        return None
    for side in (loaded, *known):
        if digest(side.source) == record.data:
            return side
    if record.commit == UNKNOWN:
        return None
    try:
        side, _ = load_baseline(repository, record.commit, loaded)
    except UsageError:
        return None  # a commit that this clone lacks, or that the present code cannot read
    return side if digest(side.source) == record.data else None
