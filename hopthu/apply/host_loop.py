"""Hosts changed one after another, each proven to serve before the next is touched (Art. 5.1)."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hopthu.apply import health, migrate_step
from hopthu.apply.lease import Lease
from hopthu.apply.order import batches
from hopthu.apply.preflight import Found
from hopthu.apply.run_context import ApplyContext
from hopthu.errors import HostFailed
from hopthu.fan_out import on_all_hosts
from hopthu.history.record import Record, moment
from hopthu.operations.content_operations import parts
from hopthu.operations.effects import Step
from hopthu.operations.observer import Observer
from hopthu.remote import script
from hopthu.ssh import Ssh

if TYPE_CHECKING:
    from hopthu.apply.engine import Engine  # importing it patches the standard library


@dataclass
class Hosts:
    """An apply under way since `started`, by the monotonic clock.

    `results` says what has become of each host; `recording` are those that make their record.
    """

    job: ApplyContext
    observer: Observer
    ssh: Ssh
    leases: Mapping[str, Lease]
    found: Mapping[str, Found]
    results: dict[str, str] = field(default_factory=dict)
    recording: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def tell_unfinished(self) -> None:
        """Tell of applies that have not come to their end."""
        for host in self.job.hosts:
            if before := self.found[host].applying:
                who, when = before.get("who", "somebody"), before.get("started", "some time ago")
                self.observer.warned(f"{host}: the apply of {who}, {when}, was never completed")

    def look(self, foreseen: Mapping[str, Sequence[Step]]) -> None:
        """Have hosts see what they are before the run, for their records."""
        for host in self.job.hosts:
            unknown = self.found[host].applying  # whatever that run changed
            self.leases[host].look(() if unknown else parts(foreseen.get(host, ())))

    def change(self, pyinfra: Engine, foreseen: Collection[str]) -> None:
        """Change the hosts that need it, one after another; record it whatever comes of it."""
        unfinished = {host for host in self.job.hosts if self.found[host].applying}
        serving = {host for host, found in self.found.items() if found.serving}
        order = batches(self.job.inventory.centre, serving, {*foreseen, *unfinished})
        begun: list[str] = []
        try:
            for wave in order:
                begun += wave
                self._wave(pyinfra, wave)
            self.observer.stage("recording")
            self._await_records()
            rest = [h for h in self.job.hosts if h not in self.results and self.differs(h)]
            self._keep(dict.fromkeys(rest, ()))
            self._await_records()
            migrate_step.move(self.job, self.ssh, self.observer, lambda: still_held(self.leases))
        except BaseException:  # Ctrl-C too: no host is left in the middle
            self._return([host for host in begun if host not in self.recording])
            with suppress(HostFailed):
                self._await_records()
            self._return(begun)
            raise
        finally:
            self._write_journal(pyinfra.changed())

    def _wave(self, pyinfra: Engine, wave: Sequence[str]) -> None:
        """Change hosts and prove that they serve; they record it while the next are changed."""
        # Told before the first change: whoever comes later knows what was under way.
        drafts = {host: replace(self.job.record, host=host).as_json() for host in wave}
        on_all_hosts(wave, lambda host: self.leases[host].begin(drafts[host]))
        self.observer.stage(", ".join(wave))
        pyinfra.change(wave)
        self.observer.stage(f"proving that {', '.join(wave)} serve{'s' * (len(wave) == 1)}")
        on_all_hosts(wave, self._prove)
        self._await_records()
        steps = pyinfra.changed()
        self._keep({host: steps[host] for host in wave})
        for host in wave:
            self.observer.settled(host, "applied and proven")

    def _prove(self, host: str) -> None:
        one = self.job.inventory.centre.host(host)
        # A run that did not end may have told daemons whatever it liked.
        since = health.EVER if self.found[host].applying else time.monotonic() - self.started
        asked = health.question(one, self.job.desired, self.job.policy.operator, since)
        health.prove(self.ssh, self.job.target(host), asked)

    def _keep(self, steps: Mapping[str, Sequence[Step]]) -> None:
        """Have hosts record what was done to them."""
        for host, names in steps.items():
            record = replace(
                self._ended("applied"), host=host, steps=tuple(names), effects=_effects(names)
            )
            self.recording.append(host)
            self.leases[host].keep(record.id, record.as_json())

    def _await_records(self) -> None:
        """Wait until hosts have recorded what they were told to; raise `HostFailed`."""
        on_all_hosts(self.recording, self._kept)
        self.recording.clear()

    def _kept(self, host: str) -> None:
        self.leases[host].kept()
        self.results[host] = "applied"

    def _return(self, begun: Collection[str]) -> None:
        """Return those of the hosts of whom nothing has become yet."""
        if broken := [host for host in begun if host not in self.results]:
            self.observer.stage(f"returning {', '.join(broken)} to what was before")
            on_all_hosts(broken, self._give_back)

    def _give_back(self, host: str) -> None:
        """Return a host to its last record, and say what has become of it."""
        self.results[host] = "failed"
        try:
            if not self.leases[host].roll_back():
                text = "was never complete, so there is nothing to return to"
            else:
                self.results[host] = "returned"
                self._prove(host)
                text = "has returned to what it was, and serves"
        except HostFailed as error:
            text = f"does not return by our hand, it does so by itself if it can: {error.what}"
            if self.results[host] == "returned":
                text = f"has returned to what it was; {error.what}"
        self.observer.settled(host, text)

    def differs(self, host: str) -> bool:
        """Tell whether what the host says of itself is not what it was given now."""
        held = self.found[host].deployed
        wanted = self.job.record
        return (held.get("commit"), held.get("data")) != (wanted.commit, wanted.data)

    def _ended(self, result: str) -> Record:
        return replace(self.job.record, finished=moment(datetime.now(UTC)), result=result)

    def _write_journal(self, steps: Mapping[str, Sequence[Step]]) -> None:
        """Add a line to the journal, unless nothing was done."""
        if not self.results:
            return
        done = {"applied": 0, "returned": 1, "failed": 2}
        worst = max(self.results.values(), key=lambda result: done[result])
        hosts = {h: self.results.get(h, "untouched") for h in self.job.hosts}
        every = tuple(dict.fromkeys(step for names in steps.values() for step in names))
        record = replace(self._ended(worst), steps=every, effects=_effects(every))
        line = json.dumps(asdict(record) | {"hosts": hosts}, ensure_ascii=False)
        try:
            self.ssh.output(
                self.job.target(self.job.provider),
                f"bash -c {shlex.quote(script('journal.sh'))}",
                stdin=line.encode(),
            )
        except HostFailed as error:
            self.observer.warned(f"this run is not in the journal: {error}")


def still_held(leases: Mapping[str, Lease]) -> None:
    """Raise `HostFailed` where a host does not hear us any more."""
    lost = sorted(host for host, lease in leases.items() if not lease.alive)
    if lost:
        raise HostFailed(f"the connection to {', '.join(lost)} was lost")


def _effects(steps: Iterable[Step]) -> tuple[str, ...]:
    return tuple(sorted({step.effect for step in steps if step.effect}))
