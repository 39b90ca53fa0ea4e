"""Change hosts one after another; each must pass its health checks before the next (Art. 5.1)."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from hopthu.apply import health, migrate_step
from hopthu.apply.lease import Lease
from hopthu.apply.order import batches
from hopthu.apply.preflight import Found
from hopthu.apply.run_context import ApplyContext
from hopthu.engine.client import Engine
from hopthu.errors import HostFailed
from hopthu.events.event import Emit, HostFinished, HostStarted, PhaseStarted, Result, Warned
from hopthu.events.step import Step
from hopthu.fan_out import on_all_hosts
from hopthu.history.journal import Run, line
from hopthu.history.record import Record, moment
from hopthu.i18n.message import Message
from hopthu.operations.content_operations import parts
from hopthu.remote.host import journal
from hopthu.ssh import OnHost, Ssh

_FAILED: Result = "failed"
_RETURNED: Result = "returned"


@dataclass
class Hosts:
    """An apply in progress since `started`, by the monotonic clock.

    `results` has the result of each host so far; `recording` are the hosts that are writing their
    record.
    """

    job: ApplyContext
    emit: Emit
    ssh: Ssh
    leases: Mapping[str, Lease]
    found: Mapping[str, Found]
    results: dict[str, str] = field(default_factory=dict)
    recording: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def warn_of_unfinished(self) -> None:
        """Warn of earlier applies that were not completed."""
        for host in self.job.hosts:
            if before := self.found[host].applying:
                text = Message(
                    "{host}: the apply started by {who} at {when} was never completed",
                    host=host,
                    who=before.get("who", "?"),
                    when=before.get("started", "?"),
                )
                self.emit(Warned(text))

    def read_baselines(self, foreseen: Mapping[str, Sequence[Step]]) -> None:
        """Have hosts note their state before the run, for their records."""
        for host in self.job.hosts:
            unknown = self.found[host].applying  # that run may have changed anything
            self.leases[host].read_baseline(() if unknown else parts(foreseen.get(host, ())))

    def change(self, engine: Engine, foreseen: Collection[str]) -> None:
        """Change the hosts that need it, one after another; record the result in any case."""
        unfinished = {host for host in self.job.hosts if self.found[host].applying}
        serving = {host for host, found in self.found.items() if found.serving}
        order = batches(self.job.inventory.centre, serving, {*foreseen, *unfinished})
        begun: list[str] = []
        try:
            for wave in order:
                begun += wave
                self._wave(engine, wave)
            self.emit(PhaseStarted(Message("writing the records")))
            self._await_records()
            rest = [h for h in self.job.hosts if h not in self.results and self.differs(h)]
            self._request_records(dict.fromkeys(rest, ()))
            self._await_records()
            check = partial(require_leases, self.leases)
            migrate_step.move(self.job, self.ssh, self.emit, check)
        except BaseException:  # also Ctrl-C: no host is left half changed
            self._roll_back([host for host in begun if host not in self.recording])
            with suppress(HostFailed):
                self._await_records()
            self._roll_back(begun)
            raise
        finally:
            self._write_journal(engine.changed())

    def _wave(self, engine: Engine, wave: Sequence[str]) -> None:
        """Change hosts and check their health; they write their records meanwhile."""
        for host in wave:
            self.emit(HostStarted(host))
        # Before the first change, so that a later run knows what was in progress.
        drafts = {host: replace(self.job.record, host=host).as_json() for host in wave}
        on_all_hosts(wave, lambda host: self.leases[host].begin(drafts[host]))
        self.emit(PhaseStarted(", ".join(wave)))
        engine.change(wave, partial(require_leases, self.leases))
        self.emit(PhaseStarted(Message("checking the health of {hosts}", hosts=", ".join(wave))))
        on_all_hosts(wave, self._check_health)
        self._await_records()
        steps = engine.changed()
        self._request_records({host: steps[host] for host in wave})
        for host in wave:
            self.emit(HostFinished(host, "applied", Message("applied; health checks passed")))

    def _check_health(self, host: str) -> None:
        one = self.job.inventory.centre.host(host)
        # A run that was not completed may have restarted any daemon at any time.
        since = health.EVER if self.found[host].applying else time.monotonic() - self.started
        question = health.question(one, self.job.desired, self.job.policy.operator, since)
        health.prove(self.ssh, self.job.target(host), question)

    def _request_records(self, steps: Mapping[str, Sequence[Step]]) -> None:
        """Have hosts record what was done to them."""
        for host, names in steps.items():
            record = replace(
                self._finished("applied"), host=host, steps=tuple(names), effects=_effects(names)
            )
            self.recording.append(host)
            self.leases[host].request_record(record.id, record.as_json())

    def _await_records(self) -> None:
        """Wait until hosts have written the requested records; raise `HostFailed`."""
        on_all_hosts(self.recording, self._await_record)
        self.recording.clear()

    def _await_record(self, host: str) -> None:
        self.leases[host].wait_recorded()
        self.results[host] = "applied"

    def _roll_back(self, begun: Collection[str]) -> None:
        """Roll back those of the hosts that have no result yet."""
        if unfinished := [host for host in begun if host not in self.results]:
            self.emit(PhaseStarted(Message("rolling back {hosts}", hosts=", ".join(unfinished))))
            on_all_hosts(unfinished, self._roll_back_host)

    def _roll_back_host(self, host: str) -> None:
        """Roll a host back to its last record and report the result."""
        self.results[host] = result = _FAILED
        try:
            if not self.leases[host].roll_back():
                text = Message("has no complete record to roll back to")
            else:
                self.results[host] = result = _RETURNED
                self._check_health(host)
                text = Message("rolled back; health checks passed")
        except HostFailed as error:
            text = Message(
                "could not be rolled back from here; the host will try on its own: {reason}",
                reason=error.what,
            )
            if result == _RETURNED:
                text = Message("rolled back; {reason}", reason=error.what)
        self.emit(HostFinished(host, result, text))

    def differs(self, host: str) -> bool:
        """Return whether the host has another commit, data or day on record than this run's.

        The day counts even if nothing changes on it: it tells up to when dates have been applied.
        """
        deployed, wanted = self.found[host].deployed, self.job.record
        had = [deployed.get(key) for key in ("commit", "data", "on")]
        return had != [wanted.commit, wanted.data, wanted.on]

    def _finished(self, result: str) -> Record:
        return replace(self.job.record, finished=moment(self.job.clock()), result=result)

    def _write_journal(self, steps: Mapping[str, Sequence[Step]]) -> None:
        """Append the run to the journal, unless nothing was done."""
        if not self.results:
            return
        severity = {"applied": 0, "returned": 1, "failed": 2}
        worst = max(self.results.values(), key=lambda result: severity[result])
        hosts = {h: self.results.get(h, "untouched") for h in self.job.hosts}
        every = tuple(dict.fromkeys(step for names in steps.values() for step in names))
        record = replace(self._finished(worst), steps=every, effects=_effects(every))
        try:
            on_provider = OnHost(self.ssh, self.job.target(self.job.provider))
            on_provider(journal.append, line(Run(record, hosts)))
        except HostFailed as error:
            text = Message("this run is missing from the journal: {reason}", reason=error.what)
            self.emit(Warned(text))


def require_leases(leases: Mapping[str, Lease]) -> None:
    """Raise `HostFailed` if a lease has been lost."""
    lost = sorted(host for host, lease in leases.items() if not lease.alive)
    if lost:
        raise HostFailed(Message("lost the connection to {hosts}", hosts=", ".join(lost)))


def _effects(steps: Iterable[Step]) -> tuple[str, ...]:
    return tuple(sorted({step.effect for step in steps if step.effect}))
