"""What the commands of `hopthu credential` share: they set passwords, record them and show them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import click

from hopthu.cli.output import say
from hopthu.cli.run_day import refuse_other_day
from hopthu.cli.signals import put_off
from hopthu.credentials import evidence, failures, servers
from hopthu.credentials.basis import basis
from hopthu.credentials.client import make_clients
from hopthu.credentials.issued import Issued, deadline, make
from hopthu.credentials.memory import conceal
from hopthu.credentials.printing import Printing
from hopthu.credentials.selection import by_unit
from hopthu.credentials.servers import Done, Servers
from hopthu.credentials.slips import Occasion, issued_by, prepare
from hopthu.daemons.site import declared
from hopthu.desired.state import Mailbox
from hopthu.directory.password_rules import max_age
from hopthu.errors import HopthuError, HostFailed, Refused
from hopthu.history.operator import administrator
from hopthu.i18n.catalogue import translate
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.inventory import loader as inventories
from hopthu.inventory.loader import Inventory
from hopthu.model.calendar import day_of
from hopthu.plan.phrases import describe_document
from hopthu.ssh import Ssh
from hopthu.validate import Loaded, read

basis_option = click.option(
    "--basis", "document", required=True, metavar="DOCUMENT",
    help="The id of the request or decision this rests on.",
)  # fmt: skip
slips_option = click.option(
    "--slips",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write slips to print and hand out, one PDF a unit, instead of showing passwords here.",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which passwords are made: people's own, client passwords of the label `client`, or both.

    With `reset` people's own replace earlier ones, and open sessions end.
    """

    own: bool = True
    client: str = ""
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """What a run works with; `slips` is the folder of the slips, None to print on the terminal."""

    root: Path
    on: date
    loaded: Loaded
    inventory: Inventory
    who: str
    slips: Path | None

    def servers(self, ssh: Ssh) -> Servers:
        """Return the hosts."""
        policy = self.loaded.policy
        return Servers(ssh, self.inventory, policy.domain, max_age(policy))

    @property
    def provider(self) -> str:
        """Return the name of the host whose directory is written to."""
        return self.inventory.centre.provider.name


def begin(root: Path, on: date, inventory: str) -> Job:
    """Read data and inventory, for a run that shows no password."""
    conceal()
    loaded = read(root, on)
    found = inventories.load(root, inventory)
    declared(found.centre, loaded.policy)
    refuse_other_day(on, found, Message("passwords are issued as of today only"))
    who = administrator(root, os.environ, throwaway=found.throwaway)
    return Job(root, on, loaded, found, who, None)


def begin_showing(root: Path, on: date, inventory: str, slips: Path | None) -> Job:
    """Do the same; raise `Refused` if passwords could be shown to a file or a log."""
    if slips is None and not sys.stdout.isatty():
        raise Refused(
            Message("passwords are shown on a terminal only, and this is none"),
            fix=Message("add --slips DIR"),
        )
    return replace(begin(root, on, inventory), slips=slips)


@dataclass(slots=True)
class _Result:
    """What was set, and what failed on the way."""

    given: list[Issued] = field(default_factory=list)
    failed: list[HopthuError] = field(default_factory=list)
    position: str = ""

    def add(self, made: Sequence[Issued], done: Done) -> None:
        """Take up what the directory says it has done with passwords."""
        self.given += made[: done.number]
        self.position = done.position
        if done.refusal:
            self.failed.append(failures.refused(made[done.number], done.refusal))


def carry_out(
    job: Job,
    hosts: Servers,
    chosen: Sequence[Mailbox],
    document: str,
    language: str,
    wanted: Wanted,
) -> None:
    """Make, set, record and show the passwords; raise `HostFailed` for what was not done.

    What was set is shown whatever fails after that: nobody could show it later.
    """
    loaded, now = job.loaded, datetime.now(UTC)
    cited = basis(loaded, job.on, document, chosen)
    until = deadline(loaded.policy, now)
    occasion = Occasion(
        loaded.policy.domain, until, describe_document(cited), wanted.reset, day_of(now),
        issued_by(loaded.organisation.at(job.on), loaded.policy.operator), loaded.policy.regulation,
    )  # fmt: skip
    ordered = [one for _, people in by_unit(chosen) for one in people]
    paths = prepare(job.slips, job.root, list({m.unit: m for m in ordered})) if job.slips else {}
    record = evidence.begun(job.root, job.on, loaded, job.who, document, now)
    printing = Printing(paths, occasion)
    if wanted.client:
        hosts.refuse_unknown()
    made = _make(ordered, wanted, printing)
    with put_off():
        result = _set(hosts, ordered, made, until, now, wanted)
        if result.given:
            _record(hosts, evidence.finished(
                record, job.provider, result.given, datetime.now(UTC), reset=wanted.reset
            ), result)  # fmt: skip
            if wanted.reset:
                _end_sessions(hosts, result.given[0].mailbox.id, result.position, result)
            _date(hosts, [one for one in result.given if not one.label], until, result)
        result.failed += [
            failures.unwritten(path, error) for path, error in printing.write(result.given)
        ]
        if job.slips is None:
            _show(result.given, occasion)
    _sum_up(result.given, occasion, job.slips, language)
    _raise(result)


