"""Issue, reset and revoke passwords: set them, record them, and hand them to who shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from hopthu.app.deployment import begun, deployment, refuse_other_day, who
from hopthu.app.workspace import Workspace
from hopthu.credentials import evidence, failures, selection, servers
from hopthu.credentials.basis import basis
from hopthu.credentials.client import make_clients, refuse_unknown
from hopthu.credentials.idle import Use, last_uses
from hopthu.credentials.idle import idle as idle_of
from hopthu.credentials.issued import Issued, deadline, make
from hopthu.credentials.memory import conceal
from hopthu.credentials.printing import Printing
from hopthu.credentials.selection import by_unit
from hopthu.credentials.servers import Done, Revoked, Servers
from hopthu.credentials.slips import Occasion, issued_by, prepare
from hopthu.desired.state import Mailbox
from hopthu.directory.password_rules import max_age
from hopthu.errors import HopthuError, HostFailed, UsageError
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.model.calendar import day_of
from hopthu.model.phrases import describe_document
from hopthu.servers.standings import refuse_successors
from hopthu.servers.survey import Deployment
from hopthu.ssh import Ssh
from hopthu.tool.signals import put_off
from hopthu.validate import Loaded, read

Show = Callable[[Sequence[Issued], Occasion], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which passwords are made: people's own, client passwords of the label `client`, or both.

    With `reset` people's own replace earlier ones, and open sessions end. Then whoever was stopped
    sends again, without the client passwords there were.
    """

    own: bool = True
    client: str = ""
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """What a run works with; `slips` is the folder of the slips, None where `show` shows them."""

    workspace: Workspace
    deployment: Deployment
    who: str
    slips: Path | None = None

    @property
    def loaded(self) -> Loaded:
        """Return the data."""
        return self.deployment.loaded

    @contextmanager
    def hosts(self) -> Iterator[Servers]:
        """Connect to the hosts; raise `Refused` if another directory is written to by now."""
        policy = self.loaded.policy
        with Ssh() as ssh:
            refuse_successors(self.deployment.inventory, ssh)
            yield Servers(ssh, self.deployment.inventory, policy.domain, max_age(policy))

    @property
    def provider(self) -> str:
        """Return the name of the host whose directory is written to."""
        return self.deployment.inventory.centre.provider.name


@dataclass(slots=True)
class Result:
    """What was set, and what failed on the way."""

    given: list[Issued] = field(default_factory=list)
    failed: list[HopthuError] = field(default_factory=list)
    revoked: Sequence[str] = ()
    position: str = ""

    def add(self, made: Sequence[Issued], done: Done) -> None:
        """Take up what the directory says it has done with passwords."""
        self.given += made[: done.number]
        self.position = done.position
        if done.refusal:
            self.failed.append(failures.refused(made[done.number], done.refusal))

    def add_revoked(self, revoked: Revoked) -> None:
        """Take up what the directory says it has done with client passwords."""
        self.revoked = revoked.labels
        self.position = revoked.position or self.position

    @contextmanager
    def noting(
        self, said: Callable[[HostFailed], HopthuError] = lambda error: error
    ) -> Iterator[None]:
        """Take up what fails in this block, as it is to be said; the rest goes on."""
        try:
            yield
        except HostFailed as error:
            self.failed.append(said(error))

    def refuse(self) -> None:
        """Raise `HostFailed` for what was not done."""
        if self.failed:
            raise HostFailed(
                joined([error.what for error in self.failed], "\n"),
                fix=next((error.fix for error in self.failed if error.fix), None),
            )


def begin(workspace: Workspace, inventory: str, slips: Path | None = None) -> Job:
    """Read data and inventory; raise `Refused` on another day than today."""
    conceal()
    wanted = deployment(workspace, read(workspace.root, workspace.on), inventory)
    refuse_other_day(workspace, wanted.inventory, Message("passwords are issued as of today only"))
    return Job(workspace, wanted, who(workspace, wanted.inventory), slips)


def lacking(
    job: Job, hosts: Servers, people: Sequence[str], units: Sequence[str]
) -> tuple[Sequence[Mailbox], Sequence[str]]:
    """Return who is to get a first password, and who cannot before the next apply.

    That is each of some `people`, who is refused if that is not possible, else everybody who lacks
    one: of `units`, or of all.
    """
    loaded, on = job.loaded, job.workspace.on
    if people:
        named = selection.named(loaded, on, people)
        return selection.without_password(named, hosts.sign_ins()), ()
    wanted = selection.of_units(loaded, on, units) if units else selection.everybody(loaded, on)
    known = hosts.sign_ins()
    chosen = [m for m in wanted if m.id in known.active and m.id not in known.having]
    return chosen, [m.id for m in wanted if m.id not in known.active]


