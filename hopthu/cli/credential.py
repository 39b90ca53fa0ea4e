"""`hopthu credential`: issue first passwords, and reset lost ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from hopthu.cli.credential_client import client, revoke
from hopthu.cli.credential_idle import idle
from hopthu.cli.credential_job import Wanted, basis_option, begin_showing, carry_out, slips_option
from hopthu.cli.options import common, group_lang
from hopthu.cli.output import note, say
from hopthu.credentials import selection
from hopthu.credentials.client import label_of
from hopthu.credentials.servers import SignIns
from hopthu.desired.state import Mailbox
from hopthu.errors import UsageError
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.ssh import Ssh

_SHOWN = 5


@click.group()
@group_lang
def credential() -> None:
    """Issue and reset passwords, also of single mail programs, and list who does not sign in.

    A password is made on this machine and shown once, here on the terminal or on a slip; the
    directory gets its hash. It signs in until the owner replaces it, but not after the deadline
    that `passwords.first_days` in the policy sets. A client password is for one mail program, and
    signs in until it is revoked.
    """


for _command in (client, revoke, idle):
    credential.add_command(_command)


@credential.command(short_help="Issue first passwords.")
@click.argument("people", nargs=-1, metavar="[PERSON]...")
@click.argument("inventory")
@click.option("--unit", "units", multiple=True, metavar="ID",
              help="Everybody of this unit and the units below it; may be repeated.")  # fmt: skip
@click.option("--new", is_flag=True, help="Everybody who has no password yet.")
@click.option("--client", "client_label", metavar="LABEL",
              help="Give each of them a client password with this label as well.")  # fmt: skip
@basis_option
@slips_option
@common
def issue(
    people: tuple[str, ...],
    inventory: str,
    root: Path,
    on: date,
    units: tuple[str, ...],
    new: bool,
    client_label: str | None,
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
    job = begin_showing(root, on, inventory, slips)
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
        label = label_of(client_label) if client_label is not None else ""
        carry_out(job, hosts, chosen, document, language, Wanted(client=label))


@credential.command(short_help="Replace the password of a person.")
@click.argument("person")
@click.argument("inventory")
@basis_option
@slips_option
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
    job = begin_showing(root, on, inventory, slips)
    wanted = selection.named(job.loaded, on, [person])
    with Ssh() as ssh:
        hosts = job.servers(ssh)
        chosen = selection.with_password(wanted, hosts.sign_ins())
        carry_out(job, hosts, chosen, document, language, Wanted(reset=True))


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
