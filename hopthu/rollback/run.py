"""Bring hosts back to a record they have, one after another; what serves goes on serving.

Hosts go back in the order opposite to an apply: what accepts mail first, what stores it and who
exists last. The centre so passes through the very states the apply led it through, each of which
was proven then, and no address is accepted for which there is no mailbox.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from hopthu.apply import health
from hopthu.apply.lease import Lease
from hopthu.apply.order import batches
from hopthu.apply.run_context import ApplyContext
from hopthu.errors import HostFailed
from hopthu.fan_out import on_all_hosts
from hopthu.history.journal import Run, line
from hopthu.history.record import Record, moment
from hopthu.operations.observer import Observer
from hopthu.remote import script
from hopthu.rollback.preview import restore_command
from hopthu.ssh import Ssh

_LONGEST = 900.0
"""Seconds for one host: every daemon it has may restart."""


@dataclass
class Rollback:
    """A rollback under way; `results` says what has become of each host.

    `back` is the record of each host that goes back, `sets` what of it is put back, in the order
    daemons take it up. Hosts whose files are the `same` already only have it recorded.
    """

    job: ApplyContext
    back: Mapping[str, Record]
    sets: Sequence[str]
    same: Collection[str]
    observer: Observer
    ssh: Ssh
    leases: Mapping[str, Lease]
    results: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Do it, and record it whatever comes of it.

        Raises `HostFailed` when a host cannot go back: then it is as it was, and none after it is
        touched; or when one does not serve though it has gone back.
        """
        try:
            unproven = [host for host in self._order() if not self._one(host)]
            # What one host lacked, another that has gone back since may give it.
            still = [wrong for host in unproven if (wrong := self._wrong(host))]
            on_all_hosts(self.same, self._host)
        finally:
            self._write_journal()
        if still:
            raise HostFailed(
                "\n".join(["every host has gone back, but not all serve:", *still]),
                fix="`hopthu verify` says what does not work",
            )

    def _order(self) -> list[str]:
        centre = self.job.inventory.centre
        every = [host.name for host in centre.hosts]
        going = self.back.keys() - {*self.same}
        return [host for wave in reversed(batches(centre, every, going)) for host in wave]

    def _one(self, host: str) -> bool:
        """Bring one host back; tell whether it is proven to serve."""
        self.observer.stage(f"{host}: back to {self.back[host].id}")
        self._host(host)
        self.observer.stage(f"proving that {host} serves")
        wrong = self._wrong(host)
        if wrong:
            self.observer.warned(wrong)
        self.observer.settled(host, f"rolled back{', not proven yet' if wrong else ' and proven'}")
        return not wrong

    def _host(self, host: str) -> None:
        """Put the files of one host back and record it; as it was, and raise, if that fails."""
        lease = self.leases[host]
        self.results[host] = "failed"
        lease.begin(self._draft(host).as_json())
        try:
            steps = self._restored(host)
        except BaseException:  # Ctrl-C too: no host is left in the middle
            self._give_back(host)
            raise
        record = self._ended(self._draft(host), "rolled back", steps)
        lease.keep(record.id, record.as_json())
        lease.kept()
        self.results[host] = "rolled back"

    def _restored(self, host: str) -> tuple[str, ...]:
        # Through the run's own shell: should the lease end, the host waits for it, then returns.
        shell = f"/run/hopthu/{self.job.record.id}/sh"
        inner = f"exec {restore_command(self.back[host].id, self.sets)}"
        done = self.ssh.run(
            self.job.target(host), shlex.join([shell, "-c", inner]), timeout=_LONGEST
        )
        if done.code:
            raise HostFailed(f"{host} cannot go back: {(done.err or done.out).strip()}")
        return tuple(done.out.splitlines())

    def _give_back(self, host: str) -> None:
        try:
            self.leases[host].roll_back()
            self.observer.settled(host, "is as it was before the rollback")
            self.results[host] = "returned"
        except HostFailed as error:
            text = f"does not return by our hand, it does so by itself if it can: {error.what}"
            self.observer.settled(host, text)

    def _wrong(self, host: str) -> str:
        """Return what keeps a host from serving."""
        one = self.job.inventory.centre.host(host)
        asked = health.question(one, self.job.desired, self.job.policy.operator)
        try:
            health.prove(self.ssh, self.job.target(host), asked)
        except HostFailed as error:
            return error.what
        return ""

    def _draft(self, host: str) -> Record:
        """Return what the host is to have on record: the commit and data it goes back to."""
        to = self.back[host]
        return replace(
            self.job.record,
            host=host,
            commit=to.commit,
            data=to.data,
            on=to.on,
            checksum=to.checksum,
        )

    def _ended(self, record: Record, result: str, steps: Sequence[str] = ()) -> Record:
        finished = moment(datetime.now(UTC))
        return replace(record, finished=finished, result=result, steps=tuple(steps))

    def _write_journal(self) -> None:
        """Add a line to the journal, with the worst of what has become of the hosts."""
        worst = "rolled back"
        for result in ("returned", "failed"):
            worst = result if result in self.results.values() else worst
        hosts = {host: self.results.get(host, "untouched") for host in self.job.hosts}
        text = line(Run(self._ended(self.job.record, worst), hosts))
        try:
            self.ssh.output(
                self.job.target(self.job.provider),
                shlex.join(["bash", "-c", script("journal.sh")]),
                stdin=text.encode(),
            )
        except HostFailed as error:
            self.observer.warned(f"this run is not in the journal: {error}")
