"""Return hosts to an earlier configuration: foreseen, then carried out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hopthu.app.deployment import inventory_of, who
from hopthu.app.workspace import Workspace
from hopthu.apply.run_context import ApplyContext, locked
from hopthu.daemons.registry import file_sets
from hopthu.desired.state import Desired, desired
from hopthu.errors import DataError, HostFailed, Refused, UsageError
from hopthu.events.event import Emit, PhaseStarted, RunStarted, Warned
from hopthu.history.host_records import HostRecords, read_records
from hopthu.history.record import Record, moment, new_id
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre
from hopthu.load import load
from hopthu.model.policy import Policy
from hopthu.rollback.preview import Preview, is_without_effect, preview
from hopthu.rollback.run import Rollback
from hopthu.rollback.target import RollbackPlan, choose
from hopthu.servers.standings import refuse_successors
from hopthu.ssh import Ssh
from hopthu.validate import policy_of, read

_TABLES = "postfix-tables"
_KEPT = (Message("the tables were kept as they were"),)
_MOST_ADDRESSES = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which `hosts` go back how far: to before the newest run, or after the run `to`."""

    inventory: Inventory
    hosts: Sequence[str]
    who: str
    to: str
    keep_tables: bool

    @property
    def sets(self) -> Sequence[str]:
        """Return the file sets that go back."""
        return [name for name in file_sets() if not (self.keep_tables and name == _TABLES)]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The way back of each host, and what it does there; nothing if all are there already."""

    choice: RollbackPlan
    previews: tuple[Preview, ...]
    refusal: Refused | None = None


def prepare(
    workspace: Workspace, inventory: str, to: str, limit: Collection[str], *, keep_tables: bool
) -> Wanted:
    """Return what is wanted, by whom; raise `UsageError` for a host that is none."""
    found = inventory_of(workspace, inventory)
    needed = {host.name for host in found.centre.at_work}
    hosts = [name for name in found.chosen(limit) if name in needed]
    if not hosts:
        raise UsageError(
            Message("{hosts}: it stands by, and is not rolled back", hosts=", ".join(limit)),
            fix=Message("an apply brings it to what the data says"),
        )
    return Wanted(found, hosts, who(workspace, found), to, keep_tables)


def foresee(wanted: Wanted, ssh: Ssh, emit: Emit) -> Foreseen:
    """Return what hosts would do, and why that is refused; change nothing.

    Raises `HostFailed` if one does not answer.
    """
    emit(RunStarted(tuple(wanted.hosts)))
    emit(PhaseStarted(Message("reading the servers")))
    records = _records(wanted, ssh)
    choice = choose(records, wanted.to)
    if not choice.back:
        return Foreseen(choice, ())
    refuse_successors(wanted.inventory, ssh)
    previews = preview(ssh, wanted.inventory, choice.back, wanted.sets)
    return Foreseen(choice, previews, _refusal(wanted, records, previews))


def carry_out(
    workspace: Workspace, wanted: Wanted, foreseen: Foreseen, ssh: Ssh, emit: Emit
) -> None:
    """Roll back as foreseen; raise `Refused` if another run came in between."""
    found, choice = wanted.inventory, foreseen.choice
    policy, state = _data(workspace, emit)
    record = _record(workspace, wanted, choice)
    job = ApplyContext(workspace.root, found, wanted.hosts, policy, state, record, workspace.clock)
    emit(PhaseStarted(Message("locking hosts")))
    with locked(job, ssh) as leases:
        if choose(_records(wanted, ssh), wanted.to) != choice:
            raise Refused(
                Message("another run has changed the hosts in the meantime"),
                fix=Message("read the new preview, then roll back"),
            )
        same = [each.host for each in foreseen.previews if not each.files]
        Rollback(job, choice.back, wanted.sets, same, emit, ssh, leases).run()


def _records(wanted: Wanted, ssh: Ssh) -> list[HostRecords]:
    """Return the records of the hosts; raise `HostFailed` if a host does not answer."""
    hosts = wanted.hosts
    every = [e for e in read_records(ssh, wanted.inventory, all_of=hosts) if e.host in hosts]
    if silent := [each for each in every if each.error]:
        raise HostFailed(
            Message(
                "{errors}. Nothing was changed on any host",
                errors="; ".join(each.error for each in silent),
            ),
            fix=Message("bring the host back, or choose other hosts with --limit"),
        )
    return every


def _refusal(
    wanted: Wanted, records: Sequence[HostRecords], previews: Sequence[Preview]
) -> Refused | None:
    """Return why hosts cannot go back.

    Another directory was written to, a mailbox has moved, or all files are there already.
    """
    if other := [each.host for each in previews if _follows_another(wanted.inventory.centre, each)]:
        return Refused(
            Message(
                "{hosts}: another directory is written to now, or was then, than the inventory"
                " says; no rollback changes that",
                hosts=", ".join(other),
            ),
            fix=Message("name the directory to write to as `provider` in the inventory, and apply"),
        )
    moved = sorted({address for each in previews for address in each.addresses.get("moved", ())})
    if moved and not wanted.keep_tables:
        left = len(moved) - _MOST_ADDRESSES
        return Refused(
            Message(
                "the tables would send mail to stores that no longer have these mailboxes: "
                "{addresses}{more}",
                addresses=", ".join(moved[:_MOST_ADDRESSES]),
                more=Message(" and {number} more", number=left) if left > 0 else "",
            ),
            fix=Message(
                "put back the configuration alone with --keep-tables, or correct the data and apply"
            ),
        )
    if is_without_effect(records, previews):
        return Refused(
            Message("no file of any host would go back: a rollback would undo nothing"),
            fix=Message("`git revert` the commit of the edit, then apply"),
        )
    return None


def _follows_another(centre: Centre, host: Preview) -> bool:
    """Return whether the directory of a host follows, or followed, another than it is to."""
    if not host.providers:
        return False
    provider = centre.provider
    return host.providers != ("" if host.host == provider.name else provider.address,)


def _data(workspace: Workspace, emit: Emit) -> tuple[Policy, Desired]:
    """Return what hosts are checked for; from data with errors, the domain alone."""
    try:
        loaded = read(workspace.root, workspace.on)
    except DataError:
        emit(Warned(Message("the data here has errors: no mailbox will be checked on the hosts")))
        policy = policy_of(load(workspace.root))
        return policy, Desired(workspace.on, policy.domain, (), (), ())
    return loaded.policy, desired(loaded.organisation, loaded.policy, workspace.on)


def _record(workspace: Workspace, wanted: Wanted, choice: RollbackPlan) -> Record:
    """Return the record of this run: the newest record that hosts go back to stands for all."""
    now, to = workspace.clock(), max(choice.back.values(), key=lambda record: record.id)
    return Record(
        id=new_id(now, to.commit, to.dirty),
        commit=to.commit,
        data=to.data,
        on=to.on,
        who=wanted.who,
        started=moment(now),
        checksum=to.checksum,
        tool=to.tool,
        changes=(choice.bound.sentence, *(_KEPT if wanted.keep_tables else ())),
    )
