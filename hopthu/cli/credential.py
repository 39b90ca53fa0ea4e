"""`hopthu credential`: issue and reset passwords, and take those of mail programs away."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from hopthu.app import credentials
from hopthu.app.credentials import Job, Wanted
from hopthu.app.workspace import Workspace
from hopthu.cli.command import argument, command, flag, option
from hopthu.cli.options import BASIS, FOLDER, FORMAT, INVENTORY, WORKSPACE, group
from hopthu.cli.output import note, put, say
from hopthu.credentials import selection
from hopthu.credentials.client import label_of, refuse_another
from hopthu.credentials.idle_formats import as_json, as_text
from hopthu.credentials.issued import Issued
from hopthu.credentials.servers import Servers
from hopthu.credentials.slips import Occasion
from hopthu.desired.state import Mailbox
from hopthu.errors import Refused, UsageError
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message

_SHOWN = 5
SLIPS = option(
    "DIR",
    type=FOLDER,
    help="Write slips to print and hand out, one PDF a unit, instead of showing passwords here.",
)


@group()
def credential() -> None:
    """Issue and reset passwords, also of single mail programs, and list who does not sign in.

    A password is made on this machine and shown once, here on the terminal or on a slip; the
    directory gets its hash. It signs in until the owner replaces it, but not after the deadline
    that `passwords.first_days` in the policy sets. A client password is for one mail program, and
    signs in until it is revoked.
    """


@command(credential, short_help="Issue first passwords.", changes=True)
def issue(
    people: tuple[str, ...] = argument("[PERSON]...", nargs=-1),
    inventory: str = INVENTORY,
    units: tuple[str, ...] = option(
        "--unit ID...", help="Everybody of this unit and the units below it; may be repeated."
    ),
    new: bool = flag(help="Everybody who has no password yet."),
    client_label: str | None = option(
        "--client LABEL", help="Give each of them a client password with this label as well."
    ),
    document: str = BASIS,
    slips: Path | None = SLIPS,
    workspace: Workspace = WORKSPACE,
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
                        example="hopthu credential issue le-van-bay --basis ID lab")
        )  # fmt: skip
    job = begin_showing(workspace, inventory, slips)
    with job.hosts() as hosts:
        chosen, absent = credentials.lacking(job, hosts, people, units)
        if absent:
            note(Message("left out, because the servers do not let them sign in until the next "
                         "apply: {people}", people=some(absent, _SHOWN)))  # fmt: skip
        if not chosen:
            say(Message("Nobody of them lacks a password."))
            return
        label = label_of(client_label) if client_label is not None else ""
        carry_out(job, hosts, chosen, document, Wanted(client=label))


@command(credential, short_help="Replace the password of a person.", changes=True)
def reset(
    person: str = argument(),
    inventory: str = INVENTORY,
    document: str = BASIS,
    slips: Path | None = SLIPS,
    workspace: Workspace = WORKSPACE,
) -> None:
    """Replace the password of PERSON, who has lost it or told it; PERSON is an id or an address.

    The old one stops working on every host, and open sessions end. Sessions in which other people
    are sending mail at that moment end with it; mail programs open new ones. If sending was stopped
    the client passwords of PERSON are revoked too, and then PERSON sends again.
    """
    job = begin_showing(workspace, inventory, slips)
    wanted = selection.named(job.loaded, workspace.on, [person])
    with job.hosts() as hosts:
        chosen = selection.with_password(wanted, hosts.sign_ins())
        carry_out(job, hosts, chosen, document, Wanted(reset=True))


@command(credential, short_help="Issue a password for one mail program.", changes=True)
def client(
    person: str = argument(),
    inventory: str = INVENTORY,
    label: str = option(
        "LABEL", required=True, help="What it is for, such as the device: to revoke it later."
    ),
    document: str = BASIS,
    slips: Path | None = SLIPS,
    workspace: Workspace = WORKSPACE,
) -> None:
    """Issue a client password: one for a single mail program of PERSON, an id or an address.

    It is made by machine, too long to guess, never locked by wrong tries, and shown once. It reads
    and sends mail until it is revoked, also from networks in which the policy lets only client
    passwords sign in (`networks.NAME.sign_in`).
    """
    label = label_of(label)
    job = begin_showing(workspace, inventory, slips)
    chosen = selection.named(job.loaded, workspace.on, [person])
    with job.hosts() as hosts:
        selection.may_sign_in(chosen, hosts.sign_ins())
        refuse_another(chosen[0].id, hosts.clients(chosen[0].id), label, inventory)
        carry_out(job, hosts, chosen, document, Wanted(own=False, client=label))


@command(credential, short_help="Take client passwords away.", changes=True)
def revoke(
    person: str = argument(),
    inventory: str = INVENTORY,
    labels: tuple[str, ...] = option(
        "--label LABEL...", help="The client password with this label; may be repeated."
    ),
    every: bool = flag("--all", help="All client passwords of the person."),
    document: str = BASIS,
    workspace: Workspace = WORKSPACE,
) -> None:
    """Take client passwords of PERSON away, an id or an address: a device is lost, or replaced.

    They stop working on every host, and open sessions of the person end; programs that have
    another password sign in again by themselves. `hopthu show PERSON --live INVENTORY` lists the
    labels. If sending was stopped it stays so: `hopthu credential reset` releases.
    """
    if bool(labels) == every:
        raise UsageError(
            Message("name client passwords with --label, or all of them with --all"),
            fix=Message("as in: {example}", example='hopthu credential revoke le-van-bay '
                        '--label "Điện thoại" --basis ID lab')
        )  # fmt: skip
    asked = None if every else [label_of(label) for label in labels]
    job = credentials.begin(workspace, inventory)
    taken = credentials.revoke(job, person, document, asked)
    say(Message("Client passwords revoked: {number}.", number=len(taken)))


@command(credential, short_help="List who has not signed in for long.")
def idle(inventory: str = INVENTORY, form: str = FORMAT, workspace: Workspace = WORKSPACE) -> None:
    """List people who have not signed in for `lifecycle.idle_days`, longest first.

    To read or send mail or to look people up, on any access host. Nobody is locked: it is for their
    units to say whether they still need the mailbox. People with client passwords are left out,
    because those leave no date in the directory. After a change of somebody's entry, such as a
    transfer, earlier sign-ins are not known, and the days count from that change.
    """
    loaded, people, number = credentials.idle(workspace, inventory)
    put(as_json(loaded, people) if form == "json" else as_text(loaded, people, number))


def begin_showing(workspace: Workspace, inventory: str, slips: Path | None) -> Job:
    """Begin a run; raise `Refused` if passwords could be shown to a file or a log."""
    if slips is None and not sys.stdout.isatty():
        raise Refused(
            Message("passwords are shown on a terminal only, and this is none"),
            fix=Message("add --slips DIR"),
        )
    return credentials.begin(workspace, inventory, slips)


def carry_out(
    job: Job, hosts: Servers, chosen: Sequence[Mailbox], document: str, wanted: Wanted
) -> None:
    """Issue the passwords and show them; raise `HostFailed` for what was not done."""
    result, occasion = credentials.carry_out(job, hosts, chosen, document, wanted, _show)
    given = result.given
    if given and job.slips:
        say(Message("{number} slip(s) are in {folder}; print them, then remove it.",
                    number=len(given), folder=job.slips))  # fmt: skip
    clients = sum(1 for one in given if one.label)
    if own := len(given) - clients:
        say(Message("Passwords set: {number}. They sign in through {day}, unless replaced before.",
                    number=own, day=occasion.last))  # fmt: skip
    if clients:
        say(Message("Client passwords set: {number}. They sign in until they are revoked.",
                    number=clients))  # fmt: skip
    if result.revoked:
        say(Message("Client passwords revoked, because sending was stopped: {labels}.",
                    labels=", ".join(result.revoked)))  # fmt: skip
    result.refuse()


def _show(given: Sequence[Issued], occasion: Occasion) -> None:
    """Print the passwords, this once."""
    for one in given:
        address = f"{one.mailbox.addresses[0]}@{occasion.domain}"
        click.echo(f"{one.mailbox.name} ({one.mailbox.unit_name})")
        click.echo(f"  {address}  {one.password}" + (f"  {one.label}" if one.label else ""))
