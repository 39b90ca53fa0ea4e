"""`hopthu credential`: issue first passwords, and reset lost ones."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path

import click

from hopthu.cli.credential_idle import idle
from hopthu.cli.options import common, group_lang
from hopthu.cli.output import note, say
from hopthu.cli.signals import put_off
from hopthu.credentials import evidence, failures, selection, servers
from hopthu.credentials.basis import basis
from hopthu.credentials.issued import Issued, deadline, make
from hopthu.credentials.memory import conceal
from hopthu.credentials.selection import by_unit
from hopthu.credentials.servers import Done, Servers, SignIns
from hopthu.credentials.slips import Occasion, prepare, write
from hopthu.daemons.site import declared
from hopthu.desired.state import Mailbox
from hopthu.directory.password_rules import max_age
from hopthu.errors import HopthuError, HostFailed, Refused, UsageError
from hopthu.history.operator import administrator
from hopthu.i18n.catalogue import translate
from hopthu.i18n.joining import joined, some
from hopthu.i18n.message import Message
from hopthu.inventory import loader as inventories
from hopthu.inventory.loader import Inventory
from hopthu.model.calendar import VIETNAM, today
from hopthu.plan.phrases import describe_day, describe_document
from hopthu.ssh import Ssh
from hopthu.validate import Loaded, read

_SHOWN = 5

_basis = click.option(
    "--basis", "document", required=True, metavar="DOCUMENT",
    help="The id of the request or decision this rests on.",
)  # fmt: skip
_slips = click.option(
    "--slips",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write slips to print and hand out, one PDF a unit, instead of showing passwords here.",
)


@click.group()
@group_lang
def credential() -> None:
    """Issue first passwords, reset lost ones, and list who does not sign in.

    A password is made on this machine and shown once, here on the terminal or on a slip; the
    directory gets its hash. It signs in until the owner replaces it, but not after the deadline
    that `passwords.first_days` in the policy sets.
    """


credential.add_command(idle)


@credential.command(short_help="Issue first passwords.")
@click.argument("people", nargs=-1, metavar="[PERSON]...")
@click.argument("inventory")
@click.option("--unit", "units", multiple=True, metavar="ID",
              help="Everybody of this unit and the units below it; may be repeated.")  # fmt: skip
@click.option("--new", is_flag=True, help="Everybody who has no password yet.")
@_basis
@_slips
@common
def issue(
    people: tuple[str, ...],
    inventory: str,
    root: Path,
    on: date,
    units: tuple[str, ...],
    new: bool,
    document: str,
    slips: Path | None,
    language: str,
) -> None:
    """Issue first passwords to people who have none: to each PERSON, a unit, or everybody.

    PERSON is an id or an address. Only people whom the data gives a mailbox and lets sign in get a
    password; others are refused with the reason (exit 3). The document must be on record, and of
    an authority that may decide on their sign-in. Who issued what on which document is written
    into the journal, without the password.
    """
    if sum(map(bool, (people, units, new))) != 1:
        raise UsageError(
            Message("name people, or --unit, or --new"),
            fix=Message("as in: {example}",
                        example="hopthu credential issue le-van-bay --basis ID lab"),
        )  # fmt: skip
    job = _begin(root, on, inventory, slips)
    if people:
        wanted = selection.named(job.loaded, on, people)
    elif units:
        wanted = selection.of_units(job.loaded, on, units)
    else:
        wanted = selection.everybody(job.loaded, on)
    with Ssh() as ssh:
        hosts = job.servers(ssh)
        known = hosts.sign_ins()
        chosen = (
            selection.without_password(wanted, known)
            if people
            else _lacking(wanted, known, language)
        )
        if not chosen:
            say(Message("Nobody of them lacks a password."), language)
            return
        _carry_out(job, hosts, chosen, document, language, reset=False)


@credential.command(short_help="Replace the password of a person.")
@click.argument("person")
@click.argument("inventory")
@_basis
@_slips
@common
def reset(
    person: str,
    inventory: str,
    root: Path,
    on: date,
    document: str,
    slips: Path | None,
    language: str,
) -> None:
    """Replace the password of PERSON, who has lost it or told it; PERSON is an id or an address.

    The old one stops working on every host, and open sessions end. Sessions in which other people
    are sending mail at that moment end with it; mail programs open new ones.
    """
    job = _begin(root, on, inventory, slips)
    wanted = selection.named(job.loaded, on, [person])
    with Ssh() as ssh:
        hosts = job.servers(ssh)
        chosen = selection.with_password(wanted, hosts.sign_ins())
        _carry_out(job, hosts, chosen, document, language, reset=True)


@dataclass(frozen=True, slots=True)
class _Job:
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


def _begin(root: Path, on: date, inventory: str, slips: Path | None) -> _Job:
    """Read data and inventory; raise `Refused` if passwords could be shown to a file or a log."""
    conceal()
    if slips is None and not sys.stdout.isatty():
        raise Refused(
            Message("passwords are shown on a terminal only, and this is none"),
            fix=Message("add --slips DIR"),
        )
    loaded = read(root, on)
    found = inventories.load(root, inventory)
    declared(found.centre, loaded.policy)
    if on != today() and not found.throwaway:
        raise Refused(
            Message("today is {today}: passwords are issued as of today only", today=today()),
            fix=Message("use --on with labs only"),
        )
    who = administrator(root, os.environ, throwaway=found.throwaway)
    return _Job(root, on, loaded, found, who, slips)


def _lacking(wanted: Sequence[Mailbox], known: SignIns, language: str) -> tuple[Mailbox, ...]:
    """Return those of `wanted` who lack a password; tell of those whom hosts do not know yet."""
    absent = [one.id for one in wanted if one.id not in known.active]
    if absent:
        text = Message(
            "left out, because the servers do not let them sign in until the next apply: {people}",
            people=some(absent, _SHOWN),
        )
        note(text, language)
    return tuple(one for one in wanted if one.id in known.active and one.id not in known.having)


def _carry_out(
    job: _Job,
    hosts: Servers,
    chosen: Sequence[Mailbox],
    document: str,
    language: str,
    *,
    reset: bool,
) -> None:
    """Make, set, record and show the passwords; raise `HostFailed` for what was not done.

    What was set is shown whatever fails after that: nobody could show it later.
    """
    loaded, now = job.loaded, datetime.now(UTC)
    cited = basis(loaded, job.on, document, chosen)
    until = deadline(loaded.policy, now)
    occasion = Occasion(loaded.policy.domain, until, describe_document(cited), reset)
    ordered = [one for _, people in by_unit(chosen) for one in people]
    paths = prepare(job.slips, job.root, list({m.unit: m for m in ordered})) if job.slips else {}
    record = evidence.begun(job.root, job.on, loaded, job.who, document, now)
    made = make(ordered)
    failed: list[HopthuError] = []
    with put_off():
        done = hosts.set(made, until, servers.WITH if reset else servers.WITHOUT)
        given = made[: done.number]
        if given:
            provider = job.inventory.centre.provider.name
            text = evidence.finished(record, provider, given, datetime.now(UTC), reset=reset)
            failed += _tell_hosts(hosts, given, done, text, until, reset=reset)
        for unit, of_unit in groupby(given if job.slips else (), lambda one: one.mailbox.unit):
            try:
                write(paths[unit], list(of_unit), occasion)
            except OSError as error:
                failed.append(failures.unwritten(paths[unit], error))
        if job.slips is None:
            _show(given, occasion)
    _sum_up(given, occasion, job.slips, language)
    if done.refusal:
        failed.append(failures.refused(made[done.number], done.refusal))
    if failed:
        raise HostFailed(
            joined([error.what for error in failed], "\n"),
            fix=next((error.fix for error in failed if error.fix), None),
        )


def _tell_hosts(
    hosts: Servers, given: Sequence[Issued], done: Done, text: str, until: datetime, *, reset: bool
) -> list[HopthuError]:
    """Record what was set, end sessions, tell slapd the deadline; return what failed of it."""
    failed: list[HopthuError] = []
    try:
        hosts.record(text)
    except HostFailed as error:
        failed.append(failures.unrecorded(error))
    if reset:
        try:
            hosts.end_sessions(given[0].mailbox.id, done.position)
        except HostFailed as error:
            failed.append(error)
    try:
        hosts.date(given, until)
    except HostFailed as error:
        failed.append(failures.undated(error))
    return failed


def _show(given: Sequence[Issued], occasion: Occasion) -> None:
    """Print the passwords, this once."""
    for one in given:
        address = f"{one.mailbox.addresses[0]}@{occasion.domain}"
        click.echo(f"{one.mailbox.name} ({one.mailbox.unit_name})")
        click.echo(f"  {address}  {one.password}")


def _sum_up(given: Sequence[Issued], occasion: Occasion, slips: Path | None, language: str) -> None:
    day = describe_day(occasion.until.astimezone(VIETNAM).date())
    if not given:
        return
    if slips:
        text = Message("{number} slip(s) are in {folder}; print them, then remove it.",
                       number=len(given), folder=slips)  # fmt: skip
        say(text, language)
    text = Message(
        "Passwords set: {number}. They sign in through {day}, unless replaced before.",
        number=len(given),
        day=day,
    )
    click.echo(translate(text, language))
