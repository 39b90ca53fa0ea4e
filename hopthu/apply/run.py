"""One apply: lock hosts, check them, then change, verify and record one by one (Art. 5.1).

Whatever happens in between, a host ends up either as it was or as it should be: one that fails, or
does not pass its health checks, is rolled back to its last record, and so is one whose operator is
gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hopthu.apply import preflight
from hopthu.apply.host_loop import Hosts
from hopthu.apply.preflight import Found
from hopthu.apply.run_context import ApplyContext, locked
from hopthu.engine.client import Engine
from hopthu.errors import Refused
from hopthu.events.event import Emit, PhaseStarted, RunStarted, Warned
from hopthu.events.step import Step
from hopthu.fan_out import on_all_hosts
from hopthu.i18n.message import Message
from hopthu.remote.host.preflight import facts
from hopthu.ssh import OnHost, Ssh

Confirm = Callable[["Report"], None]
_CHECKING = Message("checking hosts")


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did, or would do.

    `changes` has by host the operations that change it, in order; `operations` is the number of
    all that were checked.
    """

    changes: Mapping[str, Sequence[Step]]
    operations: int

    @property
    def changed(self) -> int:
        """Return the number of the operations that change something, on all hosts together."""
        return sum(map(len, self.changes.values()))


def look(job: ApplyContext, engine: Engine, ssh: Ssh, emit: Emit) -> Report:
    """Return what an apply would do, by an engine that is told so; lock and change nothing.

    Raises `HostFailed` if a host cannot be reached, checked or changed, and `Refused` if its packet
    filter would shut out this run.
    """
    _tell_gone(job, emit)
    emit(PhaseStarted(_CHECKING))
    _refuse_unfit(job, _found(job, {host: _asking(job, ssh, host) for host in job.hosts}))
    return Report(engine.prepare("sh", job.answers), engine.operations)


def roll_out(
    job: ApplyContext, engine: Engine, ssh: Ssh, emit: Emit, confirm: Confirm | None = None
) -> Report:
    """Apply by an engine; `confirm` is called before the first change with what would change.

    What it raises, if somebody declines, ends the run; nothing was changed then.

    Raises `Refused` if another apply is in progress or came in between, or if the packet filter of
    a host would shut out this run; and `HostFailed` if a host cannot be reached, fails, or does not
    pass its health checks afterwards: then it has been rolled back, and the hosts after it are not
    touched.
    """
    emit(RunStarted(tuple(job.hosts)))
    _tell_gone(job, emit)
    emit(PhaseStarted(Message("locking hosts")))
    with locked(job, ssh) as leases:
        found = _found(job, {host: leases[host].facts for host in job.involved})
        _refuse_unfit(job, found)
        _refuse_other_runs(job, found)
        run = Hosts(job, emit, ssh, leases, {one.host: one for one in found})
        run.warn_of_unfinished()
        emit(PhaseStarted(_CHECKING))
        steps = engine.prepare(f"/run/hopthu/{job.record.id}/sh", job.answers)
        foreseen = Report(steps, engine.operations)
        if any(foreseen.changes.values()) or any(map(run.differs, job.hosts)):
            run.read_baselines(foreseen.changes)
        if confirm:
            confirm(foreseen)
        run.change(engine, {host for host, steps in foreseen.changes.items() if steps})
        return Report(engine.changed(), engine.operations)


def _tell_gone(job: ApplyContext, emit: Emit) -> None:
    """Warn of hosts that this run leaves out, and all others shut out."""
    if gone := job.inventory.centre.gone:
        names = ", ".join(host.name for host in gone)
        emit(Warned(Message("out of service by the inventory, and left out: {hosts}", hosts=names)))


def _asking(job: ApplyContext, ssh: Ssh, host: str) -> preflight.Ask:
    """Return what asks a host that is not locked."""
    on_host = OnHost(ssh, job.target(host))
    return lambda packages: on_host(facts, packages)


def _found(job: ApplyContext, asks: Mapping[str, preflight.Ask]) -> list[Found]:
    """Return the result of the pre-flight check of each host."""
    looks = on_all_hosts(asks, lambda host: preflight.look(host, asks[host], job.clock))
    return list(looks.values())


def _refuse_unfit(job: ApplyContext, found: Sequence[Found]) -> None:
    """Raise if a host cannot be changed, or would shut out this run or strand mail by it."""
    preflight.refuse(found)
    changed = [one for one in found if one.host in job.hosts]
    preflight.refuse_shut_out(changed, job.inventory.centre, job.policy)
    preflight.refuse_waiting(changed, job.inventory.centre)


def _refuse_other_runs(job: ApplyContext, found: Sequence[Found]) -> None:
    """Raise `Refused` if another run changed a host after this one was authorised."""
    if job.runs is None:
        return
    changed = sorted(one.host for one in found if one.runs != job.runs.get(one.host, ("", "")))
    if changed:
        raise Refused(
            Message(
                "another run came in between, on {hosts}; nothing was changed",
                hosts=", ".join(changed),
            ),
            fix=Message("plan again, then apply"),
        )
