"""Change hosts one after another; each must pass its health checks before the next (Art. 5.1).

Every host goes by `NEXT` from one state to another, and by nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import Literal

from hopthu.apply import health, migrate_step
from hopthu.apply.lease import Lease
from hopthu.apply.order import batches
from hopthu.apply.preflight import Found
from hopthu.apply.run_context import ApplyContext
from hopthu.engine.client import Engine
from hopthu.errors import HostFailed
from hopthu.events.event import Emit, HostFinished, HostStarted, PhaseStarted, Warned
from hopthu.events.step import Step
from hopthu.fan_out import on_all_hosts
from hopthu.history.appending import append
from hopthu.history.journal import Run, line
from hopthu.history.record import Record, moment
from hopthu.i18n.message import Message
from hopthu.operations.content_operations import parts
from hopthu.ssh import Ssh

State = Literal[
    "pending", "changing", "proving", "recording", "noting", "returning",
    "applied", "returned", "failed",
]  # fmt: skip
NEXT: Mapping[State, tuple[State, ...]] = MappingProxyType(
    {
        "pending": ("changing", "noting"),
        "changing": ("proving", "returning"),  # the engine runs its operations
        "proving": ("recording", "returning"),  # its daemons are asked whether they serve
        "recording": ("applied", "returning"),  # it writes its record; the next one is changed
        "noting": ("applied", "failed"),  # it has nothing to change, and writes its record
        "returning": ("returned", "failed"),  # it goes back to its last record
        "applied": (),
        "returned": (),
        "failed": (),
    }
)
_UNTOUCHED, _SEVERITY = "untouched", ("applied", "returned", "failed")
"""How the journal calls a host that is pending at the end; the results, the worst last."""


@dataclass
class Hosts:
    """An apply in progress since `started`, by the monotonic clock.

    `states` has the state of each host.
    """

    job: ApplyContext
    emit: Emit
    ssh: Ssh
    leases: Mapping[str, Lease]
    found: Mapping[str, Found]
    started: float = field(default_factory=time.monotonic)
    states: dict[str, State] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Have nothing done yet."""
        self.states.update(dict.fromkeys(self.job.hosts, "pending"))

    def enter(self, host: str, state: State) -> None:
        """Put a host into its next state; raise `ValueError` if that does not follow."""
        if state not in NEXT[self.states[host]]:
            raise ValueError(f"{host}: {state} does not follow {self.states[host]}")
        self.states[host] = state

    def those(self, *states: State) -> list[str]:
        """Return the hosts that are in one of `states`."""
        return [host for host in self.job.hosts if self.states[host] in states]

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
        written = {host for host, found in self.found.items() if found.written}
        order = batches(self.job.inventory.centre, serving, written, {*foreseen, *unfinished})
        try:
            for wave in order:
                self._wave(engine, wave)
            self.emit(PhaseStarted(Message("writing the records")))
            self._await_records()
            others = [host for host in self.those("pending") if self.differs(host)]
            self._request_records("noting", dict.fromkeys(others, ()), engine.files)
            self._await_records()
            check = partial(require_leases, self.leases)
            migrate_step.move(self.job, self.ssh, self.emit, check)
        except BaseException:  # also Ctrl-C: no host is left half changed
            self._roll_back("changing", "proving")
            with suppress(HostFailed):
                self._await_records()
            self._roll_back("recording")
            for host in self.those("noting"):
                self.enter(host, "failed")
            raise
        finally:
            self._write_journal(engine.changed())

    def _wave(self, engine: Engine, wave: Sequence[str]) -> None:
        """Change hosts and check their health; they write their records meanwhile."""
        for host in wave:
            self.emit(HostStarted(host))
            self.enter(host, "changing")
        # Before the first change, so that a later run knows what was in progress.
        drafts = {host: replace(self.job.record, host=host).as_json() for host in wave}
        on_all_hosts(wave, lambda host: self.leases[host].begin(drafts[host]))
        self.emit(PhaseStarted(", ".join(wave)))
        engine.change(wave, partial(require_leases, self.leases))
        for host in wave:
            self.enter(host, "proving")
        self.emit(PhaseStarted(Message("checking the health of {hosts}", hosts=", ".join(wave))))
        on_all_hosts(wave, self._check_health)
        self._await_records()
        steps = engine.changed()
        self._request_records("recording", {host: steps[host] for host in wave}, engine.files)
        for host in wave:
            self.emit(HostFinished(host, "applied", Message("applied; health checks passed")))

    def _check_health(self, host: str) -> None:
        one = self.job.inventory.centre.host(host)
        # A run that was not completed may have restarted any daemon at any time.
        since = health.EVER if self.found[host].applying else time.monotonic() - self.started
        question = health.question(one, self.job.desired, self.job.policy.operator, since)
        health.prove(self.ssh, self.job.target(host), question)

    def _request_records(
        self,
        state: State,
        steps: Mapping[str, Sequence[Step]],
        files: Mapping[str, Mapping[str, str]],
    ) -> None:
        """Have hosts record what was done to them; they are in `state` meanwhile.

        `files` are those that each host is meant to have.
        """
        for host, names in steps.items():
            record = replace(
                self._finished("applied"), host=host, steps=tuple(names), effects=_effects(names)
            )
            self.enter(host, state)
            self.leases[host].request_record(record.id, record.as_json(), files[host])

    def _await_records(self) -> None:
        """Wait until hosts have written the requested records; raise `HostFailed`.

        Their states change in this thread alone: after Ctrl-C those that wait go on, and so two of
        them may wait for the same record.
        """
        awaited = self.those("recording", "noting")
        try:
            on_all_hosts(awaited, lambda host: self.leases[host].wait_recorded())
        finally:
            for host in awaited:
                if self.leases[host].recorded:
                    self.enter(host, "applied")

    def _roll_back(self, *states: State) -> None:
        """Roll back the hosts that are in one of `states`."""
        if unfinished := self.those(*states):
            self.emit(PhaseStarted(Message("rolling back {hosts}", hosts=", ".join(unfinished))))
            on_all_hosts(unfinished, self._roll_back_host)

    def _roll_back_host(self, host: str) -> None:
        """Roll a host back to its last record and report the result."""
        self.enter(host, "returning")
        result: Literal["returned", "failed"] = "failed"
        try:
            if not self.leases[host].roll_back():
                text = Message("has no complete record to roll back to")
            else:
                result = "returned"
                self._check_health(host)
                text = Message("rolled back; health checks passed")
        except HostFailed as error:
            text = Message(
                "could not be rolled back from here; the host will try on its own: {reason}",
                reason=error.what,
            )
            if result == "returned":
                text = Message("rolled back; {reason}", reason=error.what)
        self.enter(host, result)
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
        states = {host: _result(state) for host, state in self.states.items()}
        results = {*states.values()} - {_UNTOUCHED}
        if not results:
            return
        worst = max(results, key=_SEVERITY.index)
        every = tuple(dict.fromkeys(step for names in steps.values() for step in names))
        record = replace(self._finished(worst), steps=every, effects=_effects(every))
        try:
            append(self.ssh, self.job.inventory, line(Run(record, states)))
        except HostFailed as error:
            text = Message("this run is not on record as it should be: {reason}", reason=error.what)
            self.emit(Warned(text))


def require_leases(leases: Mapping[str, Lease]) -> None:
    """Raise `HostFailed` if a lease has been lost."""
    lost = sorted(host for host, lease in leases.items() if not lease.alive)
    if lost:
        raise HostFailed(Message("lost the connection to {hosts}", hosts=", ".join(lost)))


def _result(state: State) -> str:
    """Return what the journal says of a host; one that was interrupted has failed."""
    if state == "pending":
        return _UNTOUCHED
    return state if not NEXT[state] else "failed"


def _effects(steps: Iterable[Step]) -> tuple[str, ...]:
    return tuple(sorted({step.effect for step in steps if step.effect}))