def revoke(
    job: Job, hosts: Servers, person: Mailbox, document: str, labels: Sequence[str]
) -> Sequence[str]:
    """Take client passwords away and end the person's sessions; return the labels of those taken.

    Raises `HostFailed` for what was not done.
    """
    now = datetime.now(UTC)
    basis(job.loaded, job.on, document, [person])
    record = evidence.begun(job.root, job.on, job.loaded, job.who, document, now)
    result, taken = _Result(), []
    with put_off():
        for label in labels:
            if position := hosts.revoke(person.id, label):
                result.position = position
                taken.append(label)
        if taken:
            _record(
                hosts,
                evidence.revoked(record, job.provider, person, taken, datetime.now(UTC)),
                result,
            )
            _end_sessions(hosts, person.id, result.position, result)
    _raise(result)
    return taken


def _make(owners: Sequence[Mailbox], wanted: Wanted, printing: Printing) -> Sequence[Issued]:
    """Make people's own passwords; slips of nothing else are drafted meanwhile."""
    if not wanted.own:
        return ()
    return make(owners) if wanted.client else make(owners, printing.draft)


def _set(
    hosts: Servers,
    ordered: Sequence[Mailbox],
    made: Sequence[Issued],
    until: datetime,
    now: datetime,
    wanted: Wanted,
) -> _Result:
    result, owners = _Result(), list(ordered)
    if wanted.own:
        result.add(made, hosts.set(made, until, servers.WITH if wanted.reset else servers.WITHOUT))
        owners = [one.mailbox for one in result.given]
    if wanted.client and owners:
        clients = make_clients(owners, wanted.client)
        try:
            result.add(clients, hosts.add_clients(clients, now))
        except HostFailed as error:
            result.failed.append(error)
    order = {mailbox.id: place for place, mailbox in enumerate(ordered)}
    result.given.sort(key=lambda one: order[one.mailbox.id])
    return result


def _record(hosts: Servers, line: str, result: _Result) -> None:
    try:
        hosts.record(line)
    except HostFailed as error:
        result.failed.append(failures.unrecorded(error))


def _date(hosts: Servers, own: Sequence[Issued], until: datetime, result: _Result) -> None:
    """Tell slapd the deadline of people's own passwords."""
    try:
        if own:
            hosts.date(own, until)
    except HostFailed as error:
        result.failed.append(failures.undated(error))


def _end_sessions(hosts: Servers, person: str, position: str, result: _Result) -> None:
    try:
        hosts.end_sessions(person, position)
    except HostFailed as error:
        result.failed.append(error)


def _raise(result: _Result) -> None:
    if result.failed:
        raise HostFailed(
            joined([error.what for error in result.failed], "\n"),
            fix=next((error.fix for error in result.failed if error.fix), None),
        )


def _show(given: Sequence[Issued], occasion: Occasion) -> None:
    """Print the passwords, this once."""
    for one in given:
        address = f"{one.mailbox.addresses[0]}@{occasion.domain}"
        click.echo(f"{one.mailbox.name} ({one.mailbox.unit_name})")
        click.echo(f"  {address}  {one.password}" + (f"  {one.label}" if one.label else ""))


def _sum_up(given: Sequence[Issued], occasion: Occasion, slips: Path | None, language: str) -> None:
    if not given:
        return
    if slips:
        text = Message("{number} slip(s) are in {folder}; print them, then remove it.",
                       number=len(given), folder=slips)  # fmt: skip
        say(text, language)
    clients = sum(1 for one in given if one.label)
    if own := len(given) - clients:
        text = Message(
            "Passwords set: {number}. They sign in through {day}, unless replaced before.",
            number=own,
            day=occasion.last,
        )
        click.echo(translate(text, language))
    if clients:
        text = Message(
            "Client passwords set: {number}. They sign in until they are revoked.", number=clients
        )
        click.echo(translate(text, language))