def carry_out(
    job: Job, hosts: Servers, chosen: Sequence[Mailbox], document: str, wanted: Wanted, show: Show
) -> tuple[Result, Occasion]:
    """Make, set, record and show the passwords, by `show` unless they go to slips.

    What was set is shown whatever fails after that: nobody could show it later.
    """
    loaded, workspace, now = job.loaded, job.workspace, job.workspace.clock()
    cited = basis(loaded, workspace.on, document, chosen)
    until = deadline(loaded.policy, now)
    occasion = Occasion(
        loaded.policy.domain, until, describe_document(cited), wanted.reset, day_of(now),
        issued_by(loaded.organisation.at(workspace.on), loaded.policy.operator),
        loaded.policy.regulation,
    )  # fmt: skip
    ordered = [one for _, people in by_unit(chosen) for one in people]
    units = list({m.unit: m for m in ordered})
    paths = prepare(job.slips, workspace.root, units) if job.slips else {}
    record = begun(workspace, job.deployment, job.who, [document])
    printing = Printing(paths, occasion)
    if wanted.client:
        hosts.refuse_unknown()
    made = _make(ordered, wanted, printing)
    with put_off():
        result = _set(hosts, ordered, made, until, now, wanted)
        if result.given:
            if wanted.reset:
                with result.noting():
                    result.add_revoked(hosts.revoke(result.given[0].mailbox.id, None, stopped=True))
            line = evidence.finished(
                record, job.provider, result.given, workspace.clock(), reset=wanted.reset,
                revoked=result.revoked,
            )  # fmt: skip
            with result.noting(failures.unrecorded):
                hosts.record(line)
            if own := [one for one in result.given if not one.label]:
                with result.noting(failures.undated):
                    hosts.date(own, until)
            if wanted.reset and _end(hosts, result.given[0].mailbox.id, result, now):
                result.failed.append(failures.stopped_again(result.given[0].mailbox.id))
        result.failed += [
            failures.unwritten(path, error) for path, error in printing.write(result.given)
        ]
        if job.slips is None:
            show(result.given, occasion)
    return result, occasion


def revoke(job: Job, person: str, document: str, labels: Sequence[str] | None) -> Sequence[str]:
    """Take client passwords away, all if `labels` is None; return the labels of those taken.

    Open sessions of the person end. Whoever was stopped stays so: it may be their own password that
    somebody else knows, and only a reset replaces that. Raises `UsageError` for
    labels that are not in use, and `HostFailed` for what was not done.
    """
    workspace = job.workspace
    (chosen,) = selection.named(job.loaded, workspace.on, [person])
    with job.hosts() as hosts:
        known = [one.label for one in hosts.clients(chosen.id)]
        refuse_unknown(chosen.id, labels or (), known)
        basis(job.loaded, workspace.on, document, [chosen])
        record = begun(workspace, job.deployment, job.who, [document])
        result = Result()
        with put_off():
            result.add_revoked(hosts.revoke(chosen.id, labels))
            if taken := result.revoked:
                line = evidence.revoked(record, job.provider, chosen, taken, workspace.clock())
                with result.noting(failures.unrecorded):
                    hosts.record(line)
                with result.noting():
                    hosts.end_sessions(chosen.id, result.position)
    result.refuse()
    return taken


def idle(workspace: Workspace, inventory: str) -> tuple[Loaded, Mapping[str, Use], int]:
    """Return the data, who in it has not signed in for long, and how many there are."""
    if workspace.on != workspace.today:
        raise UsageError(Message("this is about this moment: leave --on out"))
    loaded = read(workspace.root, workspace.on)
    wanted = deployment(workspace, loaded, inventory)
    with Ssh() as ssh:
        uses = last_uses(ssh, wanted.inventory, loaded.policy.domain)
    uses = {person: use for person, use in uses.items() if person in loaded.organisation.people}
    return loaded, idle_of(uses, loaded.policy, workspace.clock()), len(uses)


def _make(owners: Sequence[Mailbox], wanted: Wanted, printing: Printing) -> Sequence[Issued]:
    """Make people's own passwords; slips of nothing else are drafted meanwhile."""
    if not wanted.own:
        return ()
    return make(owners) if wanted.client else make(owners, printing.draft)


def _end(hosts: Servers, person: str, result: Result, now: datetime) -> bool:
    """End sessions, and then have a person who was stopped send again; return if that is not done.

    In this order no session that was open before sends after the release, and whenever this is cut
    off the person is stopped still.
    """
    with result.noting():
        hosts.end_sessions(person, result.position)
    with result.noting():
        return hosts.release(person, now)
    return False


def _set(
    hosts: Servers,
    ordered: Sequence[Mailbox],
    made: Sequence[Issued],
    until: datetime,
    now: datetime,
    wanted: Wanted,
) -> Result:
    result, owners = Result(), list(ordered)
    if wanted.own:
        filter_ = servers.WITH if wanted.reset else servers.WITHOUT
        result.add(made, hosts.set(made, until, filter_))
        owners = [one.mailbox for one in result.given]
    if wanted.client and owners:
        clients = make_clients(owners, wanted.client)
        with result.noting():
            result.add(clients, hosts.add_clients(clients, now))
    order = {mailbox.id: place for place, mailbox in enumerate(ordered)}
    result.given.sort(key=lambda one: order[one.mailbox.id])
    return result
