"""Roll hosts back to an earlier record, one after another, while the service goes on.

The order is the reverse of an apply: hosts that accept mail first, then stores, the directory last.
Thus the centre passes through the same states as during the apply, which passed their health checks
then, and no address is accepted without a mailbox.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hopthu.apply import health
from hopthu.apply.lease import Lease
from hopthu.apply.order import batches
from hopthu.apply.run_context import ApplyContext
from hopthu.errors import HostFailed
from hopthu.events.event import Emit, HostFinished, HostStarted, PhaseStarted, Warned
from hopthu.fan_out import on_all_hosts
from hopthu.history.appending import append
from hopthu.history.journal import Run, line
from hopthu.history.record import Record, moment
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.remote.host.keep import kept_files
from hopthu.remote.host.restore import restore
from hopthu.ssh import OnHost, Ssh

_LONGEST = 900.0
"""Timeout in seconds for one host: every daemon it has may restart."""


@dataclass
class Rollback:
    """A rollback in progress; `results` has the result of each host so far.

    `back` is the target record of each host, `sets` the file sets that are restored, in the order
    in which daemons load them. Hosts whose files are the `same` already only get a record.
    """

    job: ApplyContext
    back: Mapping[str, Record]
    sets: Sequence[str]
    same: Collection[str]
    emit: Emit
    ssh: Ssh
    leases: Mapping[str, Lease]
    results: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Roll back, and record the result in any case.

        Raises `HostFailed` if a host cannot be rolled back: then it is left as it was, and no later
        host is touched. Also if a host was rolled back but fails its health checks.
        """
        try:
            unhealthy = [host for host in self._order() if not self._roll_back(host)]
            # A host may have depended on another one that was rolled back later.
            faults = [fault for host in unhealthy if (fault := self._fault(host))]
            on_all_hosts(self.same, self._restore)
        finally:
            self._write_journal()
        if faults:
            raise HostFailed(
                Message(
                    "every host was rolled back, but some fail their health checks:\n{faults}",
                    faults=joined(faults, "\n"),
                ),
                fix=Message("run `hopthu verify` to see what does not work"),
            )

    def _order(self) -> list[str]:
        centre = self.job.inventory.centre
        every = [host.name for host in centre.hosts]
        going = self.back.keys() - {*self.same}
        return [host for wave in reversed(batches(centre, every, (), going)) for host in wave]

    def _roll_back(self, host: str) -> bool:
        """Roll one host back; return whether it passes its health checks."""
        self.emit(HostStarted(host))
        self.emit(
            PhaseStarted(Message("{host}: back to {record}", host=host, record=self.back[host].id))
        )
        self._restore(host)
        self.emit(PhaseStarted(Message("checking the health of {hosts}", hosts=host)))
        fault = self._fault(host)
        if fault:
            self.emit(Warned(fault))
            text = Message("rolled back; health checks fail so far")
        else:
            text = Message("rolled back; health checks passed")
        self.emit(HostFinished(host, "rolled back", text))
        return not fault

    def _restore(self, host: str) -> None:
        """Restore the files of one host and record it; on failure undo it and raise."""
        lease = self.leases[host]
        self.results[host] = "failed"
        files = OnHost(self.ssh, self.job.target(host))(kept_files, self.back[host].id)
        lease.begin(self._draft(host).as_json())
        try:
            steps = self._restore_files(host)
            # The packet filter of that time may shut out this machine.
            self.ssh.require_new(self.job.target(host))
        except BaseException:  # also Ctrl-C: no host is left half changed
            self._undo(host)
            raise
        record = self._finished(self._draft(host), "rolled back", steps)
        lease.request_record(record.id, record.as_json(), files)
        lease.wait_recorded()
        self.results[host] = "rolled back"

    def _restore_files(self, host: str) -> tuple[str, ...]:
        # By the run's own shell: if the lease ends, the host waits for the command, then undoes it.
        shell = f"/run/hopthu/{self.job.record.id}/sh"
        on_host = OnHost(self.ssh, self.job.target(host), _LONGEST, shell)
        return tuple(on_host(restore, self.back[host].id, [*self.sets]))

    def _undo(self, host: str) -> None:
        try:
            self.leases[host].roll_back()
            text = Message("is as it was before the rollback")
            self.emit(HostFinished(host, "returned", text))
            self.results[host] = "returned"
        except HostFailed as error:
            text = Message(
                "could not be rolled back from here; the host will try on its own: {reason}",
                reason=error.what,
            )
            self.emit(HostFinished(host, "failed", text))

    def _fault(self, host: str) -> str:
        """Return which health checks of a host fail, empty if none does."""
        one = self.job.inventory.centre.host(host)
        question = health.question(one, self.job.desired, self.job.policy.operator)
        try:
            health.prove(self.ssh, self.job.target(host), question)
        except HostFailed as error:
            return error.what
        return ""

    def _draft(self, host: str) -> Record:
        """Return the new record of the host: with the commit and data it goes back to."""
        to = self.back[host]
        return replace(
            self.job.record,
            host=host,
            commit=to.commit,
            data=to.data,
            on=to.on,
            checksum=to.checksum,
        )

    def _finished(self, record: Record, result: str, steps: Sequence[str] = ()) -> Record:
        finished = moment(self.job.clock())
        return replace(record, finished=finished, result=result, steps=tuple(steps))

    def _write_journal(self) -> None:
        """Append the run to the journal, with the worst result of all hosts."""
        worst = "rolled back"
        for result in ("returned", "failed"):
            worst = result if result in self.results.values() else worst
        hosts = {host: self.results.get(host, "untouched") for host in self.job.hosts}
        text = line(Run(self._finished(self.job.record, worst), hosts))
        try:
            append(self.ssh, self.job.inventory, text)
        except HostFailed as error:
            text = Message("this run is not on record as it should be: {reason}", reason=error.what)
            self.emit(Warned(text))
