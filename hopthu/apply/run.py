"""One apply: hosts held, looked at, changed one after another, proven and recorded (Art. 5.1).

Whatever happens in the middle, a host is either as it was or as it should be: what fails, or is not
proven to serve, returns to its last record, and so does a host whose operator is gone.
"""

from __future__ import annotations

# Must be imported before whatever opens sockets: it patches the standard library.
from hopthu.apply import engine  # isort: skip

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from hopthu.apply import preflight
from hopthu.apply.host_loop import Hosts, still_held
from hopthu.apply.lease import Lease
from hopthu.apply.preflight import Found
from hopthu.apply.run_context import ApplyContext, locked
from hopthu.errors import Refused
from hopthu.fan_out import on_all_hosts
from hopthu.operations.effects import Step
from hopthu.operations.observer import Observer
from hopthu.ssh import Ssh

Confirm = Callable[["Report"], bool]


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did, or would do.

    `changes` maps each host to the names of the operations that change it, in order; `operations`
    counts all that were looked at.
    """

    changes: Mapping[str, Sequence[Step]]
    operations: int


def look(job: ApplyContext, ssh: Ssh, observer: Observer) -> Report:
    """Return what an apply would do; hold nothing, change nothing.

    Raises `HostFailed` when a host cannot be reached, looked at, or changed.
    """
    observer.stage("looking at the hosts")
    preflight.refuse(_found(job, ssh, job.hosts))
    with _opened(job, observer) as pyinfra:
        return Report(pyinfra.dry_run(), pyinfra.operations)


def roll_out(
    job: ApplyContext, ssh: Ssh, observer: Observer, confirm: Confirm | None = None
) -> Report | None:
    """Apply; `confirm` is asked before the first change, with what would change.

    Returns None, with nothing changed, where that says no.

    Raises `Refused` when another apply is under way or came between, and `HostFailed` when a host
    cannot be reached, fails, or does not serve afterwards: then it has returned, and none after it
    is touched.
    """
    observer.stage("taking hold of the hosts")
    with locked(job, ssh) as leases:
        found = _found(job, ssh, job.involved)
        preflight.refuse(found)
        _refuse_moved(job, found)
        run = Hosts(job, observer, ssh, leases, {one.host: one for one in found})
        run.tell_unfinished()
        observer.stage("looking at the hosts")
        with _opened(job, observer, leases) as pyinfra:
            foreseen = Report(pyinfra.dry_run(), pyinfra.operations)
            if any(foreseen.changes.values()) or any(map(run.differs, job.hosts)):
                run.look(foreseen.changes)
            if confirm and not confirm(foreseen):
                return None
            run.change(pyinfra, {host for host, steps in foreseen.changes.items() if steps})
            return Report(pyinfra.changed(), pyinfra.operations)


def _found(job: ApplyContext, ssh: Ssh, hosts: Sequence[str]) -> list[Found]:
    """Return what the pre-flight finds on each of `hosts`."""
    looks = on_all_hosts(hosts, lambda host: preflight.look(ssh, job.target(host)))
    return list(looks.values())


def _refuse_moved(job: ApplyContext, found: Sequence[Found]) -> None:
    """Raise `Refused` where another run came between the permit for this one and its hold."""
    if job.runs is None:
        return
    moved = sorted(one.host for one in found if one.runs != job.runs.get(one.host, ("", "")))
    if moved:
        raise Refused(
            f"another run came between, on {', '.join(moved)}; nothing was changed",
            fix="plan again, then apply",
        )


@contextmanager
def _opened(
    job: ApplyContext, observer: Observer, leases: Mapping[str, Lease] | None = None
) -> Iterator[engine.Engine]:
    with engine.opened(
        job.root,
        job.inventory.path,
        observer,
        on=job.record.on,
        hosts=job.hosts,
        before_each=lambda: still_held(leases or {}),
        shell=f"/run/hopthu/{job.record.id}/sh" if leases else "sh",
        answers=job.answers,
    ) as pyinfra:
        yield pyinfra
